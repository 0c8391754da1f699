"""Reasoning traces: the claims they make, and whether those are true."""

from geobench_tools.reasoning._check import check_trace
from geobench_tools.reasoning._claims import (
    CHECKER_VERSION,
    CLAIM_KINDS,
    CheckedTrace,
    CheckOptions,
    Claim,
    ClaimKind,
    Evidence,
    Leak,
    LeakKind,
    Strength,
    TemplatePart,
    TemplateReport,
    Verdict,
)
from geobench_tools.reasoning._facts import TraceFacts, facts_of_view
from geobench_tools.reasoning._select import SelectOptions
from geobench_tools.reasoning._sft import SftCounts, TraceRow, write_sft
from geobench_tools.reasoning._synth_questions import (
    TraceQuestion,
    TraceQuestions,
    facts_of_question,
)
from geobench_tools.reasoning._teacher import (
    HINTS,
    Teacher,
    TeacherPrompt,
    load_teacher_prompt,
    teacher_template,
)
from geobench_tools.reasoning._teacher_budget import Budget
from geobench_tools.reasoning._template_teacher import TemplateTeacher

__all__ = [
    "CHECKER_VERSION",
    "CLAIM_KINDS",
    "HINTS",
    "Budget",
    "CheckOptions",
    "CheckedTrace",
    "Claim",
    "ClaimKind",
    "Evidence",
    "Leak",
    "LeakKind",
    "SelectOptions",
    "SftCounts",
    "Strength",
    "Teacher",
    "TeacherPrompt",
    "TemplatePart",
    "TemplateReport",
    "TemplateTeacher",
    "TraceFacts",
    "TraceQuestion",
    "TraceQuestions",
    "TraceRow",
    "Verdict",
    "check_trace",
    "facts_of_question",
    "facts_of_view",
    "load_teacher_prompt",
    "teacher_template",
    "write_sft",
]
