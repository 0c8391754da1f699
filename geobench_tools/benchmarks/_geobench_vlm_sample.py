"""The SAMPLE set of GEOBench-VLM: drawn scenes from above whose answers are known from drawing.

Scores on them measure nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geobench_tools.benchmarks._geobench_vlm_data import (
    LETTERS,
    GeobenchQuestion,
    GeobenchSet,
    Pictures,
)
from geobench_tools.benchmarks._sample_scenes import png_of
from geobench_tools.counter_random import hash_strings, uniform
from geobench_tools.models import JSON

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

__all__ = ["sample_geobench"]

_SIDE = 256
_ORIGIN = "SAMPLE: drawn scenes from above"
_GROUNDS = {
    "forest": (62, 98, 58),
    "farmland": (150, 158, 92),
    "harbour": (58, 104, 142),
    "desert": (206, 182, 138),
    "residential area": (128, 138, 112),
}
_COUNT_WORDINGS = (
    "How many buildings are visible in this image?",
    "What is the number of buildings in this image?",
    "Count the buildings in the image.",
    "How many buildings can you see?",
    "Please give the number of buildings shown.",
)
_SCENE_WORDINGS = (
    "What kind of scene does this image show?",
    "Which scene is visible in this image?",
    "Name the scene in the image.",
    "What scene is this?",
    "Please classify the scene shown.",
)
_CHANGE_WORDINGS = (
    "How many buildings were damaged between the two images?",
    "What is the number of damaged buildings?",
    "Count the buildings that were damaged.",
    "How many buildings are damaged in the second image?",
    "Please give the number of damaged buildings.",
)
_BOX_WORDINGS = (
    "Where is the ship?",
    "Find the ship.",
    "Locate the ship in the image.",
    "Which part of the image shows the ship?",
    "Please point out the ship.",
)
_CAPTION_WORDINGS = (
    "Describe this image in one sentence.",
    "What does this image show?",
    "Give a caption for this image.",
    "Write one sentence about this image.",
    "Please describe the image.",
)


@dataclass
class _Drawing:
    """Questions and pictures as they come."""

    questions: list[GeobenchQuestion] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def ask(
        self,
        task: str,
        wordings: Sequence[str],
        truth: JSON,
        images: Sequence[bytes],
        choices: Sequence[object] = (),
    ) -> None:
        texts = tuple(str(choice) for choice in choices)
        name = f"sample-{len(self.questions) + 1:02d}"
        paths = tuple(f"images/{name}_{i}.png" for i in range(len(images)))
        self.pictures |= dict(zip(paths, images, strict=True))
        self.questions.append(
            GeobenchQuestion(
                name, task, tuple(wordings), truth, _line(texts), texts, "", paths, (_SIDE, _SIDE)
            )
        )


@cache
def sample_geobench(archive: str) -> GeobenchSet:
    """Return the SAMPLE questions of the subset with this archive."""
    drawing = _Drawing()
    {
        "Single": _singles,
        "Temporal": _changes,
        "Ref-Det": _ships,
        "Captioning": _captions,
    }[archive](drawing)
    return GeobenchSet(drawing.questions, _ORIGIN, Pictures(known=drawing.pictures))


def _singles(drawing: _Drawing) -> None:
    for i, count in enumerate((2, 5, 7, 4, 9, 3)):
        picture = _houses(f"count-{i}", "residential area", count)
        letter, options = _numbers(count, i)
        drawing.ask("Building Counting", _COUNT_WORDINGS, letter, [picture], options)
    names = list(_GROUNDS)
    for i, name in enumerate(names):
        turned = names[i:] + names[:i] if i % 2 else names[::-1]
        letter = LETTERS[turned.index(name)]
        picture = _houses(f"scene-{i}", name, 6 * (name == "residential area"))
        drawing.ask("Scene Classification", _SCENE_WORDINGS, letter, [picture], turned)


def _changes(drawing: _Drawing) -> None:
    for i, (count, damaged) in enumerate(((6, 2), (5, 0), (8, 5), (4, 3))):
        name = f"change-{i}"
        pair = [
            _houses(name, "residential area", count),
            _houses(name, "residential area", count, damaged),
        ]
        letter, options = _numbers(damaged, i)
        drawing.ask("Damaged Building Counting", _CHANGE_WORDINGS, letter, pair, options)


def _ships(drawing: _Drawing) -> None:
    for i in range(4):
        x, y, length, width = (
            int(v) for v in _draws(f"ship-{i}", (20, 30, 40, 14), (140, 180, 80, 30))
        )
        corners = [[x, y], [x + length, y], [x + length, y + width], [x, y + width]]
        picture = _picture(f"ship-{i}", "harbour", lambda pen, c=corners: _ship(pen, c))
        drawing.ask("Referring Detection", _BOX_WORDINGS, [corners], [picture])


def _captions(drawing: _Drawing) -> None:
    for i, (ground, count) in enumerate(
        (("forest", 1), ("farmland", 3), ("desert", 2), ("residential area", 6))
    ):
        noun = "building" if count == 1 else "buildings"
        truth = f"A drawn {ground} seen from above with {count} {noun}."
        picture = _houses(f"caption-{i}", ground, count)
        drawing.ask("Captioning", _CAPTION_WORDINGS, truth, [picture])


def _line(choices: Sequence[str]) -> str:
    return " ".join(f"{key}. {text}" for key, text in zip(LETTERS, choices, strict=False))


def _numbers(count: int, turn: int) -> tuple[str, list[int]]:
    """Return the letter of a count and five counts around it."""
    place = turn % 5
    first = max(0, count - place)
    counts = list(range(first, first + 5))
    return LETTERS[counts.index(count)], counts


def _houses(name: str, ground: str, count: int, damaged: int = 0) -> bytes:
    def draw(pen: "ImageDraw") -> None:
        for i in range(count):
            x, y = 18 + 78 * (i % 3), 18 + 78 * (i // 3)
            dx, dy, w, h = (int(v) for v in _draws(f"{name}-{i}", (0, 0, 30, 30), (18, 18, 52, 52)))
            box = (x + dx, y + dy, x + dx + w, y + dy + h)
            if i < damaged:
                pen.rectangle(box, (92, 84, 78))
                for crack in range(0, w, 7):
                    pen.line((box[0] + crack, box[1], box[0], box[1] + crack), (40, 36, 34), 2)
            else:
                pen.rectangle(box, (176, 92, 74), (70, 40, 34))
                pen.line(
                    (box[0], (box[1] + box[3]) // 2, box[2], (box[1] + box[3]) // 2),
                    (130, 64, 52),
                    2,
                )

    return _picture(name, ground, draw)


def _ship(pen: "ImageDraw", corners: Sequence[Sequence[int]]) -> None:
    (x1, y1), (x2, y2) = corners[0], corners[2]
    middle, bow = (y1 + y2) // 2, x2 - (x2 - x1) // 4
    pen.polygon([(x1, y1), (bow, y1), (x2, middle), (bow, y2), (x1, y2)], (214, 214, 208))
    pen.rectangle((x1 + 6, y1 + 3, x1 + 18, y2 - 3), (120, 60, 50))


def _picture(name: str, ground: str, draw: Any) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    key = int(hash_strings([f"ground-{name}"])[0])
    grain = uniform(key, np.arange(_SIDE * _SIDE)).reshape(_SIDE, _SIDE, 1) * 18 - 9
    base = np.clip(np.array(_GROUNDS[ground], float) + grain, 0, 255).astype(np.uint8)
    image = Image.fromarray(base)
    pen = ImageDraw.Draw(image)
    if ground == "farmland":
        for row in range(0, _SIDE, 16):
            pen.line((0, row, _SIDE, row), (128, 134, 74), 3)
    elif ground == "forest":
        for i in range(90):
            x, y, r, _ = _draws(f"{name}-tree-{i}", (0, 0, 5, 0), (_SIDE, _SIDE, 12, 1))
            pen.ellipse((x - r, y - r, x + r, y + r), (38, 76 + int(3 * r), 40))
    elif ground == "harbour":
        pen.rectangle((0, 232, _SIDE, _SIDE), (150, 146, 140))
    elif ground == "residential area":
        pen.line((0, 88, _SIDE, 88), (104, 104, 106), 8)
        pen.line((88, 0, 88, _SIDE), (104, 104, 106), 8)
    draw(pen)
    pen.text((4, 2), "SAMPLE", (255, 255, 255), ImageFont.load_default(12))
    return png_of(image)


def _draws(name: str, least: Sequence[float], most: Sequence[float]) -> list[float]:
    shares = uniform(int(hash_strings([name])[0]), np.arange(len(least)))
    return [a + float(s) * (b - a) for s, a, b in zip(shares, least, most, strict=True)]
