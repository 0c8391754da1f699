"""Tables of a study: pairing beside the paper's, controls, benchmarks with published rows."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks import Published, benchmark_info
from geobench_tools.errors import InputError
from geobench_tools.evaluation import final_records
from geobench_tools.models import checkpoint_identity
from geobench_tools.reports._page import Html, card, escape, table
from geobench_tools.reports._run import METRIC_HEADER, figure, metric_rows, model_name
from geobench_tools.reports._study_find import EVALUATION, TRAINING, Artefact, Study, json_of
from geobench_tools.reports._suite_page import suite_card
from geobench_tools.reports._suite_rows import Figure, SuiteRow, SuiteTable
from geobench_tools.reports._suite_text import UNKNOWN

__all__ = ["benchmarks_part", "controls_part", "link", "pairing_part", "result_of", "scores_of"]

_PAIRING_HEAD = (
    "model",
    "set",
    "withheld",
    "accuracy",
    "95 % interval",
    "tokens per reply",
    "n",
    "chance",
)
_KINDS = ("greedy", "sampled")
_PUBLISHED_NOTE = (
    "Published rows were measured on another, unpublished set of satellite tiles and street "
    "panoramas: they show the size of an effect, and are no line to compare with."
)


def link(folder: Path, base: Path, name: str, text: str) -> Html:
    """Return a link to a page in an artefact, or the text alone where there is no such page."""
    page = (folder / name).resolve()
    if not page.is_file():
        return escape(text)
    target = page.relative_to(base).as_posix() if page.is_relative_to(base) else page.as_uri()
    return Html(f'<a href="{escape(target)}">{escape(text)}</a>')


def scores_of(run: Artefact) -> Mapping[str, Any] | None:
    """Return the scores of an evaluation run, or None if it has none yet."""
    path = run.folder / "scores.json"
    return json_of(path) if path.is_file() else None


def result_of(run: Artefact) -> Mapping[str, Any]:
    """Return what a training run ended with; empty if it has not ended."""
    path = run.folder / "result.json"
    return json_of(path) if path.is_file() else {}


def who(run: Artefact, study: Study) -> str:
    """Return the model of an evaluation run; a checkpoint of the study by its training run."""
    identity = run.manifest.parameters["identity"]["model"]
    for trained in study.of(TRAINING):
        for part in ("final", "base"):
            checkpoint = trained.folder / part
            if identity.get("sha256") and (checkpoint / "config.json").is_file():
                asked = {name: identity.get(name) for name in ("checkpoint", "sha256")}
                if checkpoint_identity(str(checkpoint)) == asked:
                    return f"{trained.name} ({part})"
    return model_name(identity)


def pairing_part(study: Study, base: Path) -> Html:
    """Return pairing accuracy and reply length of all models, and what the paper reports."""
    rows = [_pairing_row(run, study, base) for run in _pairing_runs(study) if _probe(run) == "none"]
    rows += [row for run in study.of(TRAINING) for row in _held_out_rows(run, base)]
    if not rows:
        return Html()
    published = [
        (f"{name} (published)", "unpublished", "none", figure(accuracy, "share"), UNKNOWN,
         f"{tokens:,.1f}", UNKNOWN, UNKNOWN)
        for block in benchmark_info("pairing").published
        for name, accuracy, tokens in block.rows
    ]  # fmt: skip
    shown = table(_PAIRING_HEAD, [*rows, *published])
    return card(shown, f'<p class="small muted">{_PUBLISHED_NOTE}</p>', kind="")


def controls_part(study: Study, base: Path) -> Html:
    """Return the runs with something withheld, and the control arms of training runs."""
    probes = [
        _pairing_row(run, study, base) for run in _pairing_runs(study) if _probe(run) != "none"
    ]
    parts = []
    if probes:
        shown = table(_PAIRING_HEAD, probes, caption="Something withheld: none may beat chance")
        parts.append(card(shown, kind=""))
    arms = [row for run in study.of(TRAINING) for row in _change_rows(run, base)]
    if arms:
        head = ("training run", "control", "answers", "before", "after", "change", "95 % interval")
        caption = "Held-out accuracy before and after training, with controls that must not rise"
        parts.append(card(table(head, arms, caption=caption)))
    return Html("".join(parts))


def benchmarks_part(study: Study, base: Path) -> Html:
    """Return suites in the paper's layout, then single runs with their published rows."""
    parts = [
        suite_card(shown, link(run, base, "report.html", "Report of this run"))
        for folder, suite in study.suites.items()
        for shown in map(_suite_table, suite["tables"])
        for run in [folder / Path(shown.folder).name]
    ]
    for run in study.of(EVALUATION):
        scores = scores_of(run)
        if scores and scores["benchmark"] != "pairing" and not study.suite_of(run):
            parts.append(_run_card(run, scores, study, base))
    return Html("".join(parts))


def _suite_table(document: Mapping[str, Any]) -> SuiteTable:
    rows = [
        SuiteRow(**{**row, "cells": {name: Figure(**cell) for name, cell in row["cells"].items()}})
        for row in document["rows"]
    ]
    return SuiteTable(**{**document, "rows": rows})


def _run_card(run: Artefact, scores: Mapping[str, Any], study: Study, base: Path) -> Html:
    mark = "SAMPLE, NO RESULT: " if scores["sample"] else ""
    title = f"{mark}{scores['benchmark']}: {who(run, study)}"
    parts = [table(METRIC_HEADER, metric_rows(scores))]
    for block in _published(str(scores["benchmark"])):
        summary = f"Published figures, protocol {block.protocol}: {block.source}"
        rows = [[UNKNOWN if cell is None else cell for cell in row] for row in block.rows]
        shown = table(block.columns, rows)
        parts.append(Html(f"<details><summary>{escape(summary)}</summary>{shown}</details>"))
    report = link(run.folder, base, "report.html", "Report of this run")
    return card(*parts, f'<p class="small">{report}</p>', title=title)


def _published(name: str) -> Sequence[Published]:
    try:
        return benchmark_info(name.removesuffix("-SAMPLE")).published
    except InputError:
        return ()


def _pairing_runs(study: Study) -> list[Artefact]:
    return [
        run
        for run in study.of(EVALUATION)
        if run.manifest.parameters["identity"]["benchmark"]["name"] == "pairing"
    ]


def _probe(run: Artefact) -> str:
    return str(run.manifest.parameters["identity"]["benchmark"]["probe"])


def _pairing_row(run: Artefact, study: Study, base: Path) -> tuple[object, ...]:
    scores = scores_of(run)
    name = link(run.folder, base, "report.html", who(run, study))
    benchmark = run.manifest.parameters["identity"]["benchmark"]
    about = f"{benchmark['data']}, {benchmark['split']}"
    if scores is None:
        return (name, about, _probe(run), "not finished", "", "", "", "")
    metric = next(one for one in scores["metrics"] if one["name"] == "accuracy")
    strict = metric["strict"]
    return (
        name,
        about,
        _probe(run),
        _share(strict["value"]),
        _between(strict),
        _tokens(run),
        strict["n"],
        _share(metric["chance"]),
    )


def _tokens(run: Artefact) -> object:
    lengths = [
        record.usage.completion_tokens
        for record in final_records(run.folder)
        if record.usage.completion_tokens is not None
    ]
    return round(statistics.fmean(lengths), 1) if lengths else UNKNOWN


def _held_out_rows(run: Artefact, base: Path) -> list[tuple[object, ...]]:
    """Accuracy of a training run's model on its held-out questions, greedy and sampled."""
    after = result_of(run).get("after")
    if not after or run.manifest.parameters["identity"].get("control"):
        return []
    name = link(run.folder, base, "curves.html", f"{run.name} (final)")
    return [
        (name, "held out", "none", f"{_share(after[kind]['value'])} ({kind})",
         _between(after[kind]), UNKNOWN, after["questions"], UNKNOWN)
        for kind in _KINDS
    ]  # fmt: skip


def _change_rows(run: Artefact, base: Path) -> list[tuple[object, ...]]:
    result = result_of(run)
    if "change" not in result:
        return []
    name = link(run.folder, base, "curves.html", run.name)
    control = str(run.manifest.parameters["identity"].get("control") or "none")
    return [
        (name, control, kind, _share(result["before"][kind]["value"]),
         _share(result["after"][kind]["value"]), _share(change["value"]), _between(change))
        for kind in _KINDS
        for change in [result["change"][kind]["difference"]]
    ]  # fmt: skip


def _share(value: float) -> str:
    return figure(value, "share")


def _between(estimate: Mapping[str, Any]) -> str:
    return f"{_share(estimate['low'])} to {_share(estimate['high'])}"
