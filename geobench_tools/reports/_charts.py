"""Charts as SVG text: they need no script, scale, follow the theme and have words for readers."""

import math
from collections.abc import Sequence

from geobench_tools.reports._page import Html, escape

__all__ = ["histogram", "metres", "nice_ticks"]

_WIDTH, _HEIGHT = 360.0, 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 8.0, 16.0, 22.0


def metres(value: float) -> str:
    """Return a length with its unit, to three or four digits."""
    if not math.isfinite(value):
        return "n/a"
    if value < 10_000:
        return f"{value:,.0f} m" if value >= 10 else f"{value:.2g} m"
    return f"{value / 1000:,.1f} km" if value < 100_000 else f"{value / 1000:,.0f} km"


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most ``most`` round numbers that span a range."""
    if not high > low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(power * m for m in (1, 2, 5, 10, 20) if (high - low) / (power * m) <= most - 1)
    first = math.ceil(low / step - 1e-9)
    return [step * i for i in range(first, math.floor(high / step + 1e-9) + 1)]


def histogram(
    title: str,
    edges: Sequence[float],
    counts: Sequence[int],
    *,
    median: float | None = None,
    beyond: int = 0,
) -> Html:
    """Return a histogram of lengths in metres.

    Args:
        title: What is counted; read by screen readers, not drawn.
        edges: Borders of the bars, ascending, one more than bars.
        counts: Height of each bar.
        median: Marked by a dashed line.
        beyond: Number of lengths above the last edge, which are named under the chart.
    """
    if not counts or not max(counts):
        return Html('<p class="muted">No distances.</p>')
    low, high, most = edges[0], edges[-1], max(counts)

    def x(value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (value - low) / (high - low)

    def height(count: int) -> float:
        return (_HEIGHT - _TOP - _BOTTOM) * count / most

    base = _HEIGHT - _BOTTOM
    parts = []
    for left, right, count in zip(edges, edges[1:], counts, strict=False):
        if count:
            parts.append(
                f'<rect class="bar" x="{x(left) + 0.4:.2f}" y="{base - height(count):.2f}" '
                f'width="{x(right) - x(left) - 0.8:.2f}" height="{height(count):.2f}">'
                f"<title>{metres(left)} to {metres(right)}: {count:,}</title></rect>"
            )
    parts.append(f'<path class="axis" d="M{_LEFT} {base}H{_WIDTH - _RIGHT}"/>')
    for tick in nice_ticks(low, high, 6):
        place = min(max(x(tick), 14), _WIDTH - 22)
        parts.append(f'<path class="axis" d="M{x(tick):.2f} {base}v4"/>')
        parts.append(
            f'<text x="{place:.2f}" y="{base + 16}" text-anchor="middle">{metres(tick)}</text>'
        )
    described = f"{sum(counts) + beyond:,} lengths from {metres(low)}"
    if median is not None:
        place = x(min(median, high))
        anchor = "end" if place > _WIDTH / 2 else "start"
        shift = -4 if anchor == "end" else 4
        parts.append(f'<path class="mark" d="M{place:.2f} {_TOP - 8}V{base}"/>')
        parts.append(
            f'<text class="mark-label" x="{place + shift:.2f}" y="{_TOP - 4}" '
            f'text-anchor="{anchor}">median {metres(median)}</text>'
        )
        described += f", median {metres(median)}"
    after = f'<p class="small muted">{beyond:,} beyond {metres(high)}.</p>' if beyond else ""
    return Html(
        f'<svg class="chart" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" '
        f'aria-label="{escape(title)}: {described}">{"".join(parts)}</svg>{after}'
    )
