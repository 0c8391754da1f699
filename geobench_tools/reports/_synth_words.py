"""The words of the kept reasoning as bars and as a cloud, drawn as SVG text."""

import math
from collections.abc import Mapping

from geobench_tools.reports._page import Html, bar_table, escape

__all__ = ["word_bars", "word_cloud"]

_WIDTH, _HEIGHT = 760.0, 380.0
_SMALLEST, _LARGEST = 11.0, 54.0
_GLYPH, _LINE, _GAP = 0.56, 1.05, 3.0
_TURN, _STEP = 0.35, 0.9
_MOST_TURNS = 4000

Box = tuple[float, float, float, float]


def word_bars(counts: Mapping[str, int], most: int = 25) -> Html:
    """Return the most frequent words as a table with bars."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]
    return bar_table(("word", "times"), dict(ordered), whole=sum(counts.values()))


def word_cloud(counts: Mapping[str, int], most: int = 90) -> Html:
    """Return the most frequent words around the middle of a picture, the area following the count.

    Words are laid along a spiral from the middle, the frequent ones first, each at the first place
    that is free; one that finds none is left out.
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]
    if not ordered:
        return Html('<p class="muted">No words.</p>')
    top = ordered[0][1]
    taken: list[Box] = []
    drawn = []
    for number, (word, count) in enumerate(ordered):
        size = max(_SMALLEST, _LARGEST * math.sqrt(count / top))
        box = _place(len(word) * size * _GLYPH, size * _LINE, taken)
        if box is None:
            continue
        taken.append(box)
        left, upper, right, lower = box
        tone = ("", ' class="b"', ' class="c"')[number % 3]
        drawn.append(
            f'<text{tone} x="{(left + right) / 2:.1f}" y="{lower - 0.27 * (lower - upper):.1f}" '
            f'font-size="{size:.1f}" text-anchor="middle" textLength="{right - left - 2:.1f}" '
            f'lengthAdjust="spacingAndGlyphs">{escape(word)}<title>{escape(word)}: {count:,}'
            "</title></text>"
        )
    named = ", ".join(word for word, _ in ordered[:10])
    return Html(
        f'<svg class="cloud" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" '
        f'aria-label="Word cloud of the kept reasoning; most frequent: {escape(named)}">'
        f"{''.join(drawn)}</svg>"
    )


def _place(width: float, height: float, taken: list[Box]) -> Box | None:
    for turn in range(_MOST_TURNS):
        angle = turn * _TURN
        radius = _STEP * angle
        x = _WIDTH / 2 + radius * math.cos(angle) * 1.7
        y = _HEIGHT / 2 + radius * math.sin(angle)
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        if box[0] < 0 or box[1] < 0 or box[2] > _WIDTH or box[3] > _HEIGHT:
            if radius > _WIDTH:
                return None
            continue
        if not any(_overlap(box, other) for other in taken):
            return box
    return None


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] + _GAP and b[0] < a[2] + _GAP and a[1] < b[3] + _GAP and b[1] < a[3] + _GAP
