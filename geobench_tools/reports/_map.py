"""``map.html`` of a pairing set: its cliques on a zoomable map, and what the set holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geobench_tools.geo import cell_diameter_m
from geobench_tools.pairing import DISTANCES, SPLITS, Lengths, PairingSet, PairingStats, Period
from geobench_tools.reports._card import split_rows
from geobench_tools.reports._charts import histogram, metres
from geobench_tools.reports._map_data import map_data
from geobench_tools.reports._page import (
    Html,
    Page,
    asset,
    bar_table,
    card,
    escape,
    facts,
    table,
    words,
    write_page,
)

__all__ = ["write_map"]

_LISTED = 20
_SWATCHES = {
    "train": '<circle cx="7" cy="7" r="5.5"/>',
    "val": '<path d="M7 0.5L13.5 12.5H0.5Z"/>',
    "test": '<rect x="1.5" y="1.5" width="11" height="11"/>',
}


def write_map(pairs: PairingSet, stats: PairingStats, path: Path) -> None:
    """Write a pairing set's map and statistics as one HTML file that needs no network.

    The map shows cliques of at most 20,000 views, chosen by hash of the seed; all figures are of
    the whole set. Thumbnails are loaded from the image folders, relative to the page, where these
    exist.

    Args:
        pairs: The set.
        stats: Its summary.
        path: The file, usually ``map.html`` in the set's folder.

    Raises:
        InputError: A part of the set cannot be read.
    """
    data = map_data(pairs, path.parent)
    body = [
        _overview(pairs, stats),
        _atlas(stats, data),
        _distances(stats),
        _views(stats),
        _splits(stats),
        _sources(stats),
        _making(pairs),
    ]
    page = Page(
        title="Cross-view pairing set",
        subtitle=f"Each question: one ground view and {stats.k} satellite images of the same "
        "neighbourhood, one of which shows its place.",
        body=Html("\n".join(body)),
        styles=[asset("map.css")],
        scripts=[asset("map_view.js"), asset("map_panel.js"), asset("map.js")],
        data={"cliques": data},
    )
    write_page(page, path)


def _overview(pairs: PairingSet, stats: PairingStats) -> Html:
    shown: dict[str, object] = {
        "questions": sum(stats.questions.values()),
        "cliques": sum(stats.cliques.values()),
        "candidates (K)": stats.k,
        "chance": f"{1 / stats.k:.3f}",
        "sampler": stats.sampler or "n/a",
        "ground views": stats.totals["ground"].used,
        "satellite tiles": stats.totals["satellite"].used,
        "places": len(stats.places) - ("" in stats.places),
        "seed": "n/a" if pairs.manifest.seed is None else str(pairs.manifest.seed),
    }
    return facts(shown)


def _atlas(stats: PairingStats, data: Mapping[str, Any]) -> Html:
    shown, total = len(data["cliques"]), data["total"]
    sample = f"{shown:,} of {total:,} cliques, chosen by hash" if shown < total else "all cliques"
    splits = "".join(
        f'<label><input type="checkbox" id="show-{split}" checked>'
        f'<svg class="swatch" viewBox="0 0 14 14" aria-hidden="true" fill="var(--{split})">'
        f"{_SWATCHES[split]}</svg>{split} ({stats.cliques.get(split, 0):,})</label>"
        for split in SPLITS
        if split in data["splits"]
    )
    return Html(f"""\
<section aria-labelledby="map-title">
<h2 id="map-title" class="visually-hidden">Map of the cliques</h2>
<div class="atlas">
<div class="card map-card">
<form class="bar-top" id="search-form">
{splits}<span class="muted small">{sample}</span>
<span class="push"><label class="visually-hidden" for="search">Find a view, tile, clique or cell
</label><input type="search" id="search" placeholder="view, tile, clique or cell id">
<button type="submit">Find</button></span>
</form>
<div class="stage">
<canvas id="map" tabindex="0" role="application" aria-label="Map of the cliques"
 aria-describedby="keys"></canvas>
<div class="zoom"><button type="button" id="zoom-in" aria-label="Zoom in">+</button>
<button type="button" id="zoom-out" aria-label="Zoom out">&minus;</button>
<button type="button" id="zoom-all" aria-label="Show all" title="Show all">&#x2922;</button></div>
</div>
<p class="hint small muted" id="keys">Drag, wheel or pinch; click a clique. With the map in focus:
<kbd>arrows</kbd> move, <kbd>+</kbd> <kbd>-</kbd> zoom, <kbd>0</kbd> all, <kbd>n</kbd> <kbd>p</kbd>
next and previous clique, <kbd>z</kbd> zoom to it, <kbd>.</kbd> <kbd>,</kbd> its questions,
<kbd>Enter</kbd> the clique nearest the centre.</p>
</div>
<aside class="card" aria-label="Selected clique">
<p id="none" class="muted">{"Choose a clique on the map." if shown else "No clique to show."}</p>
<div id="chosen" hidden>
<div class="clique-head"><h2>Clique</h2><span class="id" id="clique-id"></span>
<span class="badge" id="clique-split"></span></div>
<div class="row"><button type="button" id="clique-before">Previous</button>
<button type="button" id="clique-after">Next</button>
<button type="button" id="zoom-clique">Zoom to it</button></div>
<div id="plan"></div>
<div class="row"><button type="button" id="question-before" aria-label="Previous question"
>&lsaquo;</button><span class="grow" id="question-nth"></span>
<button type="button" id="question-after" aria-label="Next question">&rsaquo;</button></div>
<table class="small"><tbody>
<tr><th scope="row">camera to its tile</th><td class="n" id="camera-far"></td></tr>
<tr><th scope="row">camera to the nearest wrong tile</th><td class="n" id="negative-far"></td></tr>
<tr><th scope="row">between two candidates</th><td class="n" id="clique-apart"></td></tr>
<tr><th scope="row">H3 cell</th><td class="n id" id="clique-cell"></td></tr>
</tbody></table>
<div id="pictures"></div>
</div>
<p class="visually-hidden" id="said" aria-live="polite"></p>
</aside>
</div>
<details id="seen" class="seen"><summary>List the cliques in view</summary>
<p class="small muted" id="seen-count"></p>
<div class="scroll"><table><thead><tr><th scope="col">clique</th><th scope="col">split</th>
<th scope="col" class="n">questions</th><th scope="col" class="n">nearest two candidates</th>
<th scope="col" class="n">farthest two</th></tr></thead><tbody id="seen-rows"></tbody></table></div>
</details>
</section>""")


def _distances(stats: PairingStats) -> Html:
    cards = []
    for name, meaning in DISTANCES.items():
        lengths = stats.distances[name]
        chart = histogram(
            meaning,
            lengths.edges,
            lengths.bars,
            median=lengths.quantiles.get(0.5),
            beyond=lengths.beyond,
        )
        cards.append(card(chart, title=meaning.capitalize(), kind=""))
    rows = [_length_row(DISTANCES[name], stats.distances[name]) for name in DISTANCES]
    header = ("distance", "least", "5 %", "25 %", "median", "75 %", "95 %", "greatest", "mean")
    near = [[metres(m), f"{100 * share:.1f} %"] for m, share in stats.within.items()]
    levels = {
        f"resolution {level}, about {metres(cell_diameter_m(level))} wide": count
        for level, count in stats.resolutions.items()
    }
    return Html(
        '<section><h2>Distances</h2><div class="grid">'
        + "".join(cards)
        + "</div>"
        + card(table(header, rows, caption="Each question once, whatever its rotations."))
        + '<div class="grid wide gap">'
        + card(table(("within", "share of questions"), near), title="Nearest wrong tile", kind="")
        + card(
            bar_table(("H3 cell of the clique", "cliques"), levels), title="Neighbourhoods", kind=""
        )
        + "</div></section>"
    )


def _length_row(name: str, lengths: Lengths) -> list[object]:
    q = lengths.quantiles
    values = [lengths.least, *(q.get(s, float("nan")) for s in (0.05, 0.25, 0.5, 0.75, 0.95))]
    return [name, *(metres(v) for v in (*values, lengths.greatest, lengths.mean))]


def _views(stats: PairingStats) -> Html:
    cards = []
    for kind, title in (("ground", "Ground views"), ("satellite", "Satellite tiles")):
        totals = stats.totals[kind]
        counts = {"used in questions": totals.used, **totals.dropped}
        caption = "The input's size is not recorded."
        if totals.read is not None:
            words = "all accounted for" if totals.add_up else "these do not add up"
            caption = f"{totals.read:,} read; {words}."
        shown = bar_table(("what became of them", "views"), counts, caption=caption)
        bad = ' <span class="bad">does not add up</span>' if totals.add_up is False else ""
        cards.append(card(shown, title=Html(title + bad), kind=""))
    return _section("Used and left out", "".join(cards))


def _splits(stats: PairingStats) -> Html:
    header, rows = split_rows(stats)
    total = [sum(column) for column in list(zip(*rows, strict=True))[1:]]
    caption = "Cameras count rotations once; the letters are those of the right answers."
    shown = table(header, rows, caption=caption, total=["all", *total] if len(rows) > 1 else None)
    return Html(f"<section><h2>Splits and letters</h2>{card(shown, kind='')}</section>")


def _sources(stats: PairingStats) -> Html:
    cards = [
        _ranking("Places", ("place of the ground view", "ground views"), stats.places),
        _ranking("Providers of ground views", ("provider", "views"), stats.providers["ground"]),
        _ranking("Providers of tiles", ("provider", "tiles"), stats.providers["satellite"]),
        _period("Ground views by year", stats.periods["ground"]),
        _period("Tiles by year", stats.periods["satellite"]),
    ]
    return _section("Sources", "".join(cards))


def _ranking(title: str, header: tuple[str, str], counts: Mapping[str, int]) -> str:
    shown = dict(list(counts.items())[:_LISTED])
    named = {name or "not stated": count for name, count in shown.items()}
    rest = len(counts) - len(shown)
    if rest:
        named[f"{rest:,} more"] = sum(counts.values()) - sum(shown.values())
    return card(bar_table(header, named), title=title, kind="")


def _period(title: str, period: Period) -> str:
    counts = {str(year): count for year, count in period.years.items()}
    if period.missing:
        counts["not stated"] = period.missing
    caption = ""
    if period.first and period.last:
        caption = f"{period.first:%Y-%m-%d} to {period.last:%Y-%m-%d} (UTC)."
    shown = bar_table(("year", "views"), counts, caption=caption)
    return card(shown, title=title, kind="")


def _making(pairs: PairingSet) -> Html:
    manifest = pairs.manifest
    parameters = [[name, words(value)] for name, value in manifest.parameters.items()]
    inputs = [[entry.path, entry.bytes, Html(_code(entry.sha256))] for entry in manifest.inputs]
    counted = [[name, count] for name, count in manifest.counts.items()]
    made = [[name, words(value)] for name, value in manifest.run.items()]
    made += [[name, version] for name, version in manifest.packages.items()]
    return _section(
        "How it was made",
        card(table(("parameter", "value"), parameters), title="Parameters", kind="")
        + card(table(("what", "number"), counted), title="Counts", kind="")
        + card(table(("what", "value"), made), title="Run", kind="")
        + card(table(("file", "bytes", "SHA-256"), inputs), title="Inputs", kind=""),
    )


def _section(title: str, cards: str) -> Html:
    return Html(f'<section><h2>{title}</h2><div class="grid wide">{cards}</div></section>')


def _code(text: str) -> str:
    return f'<span class="id">{escape(text)}</span>'
