"""The parts of a study that are no tables of models: stages, curves, maps, audit, traces."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.evaluation import final_records
from geobench_tools.reports._curves_chart import Chart, Line, line_chart
from geobench_tools.reports._curves_data import TrainingLogs, read_logs
from geobench_tools.reports._page import Html, card, escape, table
from geobench_tools.reports._run_map import error_map
from geobench_tools.reports._study_find import (
    EVALUATION,
    PAIRS,
    TRACES,
    TRAINING,
    Artefact,
    Study,
    json_of,
)
from geobench_tools.reports._study_tables import link, result_of, scores_of
from geobench_tools.reports._synth_examples import images_of, trace_example
from geobench_tools.reports._synth_stats import VERDICTS, verdict_rows
from geobench_tools.strictjson import parse_json

__all__ = [
    "audit_part",
    "curves_part",
    "maps_part",
    "provenance_part",
    "stages_part",
    "traces_part",
]

_PAGES = {PAIRS: "map.html", TRACES: "report.html", TRAINING: "curves.html",
          EVALUATION: "report.html"}  # fmt: skip
_EXAMPLES = 3
_CURVES = (
    ("Reward", "reward", False),
    ("Accuracy of sampled replies", "accuracy", True),
    ("Reply length, tokens", "completions/mean_length", False),
    ("KL divergence", "kl", False),
    ("Groups without variance", "frac_reward_zero_std", True),
    ("Loss", "loss", False),
)


def stages_part(study: Study, base: Path) -> Html:
    """Return every stage with the command that made it and its main figures."""
    rows: list[tuple[object, ...]] = []
    shown: set[Path] = set()
    for one in study.artefacts:
        if one.manifest.parameters.get("identity", {}).get("control"):
            continue
        if suite := study.suite_of(one):
            if suite not in shown:
                shown.add(suite)
                rows.append(_suite_row(suite, study, base))
            continue
        name = link(one.folder, base, _PAGES[one.kind], one.name)
        command = Html(f"<code>{escape(one.manifest.run.get('command', ''))}</code>")
        rows.append((name, one.kind, _main_figures(one), command))
    return card(table(("stage", "what", "figures", "command"), rows), kind="")


def _suite_row(folder: Path, study: Study, base: Path) -> tuple[object, ...]:
    suite = study.suites[folder]
    figures = f"{suite['tasks']} tasks in {len(suite['tables'])} tables, {suite['model']}"
    command = Html(f"<code>{escape(suite['run']['command'])}</code>")
    return link(folder, base, "suite.html", folder.name), "suite", figures, command


def _main_figures(one: Artefact) -> str:
    counts = one.manifest.counts
    match one.kind:
        case "pairing-set":
            asked = sum(n for name, n in counts.items() if name.startswith("questions_"))
            k = one.manifest.parameters["k"]
            return f"{asked:,} questions, K = {k}, {one.manifest.parameters['sampler']}"
        case "traces":
            return ", ".join(f"{n:,} {name}" for name, n in counts.items() if "_" not in name)
        case "training-run":
            result = result_of(one)
            if not result:
                return "not finished"
            return f"{result['steps']:,} steps in {result['seconds'] / 60:,.1f} min"
        case _:
            scores = scores_of(one)
            if scores is None:
                return "not finished"
            coverage = 100 * scores["coverage"]
            return (
                f"{scores['benchmark']}: {scores['records']:,} replies, {coverage:.1f} % readable"
            )


def curves_part(study: Study, base: Path) -> Html:
    """Return the curves of the training runs, those of one stage in one chart."""
    runs = [run for run in study.of(TRAINING) if (run.folder / "metrics.jsonl").is_file()]
    stages: dict[str, list[tuple[str, TrainingLogs]]] = {}
    for run in runs:
        stage = str(run.manifest.parameters["identity"]["stage"])
        stages.setdefault(stage, []).append((run.name, read_logs(run.folder)))
    parts = []
    for stage, logs in stages.items():
        charts = [
            line_chart(Chart(title, name, [Line(who, one.series(name)) for who, one in logs],
                             share=share))
            for title, name, share in _CURVES
        ]  # fmt: skip
        grid = "".join(chart for chart in charts if chart)
        parts.append(f'<h3>{escape(stage)}</h3><div class="grid curve-grid">{grid}</div>')
    return Html("".join(parts))


def maps_part(study: Study, base: Path) -> Html:
    """Return the error maps of all runs whose benchmarks have positions."""
    parts = []
    for run in study.of(EVALUATION):
        drawn = error_map(list(final_records(run.folder)))
        if drawn:
            name = link(run.folder, base, "report.html", run.name)
            parts.append(f"<details><summary>{name}</summary>{drawn}</details>")
    return Html("".join(parts))


def audit_part(study: Study, base: Path) -> Html:
    """Return certificate and adversaries of each pairing set that was audited."""
    parts = []
    for pairs in study.of(PAIRS):
        path = pairs.folder / "audit.json"
        if not path.is_file():
            parts.append(card("<p>Not audited.</p>", title=pairs.name))
            continue
        audit = json_of(path)
        verdict = "passes" if audit["passed"] else "fails"
        mark = "good" if audit["passed"] else "bad"
        said = audit.get("conclusions") or {"proven": [], "failed": []}
        proven = "".join(f"<li>{escape(one)}</li>" for one in said["proven"])
        failed = "".join(f'<li class="bad">{escape(one)}</li>' for one in said["failed"])
        title = Html(f'{escape(pairs.name)}: <span class="{mark}">{verdict}</span>')
        tables = (_certificate(audit["certificate"]), _adversaries(audit))
        parts.append(card(f"<ul>{failed}{proven}</ul>", *tables, title=title))
    return Html("".join(parts))


def _certificate(certificate: Mapping[str, Any]) -> Html:
    rows = [(check["claim"], check["status"], check["checked"]) for check in certificate["checks"]]
    return table(("claim", "status", "checked"), rows, caption="Certificate, by counting")


def _adversaries(audit: Mapping[str, Any]) -> Html:
    rows = []
    for family in audit.get("families") or ():
        best = max(
            (one for one in (family["accuracy"] or {}).values() if one),
            key=lambda one: float(one["value"]),
            default=None,
        )
        shown = ("n/a", "") if best is None else (
            f"{100 * best['value']:.1f} %", f"{100 * best['low']:.1f} to {100 * best['high']:.1f} %"
        )  # fmt: skip
        rows.append((family["name"], family["looks_at"], *shown, family["outcome"]))
    if not rows:
        return Html()
    caption = f"Adversaries, cross-validated by place; chance is {100 * audit['chance']:.1f} %"
    head = ("family", "looks at", "accuracy", "95 % interval", "outcome")
    return table(head, rows, caption=caption)


def traces_part(study: Study, base: Path) -> Html:
    """Return verdicts by kind of claim, and examples with their claims marked."""
    parts = []
    for traces in study.of(TRACES):
        path = traces.folder / "traces.jsonl"
        if not path.is_file():
            continue
        verdicts: dict[str, Counter[str]] = {}
        examples: dict[str, list[Mapping[str, Any]]] = {}
        for line in _lines(path):
            for claim in line["claims"]:
                verdicts.setdefault(claim["kind"], Counter())[claim["verdict"]] += 1
            chosen = examples.setdefault(_outcome(line), [])
            if len(chosen) < _EXAMPLES:
                chosen.append(line)
        shown = table(("kind of claim", *VERDICTS, "claims"), verdict_rows(verdicts))
        parts.append(card(shown, title=link(traces.folder, base, "report.html", traces.name)))
        parts.append(_examples(traces, examples, base))
    return Html("".join(parts))


def _outcome(line: Mapping[str, Any]) -> str:
    contradicted = any(claim["verdict"] == "contradicted" for claim in line["claims"])
    if line["leaks"]:
        return "leak"
    return "contradicted" if contradicted else "supported"


def _examples(
    traces: Artefact, examples: Mapping[str, Sequence[Mapping[str, Any]]], base: Path
) -> Html:
    chosen = [line for lines in examples.values() for line in lines]
    images = images_of(traces.folder / "sft", (line["id"] for line in chosen))
    folder = os.path.relpath(traces.folder.resolve(), base)
    return card(
        *(
            trace_example(line, [f"{folder}/{path}" for path in images.get(line["id"], [])])
            for line in chosen
        )
    )


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the lines that are whole; the last one may be torn."""
    with path.open("rb") as stream:
        for raw in stream:
            try:
                line = parse_json(raw)
            except ValueError:
                continue
            if "claims" in line and "leaks" in line:
                yield line


def provenance_part(study: Study, base: Path) -> Html:
    """Return where every artefact lies, when and by what it was made, and from what."""
    rows = [
        (
            one.name,
            one.kind,
            one.manifest.run["created_at"],
            one.manifest.tool + _commit(one),
            "none" if one.manifest.seed is None else str(one.manifest.seed),
            Html("<br>".join(
                f'{escape(entry.path)} <span class="id muted">{entry.sha256[:12]}</span>'
                for entry in one.manifest.inputs
            )),
        )
        for one in study.artefacts
    ]  # fmt: skip
    head = ("artefact", "what", "made", "by", "seed", "inputs, SHA-256")
    return card(table(head, rows), kind="")


def _commit(one: Artefact) -> str:
    commit = one.manifest.run.get("commit", "")
    return f" ({commit})" if commit else ""
