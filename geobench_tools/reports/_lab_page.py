"""The page of the falsification experiment."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.reports._lab_examples import Example
from geobench_tools.reports._page import Html, Page, asset, card, escape, facts, table, write_page

__all__ = ["write_lab_page"]

Cell = Mapping[str, Any]

_WORLD_NOTES = {
    "normal": "geometry, and nuisance drawn anew for every image",
    "null": "no geometry, the same nuisance",
    "position": "the right answer is moved to the first place in 30 % of the questions",
    "tint": "photo and own tile share the white balance",
    "brightness": "photo and own tile share the exposure",
    "jpeg-quality": "photo and own tile share the JPEG quality",
    "vendor": "photo and own tile share the provider's mark",
    "file-size": "photo and own tile are padded alike",
    "date": "the own tile is captured within two days of the photo",
}
_PLOT_WIDTH, _ROW, _LEFT, _TOP = 680.0, 19.0, 150.0, 26.0


def write_lab_page(
    cells: Sequence[Cell],
    examples: Sequence[Example],
    identity: Mapping[str, Any],
    path: Path,
) -> None:
    """Write the page of the cells, as ``LabCell`` has them, of an experiment with these options."""
    k = int(identity["k"])
    body = "".join(
        [
            _summary(cells, k, identity),
            _theorem(k),
            _tables(cells, k),
            _plots(cells, k),
            _pictures(examples),
            _details(cells),
        ]
    )
    write_page(
        Page(
            title="The laboratory: can a shortcut solve cross-view pairing?",
            subtitle="A rendered world in which geometry and nuisance are known apart",
            body=Html(body),
            styles=(asset("lab.css"),),
        ),
        path,
    )


def _summary(cells: Sequence[Cell], k: int, identity: Mapping[str, Any]) -> str:
    found = {(cell["sampler"], cell["world"]): cell for cell in cells}
    shown: dict[str, object] = {
        "chance": f"{1 / k:.3f}",
        f"log {k}": f"{math.log(k):.3f} nats",
        "cells": len(cells),
        "questions": sum(cell["questions"] for cell in cells),
        "views per world": identity["views"],
    }
    for world in ("normal", "null"):
        if cell := found.get(("clique", world)):
            accuracy = _entry(cell, "oracle")["accuracy"]
            shown[f"oracle, {world} world"] = f"{accuracy['value']:.3f}"
    return facts(shown)


def _theorem(k: int) -> str:
    log_k = math.log(k)
    return f"""
<section class="grid two">
<div class="card"><h2>What the theorem says</h2>
<p>Split what an image shows in two: the <b>geometry</b> of the place, which a photo and a tile of
it have in common, and the <b>nuisance</b> of the picture: light, season, camera, file. Draw the
wrong candidates from the same neighbourhood, so that the nuisance tells nothing about which of the
{k} is right. Then a policy that reads nothing but nuisance is left with the whole uncertainty,
H(Y | policy) = log {k} = {log_k:.3f} nats, and is right once in {k}. Whoever scores more has read
geometry (Theorem 3.1 of Geo-R1, arXiv 2510.00072).</p></div>
<div class="card"><h2>What counting proves</h2>
<p>The clique sampler puts {k} tiles into a set and asks {k} questions about it, in which each tile
is right exactly once. Whatever a policy computes from the tiles alone, their pixels, places, dates
or files, is then right once in {k} <em>in the finite set</em>: no estimate, no assumption. Such
cells are marked <span class="tag proven">proven</span>. Ring and random candidates carry no such
proof, and are here to show what it costs.</p></div>
<div class="card"><h2>What was measured</h2>
<p>Everything that compares photo and tile: no count can settle that. Adversaries are trained on
some places and asked about others. Of two learners the one with the stronger evidence is shown,
which favours a leak by about a point. Intervals are 95 %, resampled by place. The entropy is the
cross-validated log loss, an estimate from above; a little more than log {k} is a learner's
misplaced confidence. The <b>oracle</b> is a classical matcher that unrolls the panorama onto the
ground and lays it over the tile; it knows nothing but pixels and which way is north.</p></div>
<div class="card"><h2>What this does not say</h2>
<p>No leak found is no proof of none: only leaks above the detection limit show. Adversaries other
than these might find more. The world is rendered: real images have nuisances that nobody listed,
and real providers, drives and seasons tie photo and tile together in ways that strata must break.
That geometry is enough to solve the task does not mean that a model uses it.</p></div>
</section>"""


def _entry(cell: Cell, policy: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(one for one in cell["policies"] if one["policy"] == policy)
    return found


def _tables(cells: Sequence[Cell], k: int) -> str:
    parts = ["<h2>Accuracy of every policy in every cell</h2>", _legend(k)]
    for sampler in dict.fromkeys(cell["sampler"] for cell in cells):
        own = [cell for cell in cells if cell["sampler"] == sampler]
        header = ["policy", *(cell["world"] for cell in own)]
        rows = []
        for policy in (entry["policy"] for entry in own[0]["policies"]):
            rows.append([policy, *(_figure(_entry(cell, policy), k) for cell in own)])
        rows.append(["questions", *(f"{cell['questions']:,}" for cell in own)])
        rows.append(["views used", *(f"{100 * cell['coverage']:.0f} %" for cell in own)])
        rows.append(["counted", *(_certificate(cell) for cell in own)])
        parts.append(card(table(header, rows, caption=_sampler(sampler)), kind="gap lab"))
    notes = "; ".join(f"<b>{name}</b>: {note}" for name, note in _WORLD_NOTES.items())
    parts.append(f'<p class="small muted">{notes}.</p>')
    return "".join(parts)


def _sampler(name: str) -> str:
    said = {
        "clique": "Cell cliques: each tile of a set is right once",
        "ring": "Ring: wrong tiles from a ring around the camera",
        "random": "Random: wrong tiles from anywhere in the world",
    }
    return said.get(name, name)


def _certificate(cell: Cell) -> Html:
    if cell["balanced"] and cell["certificate"]:
        return Html("balanced")
    said = "tiles, not places" if cell["balanced"] else "no guarantee"
    return Html(f'<span class="muted">{said}</span>')


def _legend(k: int) -> str:
    tags = (
        ("proven", "chance, by counting"),
        ("calm", "chance, as far as was seen"),
        ("leak", "leak found"),
        ("alike", "alike beyond chance, no more than content can be"),
        ("misled", "below chance"),
        ("solved", "reads the scene"),
    )
    shown = " ".join(f'<span class="tag {name}">{said}</span>' for name, said in tags)
    return (
        f'<p>{shown} <span class="muted">chance is {1 / k:.3f}; a dash stands for columns that are '
        "absent or the same for all candidates. Below chance: what was learnt of some places "
        "misleads in others; some of that is luck of the folds, and only what is more is a leak."
        "</span></p>"
    )


def _kind(entry: Mapping[str, Any], k: int) -> str:
    kinds = {"proven": "proven", "leak": "leak", "alike": "alike", "reads the scene": "solved"}
    misled = entry["accuracy"]["high"] < 1 / k
    return kinds.get(entry["outcome"], "misled" if misled else "calm")


def _figure(entry: Mapping[str, Any], k: int) -> Html:
    accuracy = entry["accuracy"]
    if accuracy is None:
        return Html(f'<span class="muted" title="{escape(entry["outcome"])}">&ndash;</span>')
    tip = f"{accuracy['low']:.3f} to {accuracy['high']:.3f}"
    if entry["entropy"]:
        tip += f"; H = {entry['entropy']['value']:.3f} of {math.log(k):.3f} nats"
    return Html(f'<span class="tag {_kind(entry, k)}" title="{tip}">{accuracy["value"]:.3f}</span>')


def _plots(cells: Sequence[Cell], k: int) -> str:
    wanted = [("clique", "normal"), ("clique", "null"), ("ring", "normal"), ("random", "normal")]
    found = {(cell["sampler"], cell["world"]): cell for cell in cells}
    charts = [
        card(_plot(found[sampler, world], k), title=f"{sampler}, {world} world", kind="")
        for sampler, world in wanted
        if (sampler, world) in found
    ]
    if not charts:
        return ""
    return f'<h2>Accuracy by policy</h2><div class="grid two">{"".join(charts)}</div>'


def _plot(cell: Cell, k: int) -> str:
    entries = [entry for entry in cell["policies"] if entry["accuracy"]]
    height = _TOP + _ROW * len(entries) + 6

    def x(value: float) -> float:
        return _LEFT + (_PLOT_WIDTH - _LEFT - 16) * value

    parts = [
        f'<path class="axis" d="M{x(tick):.1f} {_TOP}V{height - 4}"/>'
        f'<text x="{x(tick):.1f}" y="{_TOP - 8}" text-anchor="middle">{tick:g}</text>'
        for tick in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    parts.append(f'<path class="mark" d="M{x(1 / k):.1f} {_TOP}V{height - 4}"/>')
    for row, entry in enumerate(entries):
        y, accuracy = _TOP + _ROW * (row + 0.5), entry["accuracy"]
        said = f"{accuracy['value']:.3f} ({accuracy['low']:.3f} to {accuracy['high']:.3f})"
        parts.append(
            f'<text x="{_LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">'
            f'{escape(entry["policy"])}</text><g class="dot {_kind(entry, k)}">'
            f"<title>{said}</title>"
            f'<path d="M{x(accuracy["low"]):.1f} {y:.1f}H{x(accuracy["high"]):.1f}"/>'
            f'<circle cx="{x(accuracy["value"]):.1f}" cy="{y:.1f}" r="4"/></g>'
        )
    label = f"accuracy of {len(entries)} policies with intervals"
    return (
        f'<svg class="chart" viewBox="0 0 {_PLOT_WIDTH:g} {height:g}" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def _pictures(examples: Sequence[Example]) -> str:
    if not examples:
        return ""
    return (
        "<h2>Candidate sets</h2><p>Which tile shows the place? North is in the middle of each "
        'panorama and at the top of each tile.</p><div class="grid two">'
        f"{''.join(map(_example, examples))}</div>"
    )


def _example(example: Example) -> str:
    tiles = []
    for place, (tile, score) in enumerate(zip(example.tiles, example.scores, strict=True)):
        letter = chr(ord("A") + place)
        tiles.append(
            f'<figure><img src="{tile}" alt="tile {letter}" width="160" height="160">'
            f"<figcaption>{letter} <span>{score:.2f}</span></figcaption></figure>"
        )
    said = "right" if example.choice == example.answer else "wrong"
    return card(
        f'<img src="{example.ground}" alt="ground view" width="480" height="240">'
        f'<div class="tiles">{"".join(tiles)}</div>'
        f"<details><summary>Answer</summary><p>{example.answer}; the oracle says {example.choice}, "
        f"which is {said}. The figures are its scores.</p></details>",
        title=f"{example.world} world",
        kind="set",
    )


def _details(cells: Sequence[Cell]) -> str:
    rows = []
    for cell in cells:
        for entry in cell["policies"]:
            if entry["accuracy"] is None:
                continue
            spans = [_span(entry["accuracy"])]
            spans.append(_span(entry["entropy"]) if entry["entropy"] else "")
            rows.append(
                [
                    cell["sampler"],
                    cell["world"],
                    entry["policy"],
                    entry["questions"],
                    f"{100 * entry['coverage']:.0f} %",
                    *spans,
                    entry["outcome"],
                ]
            )
    header = (
        "sampler", "world", "policy", "questions", "coverage", "accuracy (95 %)",
        "H(Y | policy), nats (95 %)", "outcome",
    )  # fmt: skip
    return (
        '<h2>All figures</h2><details class="card"><summary>'
        f"{len(rows)} policies in {len(cells)} cells, with intervals and entropies</summary>"
        f"{table(header, rows)}</details>"
    )


def _span(value: Mapping[str, float]) -> str:
    return f"{value['value']:.3f} ({value['low']:.3f}, {value['high']:.3f})"
