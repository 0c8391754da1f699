"""The page of one evaluation run: table, breakdowns, map of errors, examples, failures."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.evaluation import SampleRecord
from geobench_tools.provenance import Manifest
from geobench_tools.reports._page import (
    Html,
    Page,
    asset,
    bar_table,
    card,
    escape,
    facts,
    table,
    write_page,
)
from geobench_tools.reports._run_examples import examples_section, failures_section
from geobench_tools.reports._run_map import distance_chart, error_map

__all__ = ["METRIC_HEADER", "figure", "metric_rows", "model_name", "write_run_report"]

METRIC_HEADER = ("metric", "strict", "95 % interval", "n", "official", "n", "majority", "chance")
_NARROW = 6
_BANNER = (
    "SAMPLE. A few pictures drawn by this project, made to try the command. "
    "These figures measure nothing and are no result."
)


def write_run_report(
    folder: Path, manifest: Manifest, records: Sequence[SampleRecord], scores: Mapping[str, Any]
) -> None:
    """Write ``report.html`` into a run directory."""
    identity = manifest.parameters["identity"]
    sample = bool(scores["sample"])
    title = f"{scores['benchmark']}: {model_name(identity['model'])}"
    parts = [
        Html(f'<p class="sample-banner" role="alert">{escape(_BANNER)}</p>') if sample else Html(),
        facts(_facts(manifest, scores)),
        _scores_card(scores),
        _statuses(scores),
        distance_chart(records),
        error_map(records),
        _breakdowns(scores),
        examples_section(records),
        failures_section(records),
        _about(manifest, identity, scores),
    ]
    body = Html("\n".join(part for part in parts if part))
    page = Page(title, _subtitle(manifest), body, styles=[asset("run.css")])
    write_page(page, folder / "report.html")


def metric_rows(scores: Mapping[str, Any], first: str = "strict") -> list[tuple[str, ...]]:
    """Return the table of scores as text: metric, first protocol, interval, other, lines."""
    second = "official" if first == "strict" else "strict"
    rows: list[tuple[str, ...]] = []
    for metric in scores["metrics"]:
        unit = metric["unit"]
        one, two = metric[first] or {}, metric[second] or {}
        rows.append(
            (
                str(metric["label"]),
                figure(one.get("value"), unit),
                _interval(one, unit),
                f"{one['n']:,}" if one else "",
                figure(two.get("value"), unit) if two else "",
                f"{two['n']:,}" if two else "",
                figure(metric["majority"], unit) if metric["majority"] is not None else "",
                figure(metric["chance"], unit) if metric["chance"] is not None else "",
            )
        )
    return rows


def figure(value: float | None, unit: str) -> str:
    """Return a value with its unit, to the digits that matter."""
    if value is None:
        return "n/a"
    match unit:
        case "share":
            return f"{100 * value:.1f} %"
        case "km":
            return f"{value:,.0f} km" if value >= 100 else f"{value:,.1f} km"
        case "points":
            return f"{value:,.0f}"
        case "score":
            return f"{value:.3f}"
        case _:
            return f"{value:,.1f}"


def _interval(estimate: Mapping[str, Any], unit: str) -> str:
    low, high = estimate.get("low"), estimate.get("high")
    if low is None and high is None:
        return ""
    spread = estimate.get("run_sd")
    between = "" if spread is None else f" (sd of runs {figure(spread, unit)})"
    return f"{figure(low, unit)} to {figure(high, unit) if high is not None else 'beyond'}{between}"


def _scores_card(scores: Mapping[str, Any]) -> Html:
    title = "Scores" + (" (SAMPLE)" if scores["sample"] else "")
    rows = metric_rows(scores)
    kept = [i for i in range(len(METRIC_HEADER)) if any(row[i] for row in rows)]
    shown = table([METRIC_HEADER[i] for i in kept], [[row[i] for i in kept] for row in rows])
    note = (
        "Strict counts every sample, and a missing answer is wrong; official is what the "
        "benchmark's own rules give. Majority and chance are scored strictly. Replies at "
        "temperature 0 can differ from run to run; --runs shows by how much."
    )
    return card(shown, f'<p class="small muted">{escape(note)}</p>', title=title, level=2)


def _statuses(scores: Mapping[str, Any]) -> Html:
    counts = {name: count for name, count in scores["statuses"].items() if count}
    return card(bar_table(("status", "requests"), counts), title="How requests ended", level=2)


def _breakdowns(scores: Mapping[str, Any]) -> Html:
    cards = []
    for one in scores["breakdowns"]:
        share = tuple(i for i, name in enumerate(one["header"]) if _is_share(name))
        rows = [
            [
                figure(cell, "share") if i in share and isinstance(cell, float) else _shown(cell)
                for i, cell in enumerate(row)
            ]
            for row in one["rows"]
        ]
        if rows:
            span = "whole" if len(one["header"]) > _NARROW else ""
            cards.append(card(table(one["header"], rows), title=one["title"], kind=span))
    if not cards:
        return Html()
    return Html(f'<h2>In parts</h2><div class="grid wide parts">{"".join(cards)}</div>')


def _is_share(name: str) -> bool:
    return name.startswith(("within", "accuracy", "95 %", "share"))


def _shown(cell: object) -> object:
    if not isinstance(cell, float) or not math.isfinite(cell):
        return cell
    return f"{cell:,.1f}" if abs(cell) >= 100 else f"{cell:.3g}"


def _facts(manifest: Manifest, scores: Mapping[str, Any]) -> dict[str, object]:
    counts = manifest.counts
    coverage = scores["coverage"]
    shown: dict[str, object] = {
        "samples": scores["samples"],
        "requests": scores["records"],
        "coverage": figure(coverage, "share"),
        "failed": scores["statuses"]["error"] + scores["statuses"]["skipped"],
    }
    if tokens := counts.get("completion_tokens"):
        shown["generated tokens"] = tokens
    if "cost" in manifest.run:
        shown["cost"] = manifest.run["cost"]
    return shown


def _about(manifest: Manifest, identity: Mapping[str, Any], scores: Mapping[str, Any]) -> Html:
    rules = table(("rule", "meaning"), list(scores["policy"].items()))
    named = {
        rule: [rules_.get(rule, "") for rules_ in scores["policies"].values()]
        for rule in next(iter(scores["policies"].values()), {})
    }
    policies = table(("policy", *scores["policies"]), [(name, *row) for name, row in named.items()])
    leaves = [(name, str(value)) for name, value in _leaves(identity)]
    facts_ = [(name, str(value)) for name, value in manifest.run.items()]
    ran = table(("field", "value"), leaves + facts_)
    return Html(
        card(policies, rules, title="Rules behind the figures", level=2)
        + card(f"<details><summary>What was run</summary>{ran}</details>")
    )


def _leaves(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        return [(name, value)]
    return [
        leaf for key, inner in value.items() for leaf in _leaves(inner, f"{name} {key}".strip())
    ]


def model_name(identity: Mapping[str, Any]) -> str:
    """Return a model's identity in a few words."""
    name = str(identity.get("name") or identity.get("checkpoint") or "")
    backend = str(identity.get("backend", "model"))
    return f"{backend} {name}".strip()


def _subtitle(manifest: Manifest) -> str:
    state = manifest.run.get("state", "")
    return f"{manifest.run.get('created_at', '')}, {state}, {manifest.tool}"
