"""Line charts over training steps as SVG: lines with names at their ends, bands, marks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geobench_tools.reports._charts import nice_ticks
from geobench_tools.reports._curves_data import Series
from geobench_tools.reports._page import Html, card, escape, table

__all__ = ["Band", "Chart", "Line", "chart_svg", "line_chart", "number"]

_WIDTH, _HEIGHT = 560.0, 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 12.0, 12.0, 34.0
_MOST_POINTS = 300
_SMOOTH_FROM = 40
_DASHES = ("", "6 3", "2 3", "9 3 2 3", "1 4")


@dataclass(frozen=True)
class Line:
    """A metric over the steps."""

    name: str
    points: Series


@dataclass(frozen=True)
class Band:
    """What lies between two metrics of the same steps, as in mean minus and plus deviation."""

    low: Series
    high: Series


@dataclass(frozen=True)
class Chart:
    """One chart.

    Attributes:
        title: Its heading.
        about: What it shows and how to read it, in a sentence.
        lines: Its lines.
        band: A band behind the first line, or None.
        level: A dashed horizontal line with its name, or None.
        low: The axis reaches down to this value at least, or None.
        high: The axis reaches up to this value at least, or None.
        share: Whether values are shares, shown in per cent.
        axis: What the horizontal axis counts.
    """

    title: str
    about: str
    lines: Sequence[Line]
    band: Band | None = None
    level: tuple[str, float] | None = None
    low: float | None = None
    high: float | None = None
    share: bool = False
    axis: str = "step"


def line_chart(chart: Chart) -> Html:
    """Return a card with the chart, its legend and a table of first, last and extreme values."""
    lines = [line for line in chart.lines if line.points]
    if not lines:
        return Html()
    about = f'<p class="small muted">{escape(chart.about)}</p>'
    shown = (about, chart_svg(chart), _legend(lines, chart.share))
    return card(*shown, title=chart.title, kind="")


def chart_svg(chart: Chart) -> Html:
    """Return the drawing alone; its classes are styled by ``curves.css``."""
    lines = [line for line in chart.lines if line.points]
    frame = _Frame(chart, lines)
    parts = [*frame.axes()]
    if chart.band and chart.band.low:
        parts.append(f'<path class="band" d="{frame.area(chart.band)}"/>')
    if chart.level:
        name, value = chart.level
        y = frame.y(value)
        parts.append(f'<path class="level" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(f'<text class="level" x="{_LEFT + 4}" y="{y - 4:.1f}">{escape(name)}</text>')
    for index, line in enumerate(lines):
        points = _thinned(line.points)
        smooth = _smoothed(points)
        if smooth is not points:
            parts.append(f'<path class="raw s{index % 5}" d="{frame.path(points)}"/>')
        parts.append(f'<path class="line s{index % 5}"{_dash(index)} d="{frame.path(smooth)}"/>')
        if len(points) == 1:
            x, y = frame.x(points[0][0]), frame.y(points[0][1])
            parts.append(f'<circle class="dot s{index % 5}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
    said = "; ".join(_said(line, chart) for line in lines)
    return Html(
        f'<svg class="chart curves" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" '
        f'aria-label="{escape(f"{chart.title}: {said}")}">{"".join(parts)}</svg>'
    )


def number(value: float, share: bool = False) -> str:
    """Return a value to the digits that matter."""
    if share:
        return f"{100 * value:.1f} %"
    if value and (abs(value) < 1e-3 or abs(value) >= 1e5):
        return f"{value:.1e}"
    return f"{value:,.3g}"


class _Frame:
    """The axes of a chart."""

    def __init__(self, chart: Chart, lines: Sequence[Line]) -> None:
        steps = [step for line in lines for step, _ in line.points]
        values = [value for line in lines for _, value in line.points]
        if chart.band:
            values += [value for _, value in (*chart.band.low, *chart.band.high)]
        if chart.level:
            values.append(chart.level[1])
        values += [edge for edge in (chart.low, chart.high) if edge is not None]
        self._first, self._last = min(steps), max(steps)
        low, high = min(values), max(values)
        room = (high - low) * 0.05 or abs(high) * 0.1 or 1.0
        self._low = low if low == chart.low else low - room
        self._high = high if high == chart.high else high + room
        self._share, self._axis = chart.share, escape(chart.axis)

    def x(self, step: float) -> float:
        """Return the place of a step."""
        width = self._last - self._first
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * ((step - self._first) / width if width else 0.5)

    def y(self, value: float) -> float:
        """Return the place of a value."""
        share = (value - self._low) / (self._high - self._low)
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share

    def path(self, points: Series) -> str:
        """Return a line through points."""
        return "M" + "L".join(f"{self.x(s):.1f} {self.y(v):.1f}" for s, v in points)

    def area(self, band: Band) -> str:
        """Return the outline of a band."""
        there = self.path(_thinned(band.high))
        back = self.path(list(reversed(_thinned(band.low))))
        return f"{there}L{back[1:]}Z"

    def axes(self) -> list[str]:
        """Return grid and tick labels."""
        base = _HEIGHT - _BOTTOM
        parts = [f'<path class="axis" d="M{_LEFT} {base}H{_WIDTH - _RIGHT}"/>']
        for tick in nice_ticks(self._low, self._high, 6):
            y = self.y(tick)
            parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
            label = f"{round(100 * tick, 6):g} %" if self._share else _tick(tick)
            parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
        for tick in nice_ticks(self._first, self._last, 7):
            if tick != round(tick):
                continue
            x = self.x(tick)
            parts.append(f'<path class="axis" d="M{x:.1f} {base}v4"/>')
            parts.append(f'<text x="{x:.1f}" y="{base + 16}" text-anchor="middle">{tick:,g}</text>')
        middle = (_LEFT + _WIDTH - _RIGHT) / 2
        parts.append(
            f'<text x="{middle}" y="{_HEIGHT - 4}" text-anchor="middle">{self._axis}</text>'
        )
        return parts


def _tick(value: float) -> str:
    small = value and abs(value) < 1e-3
    return f"{value:.2g}" if small else f"{round(value, 10):,g}"


def _legend(lines: Sequence[Line], share: bool) -> Html:
    rows = []
    for index, line in enumerate(lines):
        values = [value for _, value in line.points]
        key = (
            '<svg class="key curves" viewBox="0 0 28 8" aria-hidden="true">'
            f'<path class="line s{index % 5}"{_dash(index)} d="M1 4H27"/></svg>'
        )
        cells = (values[0], values[-1], min(values), max(values))
        rows.append([Html(f"{key} {escape(line.name)}"), *(number(v, share) for v in cells)])
    return table(("", "first", "last", "min", "max"), rows, kind="ends")


def _dash(index: int) -> str:
    return f' stroke-dasharray="{_DASHES[index % 5]}"' if index else ""


def _said(line: Line, chart: Chart) -> str:
    first, last = line.points[0], line.points[-1]
    return (
        f"{line.name} from {number(first[1], chart.share)} at {chart.axis} {first[0]:,g} "
        f"to {number(last[1], chart.share)} at {chart.axis} {last[0]:,g}"
    )


def _thinned(points: Series) -> Series:
    """Return at most 300 points: means of equal runs."""
    if len(points) <= _MOST_POINTS:
        return points
    size = math.ceil(len(points) / _MOST_POINTS)
    runs = [points[i : i + size] for i in range(0, len(points), size)]
    return [(sum(s for s, _ in run) / len(run), sum(v for _, v in run) / len(run)) for run in runs]


def _smoothed(points: Series) -> Series:
    """Return centred means over a fifteenth of the points; short series as they are."""
    if len(points) < _SMOOTH_FROM:
        return points
    half = max(1, len(points) // 30)
    found = []
    for i, (step, _) in enumerate(points):
        reach = min(half, i, len(points) - 1 - i)
        near = [value for _, value in points[i - reach : i + reach + 1]]
        found.append((step, sum(near) / len(near)))
    return found
