"""How GEOBench-VLM's boxes are scored: precision at two overlaps."""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._geobench_vlm_scores import unanswered
from geobench_tools.benchmarks._readings import mapping_of, value_of
from geobench_tools.evaluation import Items, Metric, Policies, SampleRecord, Scores, Unit, estimate

__all__ = ["any_scale_iou", "box_items", "box_of", "box_scores", "iou"]

Floats = npt.NDArray[np.float64]
Box = Sequence[float]

_NUMBER = re.compile(r"\d+\.?\d*")
_OVERLAPS = {"p50": 0.5, "p25": 0.25}
_LABELS: Mapping[str, tuple[str, Unit]] = {
    "p50": ("Precision at IoU 0.5", "share"),
    "p25": ("Precision at IoU 0.25", "share"),
    "iou": ("Mean IoU", "score"),
    "p50_any_scale": ("Precision at IoU 0.5, best of four scales", "share"),
    "p25_any_scale": ("Precision at IoU 0.25, best of four scales", "share"),
}


def box_of(polygons: Sequence[Sequence[Box]]) -> list[float]:
    """Return the box [x1, y1, x2, y2] around polygons."""
    points = [point for polygon in polygons for point in polygon]
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return [min(xs), min(ys), max(xs), max(ys)]


def iou(one: Box, other: Box) -> float:
    """Return intersection over union of two boxes [x1, y1, x2, y2]."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    union = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - shared
    return shared / union if union > 0 else 0.0


def any_scale_iou(text: str, box: Box, size: float) -> float | None:
    """Return the best overlap of a reply's first four numbers, whatever their unit.

    The rule of lmms-eval (17f4b47b): as shares, percents, thousandths or pixels.

    Args:
        text: The reply.
        box: The true one, pixels.
        size: Side of the picture, pixels.

    Returns:
        None where the reply has fewer than four numbers.
    """
    numbers = [float(number) for number in _NUMBER.findall(text)[:4]]
    if len(numbers) < 4:
        return None
    true = [value / size for value in box]
    scales = (1.0, 0.01, 0.001, 1.0 / size)
    return max(iou([number * scale for number in numbers], true) for scale in scales)


def box_items(records: Sequence[SampleRecord], coordinates: str) -> Items:
    """Return verdicts by metric: hits and overlaps; 0 for a missing box."""
    overlap = np.array([_overlap(record, coordinates) for record in records], float)
    best = np.array(
        [
            any_scale_iou(record.text, _true(record), _side(record)) or 0.0 if record.text else 0.0
            for record in records
        ],
        float,
    )
    values = {name: (overlap >= least).astype(float) for name, least in _OVERLAPS.items()}
    values["iou"] = overlap
    values |= {
        f"{name}_any_scale": (best >= least).astype(float) for name, least in _OVERLAPS.items()
    }
    return Items.of(records, values)


def box_scores(
    name: str, records: Sequence[SampleRecord], coordinates: str, rule: str, *, sample: bool
) -> Scores:
    """Score a run: every question counts, a box that is missing overlaps nothing."""
    items = box_items(records, coordinates)
    metrics = [
        Metric(metric, label, unit, "higher", estimate(items.values[metric], items))
        for metric, (label, unit) in _LABELS.items()
    ]
    return Scores.of(
        name,
        records,
        metrics,
        sample=sample,
        breakdowns=unanswered(records),
        policy={
            "strict": f"the reply's first box, in {coordinates} coordinates as asked; all count",
            "official": "the authors released neither prompt nor scorer",
            "true box": "the box around all polygons of the record",
            "best of four scales": "lmms-eval 17f4b47b: the first four numbers as shares, "
            "percents, thousandths or pixels, whichever overlaps most",
            "intervals": "95 %: Wilson, or Poisson bootstrap clustered by picture",
        },
        policies={
            "strict": Policies(
                comparison="IoU >=",
                missing="overlaps nothing",
                aggregation=f"{rule} of five wordings; {coordinates} coordinates",
            )
        },
    )


def _overlap(record: SampleRecord, coordinates: str) -> float:
    value = value_of(record)
    if not isinstance(value, list) or not value or not isinstance(value[0], list):
        return 0.0
    box = [float(number) for number in value[0]]
    if coordinates != "pixel":
        width, height = _size(record)
        most = 1.0 if coordinates == "unit" else 1000.0
        box = [n * side / most for n, side in zip(box, (width, height) * 2, strict=True)]
    overlap = iou(box, _true(record))
    return overlap if math.isfinite(overlap) else 0.0


def _true(record: SampleRecord) -> Box:
    box: Box = mapping_of(record.target)["box"]
    return box


def _size(record: SampleRecord) -> tuple[float, float]:
    width, height = mapping_of(record.target)["size"]
    return float(width), float(height)


def _side(record: SampleRecord) -> float:
    return _size(record)[0]
