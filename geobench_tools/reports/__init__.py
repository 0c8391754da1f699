"""Tables, figures and one-file HTML pages that open without a network."""

from geobench_tools.reports._card import write_card
from geobench_tools.reports._curves import write_curves
from geobench_tools.reports._dry_run import dry_run_of, prices_of, sum_rows
from geobench_tools.reports._evaluate import (
    EvalRequest,
    Evaluated,
    ScoreRequest,
    evaluate,
    score_predictions,
    write_scores,
)
from geobench_tools.reports._fact_check import FactCheckReport, FactCheckRequest, fact_check
from geobench_tools.reports._lab import LabCell, LabOptions, LabReport, run_lab
from geobench_tools.reports._map import write_map
from geobench_tools.reports._model_card import write_model_card
from geobench_tools.reports._page import (
    Html,
    Page,
    asset,
    bar_table,
    escape,
    facts,
    table,
    write_page,
)
from geobench_tools.reports._pairing import PairingReport, PairingRequest, make_pairs
from geobench_tools.reports._run import figure, metric_rows
from geobench_tools.reports._runs import (
    compare_runs,
    comparison_rows,
    export_run,
    list_runs,
    merge_and_score,
    problems_of,
    rescore,
    show_run,
)
from geobench_tools.reports._study import write_study
from geobench_tools.reports._suite import SuiteRequest, SuiteResult, run_suite
from geobench_tools.reports._suite_rows import SuiteTable
from geobench_tools.reports._suite_text import status_line, text_table
from geobench_tools.reports._synth import plan_synthesis, synthesise
from geobench_tools.reports._synth_types import SynthPlan, SynthReport, SynthRequest

__all__ = [
    "EvalRequest",
    "Evaluated",
    "FactCheckReport",
    "FactCheckRequest",
    "Html",
    "LabCell",
    "LabOptions",
    "LabReport",
    "Page",
    "PairingReport",
    "PairingRequest",
    "ScoreRequest",
    "SuiteRequest",
    "SuiteResult",
    "SuiteTable",
    "SynthPlan",
    "SynthReport",
    "SynthRequest",
    "asset",
    "bar_table",
    "compare_runs",
    "comparison_rows",
    "dry_run_of",
    "escape",
    "evaluate",
    "export_run",
    "fact_check",
    "facts",
    "figure",
    "list_runs",
    "make_pairs",
    "merge_and_score",
    "metric_rows",
    "plan_synthesis",
    "prices_of",
    "problems_of",
    "rescore",
    "run_lab",
    "run_suite",
    "score_predictions",
    "show_run",
    "status_line",
    "sum_rows",
    "synthesise",
    "table",
    "text_table",
    "write_card",
    "write_curves",
    "write_map",
    "write_model_card",
    "write_page",
    "write_scores",
    "write_study",
]
