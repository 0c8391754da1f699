"""The SAMPLE set of ``rsteller-geo``: drawn fields and roads under invented NAIP names.

The cells exist and lie in the states that they are said to lie in; nothing of the pictures does.
Scores on them measure nothing.
"""

from functools import cache

import numpy as np

from geobench_tools.benchmarks._rsteller_data import Patch, Patches, states_of
from geobench_tools.benchmarks._sample_scenes import png_of
from geobench_tools.counter_random import hash_strings, uniform
from geobench_tools.geo import read_naip_name
from geobench_tools.models import ImagePart

__all__ = ["sample_patches"]

SAMPLE_ORIGIN = "SAMPLE: drawn fields and roads"
_SIDE = 224
_STEP = 28
_NAMES = (
    "m_4209361_ne_15_060_20220601",
    "m_3109825_sw_14_060_20220602",
    "m_4412018_nw_10_060_20220603",
    "m_3308410_se_16_060_20220604",
    "m_4007701_nw_18_060_20220605",
    "m_3810522_ne_13_060_20220606",
    "m_3611955_sw_11_060_20220607",
    "m_4509428_se_15_060_20220608",
    "m_3509040_nw_15_060_20220609",
    "m_4210833_ne_12_060_20220610",
)


def sample_patches() -> Patches:
    """Return the SAMPLE patches."""
    cells = [read_naip_name(name) for name in _NAMES]
    states = states_of([cell.centre for cell in cells])
    rows = [
        Patch(
            f"sample-{number:02d}", name, cell.south, cell.north, cell.west, cell.east, state,
            (state,),
        )
        for number, (name, cell, state) in enumerate(zip(_NAMES, cells, states, strict=True), 1)
    ]  # fmt: skip
    return Patches.of(rows, _draw, SAMPLE_ORIGIN)


@cache
def _draw(patch_id: str) -> ImagePart:
    from PIL import Image, ImageDraw, ImageFont

    draws = iter(uniform(hash_strings([patch_id])[0], np.arange(256)).tolist())
    image = Image.new("RGB", (_SIDE, _SIDE))
    pen = ImageDraw.Draw(image)
    for top in range(0, _SIDE, _STEP * 2):
        for left in range(0, _SIDE, _STEP * 2):
            dry = next(draws)
            colour = (int(70 + 110 * dry), int(105 + 45 * next(draws)), int(50 + 40 * dry))
            pen.rectangle((left, top, left + 2 * _STEP, top + 2 * _STEP), colour)
            if next(draws) < 0.3:
                pen.ellipse((left + 4, top + 4, left + 2 * _STEP - 4, top + 2 * _STEP - 4),
                            (60, 120, 55))  # fmt: skip
    for _ in range(2):
        start, end = next(draws) * _SIDE, next(draws) * _SIDE
        pen.line((start, 0, end, _SIDE), (178, 172, 160), 5)
        pen.line((0, end, _SIDE, start), (160, 155, 145), 3)
    for _ in range(6):
        x, y = next(draws) * _SIDE, next(draws) * _SIDE
        pen.rectangle((x, y, x + 9, y + 7), (205, 200, 195))
    pen.text((6, 4), "SAMPLE", (255, 255, 255), ImageFont.load_default(14))
    return ImagePart(png_of(image), "image/png")
