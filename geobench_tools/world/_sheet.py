"""Contact sheets: ground views above candidate tiles, for looking at a world."""

from pathlib import Path
from typing import TYPE_CHECKING

from geobench_tools.counter_random import mix
from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file, within_root
from geobench_tools.provenance import read_manifest
from geobench_tools.strictjson import parse_json

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["contact_sheet"]

_GAP = 6
_WIDE = 720


def contact_sheet(
    world: Path, out: Path, *, questions: int = 4, k: int = 4, seed: int = 0, quality: int = 80
) -> list[str]:
    """Write a picture of questions, each a ground view above k tiles of the same neighbourhood.

    Args:
        world: A folder that ``render_world`` made.
        out: The JPEG file to write.
        questions: Number of questions, two in a row.
        k: Number of tiles, one of them right.
        seed: Chooses the views.
        quality: JPEG quality.

    Returns:
        The letter of the right tile of each question, in reading order.

    Raises:
        InputError: ``world`` is no world, or it has too few views in a neighbourhood.
    """
    from PIL import Image as Images

    parameters = read_manifest(world / "manifest.json", "world").parameters
    groups: dict[str, list[dict[str, str]]] = {}
    with (world / parameters["files"]["views"]).open(encoding="utf-8") as lines:
        for line in lines:
            view = parse_json(line)
            groups.setdefault(view["cell"], []).append(view)
    cells = sorted(
        (c for c, views in groups.items() if len(views) >= k),
        key=lambda c: int(mix(seed, int(c, 16))),
    )
    if not cells:
        raise InputError(f"{world} has no neighbourhood with {k} views", hint="render more views")
    height = _WIDE * int(parameters["height"]) // int(parameters["width"])
    # The tiles share the width of the panorama.
    side = (_WIDE - (k - 1) * _GAP) // k
    cell_w, cell_h = _WIDE + 3 * _GAP, height + side + 4 * _GAP
    sheet = Images.new("RGB", (2 * cell_w, -(-questions // 2) * cell_h), (255, 255, 255))
    letters = []
    for number in range(questions):
        views = sorted(
            groups[cells[number % len(cells)]], key=lambda v: int(mix(seed, int(v["view_id"], 16)))
        )
        turn = (number // len(cells)) * k % max(len(views) - k + 1, 1)
        shown = views[turn : turn + k]
        right = int(mix(seed, number, 5)) % k
        x, y = (number % 2) * cell_w + _GAP, (number // 2) * cell_h + _GAP
        photo = _open(world, "ground", shown[right]["view_id"], (_WIDE, height))
        sheet.paste(photo, (x, y))
        for place, view in enumerate(shown):
            tile = _open(world, "satellite", view["tile_id"], (side, side))
            sheet.paste(tile, (x + place * (side + _GAP), y + height + _GAP))
        letters.append(chr(ord("A") + right))
    with atomic_file(out) as temporary:
        sheet.save(temporary, "JPEG", quality=quality)
    return letters


def _open(world: Path, kind: str, name: str, size: tuple[int, int]) -> "Image":
    from PIL import Image as Images

    path = within_root(world, f"images/{kind}/{name[:2]}/{name}.jpg")
    with Images.open(path) as image:
        return image.convert("RGB").resize(size, Images.Resampling.LANCZOS)
