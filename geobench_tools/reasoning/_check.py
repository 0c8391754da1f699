"""Checking one trace."""

from geobench_tools.reasoning._claims import CheckedTrace, CheckOptions, TemplateReport
from geobench_tools.reasoning._facts import TraceFacts
from geobench_tools.reasoning._leaks import find_leaks
from geobench_tools.reasoning._sections import cut
from geobench_tools.reasoning._template import check_template

__all__ = ["check_trace"]

_DEFAULT = CheckOptions()


def check_trace(text: str, facts: TraceFacts, options: CheckOptions = _DEFAULT) -> CheckedTrace:
    """Check a chain of thought against what is known of its question.

    Asks no network and no language model. Only asserted claims can be contradicted; a city is
    supported if any place of that name lies within ``options.city_radius_m``.

    Args:
        text: The trace: prose, or ``<think>…</think><answer>…</answer>``.
        facts: What is known.
        options: How strictly to check.

    Returns:
        Claims in the order of the text, leaks, and the template check.
    """
    sections = cut(text)
    leaks = find_leaks(text, facts.identifiers, ())
    template = check_template(text, sections, (), options) if options.template else TemplateReport()
    return CheckedTrace((), leaks, template)
