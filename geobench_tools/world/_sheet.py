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
        questions: Number of questions, two in a row, each of other views; fewer if the world has
            not as many.
        k: Number of tiles, one of them right.
        seed: Chooses the views.
        quality: JPEG quality.

    Returns:
        The letter of the right tile of each question, in reading order.

    Raises:
        InputError: ``world`` is no world, it has too few views in a neighbourhood, or ``out`` is
            not named as a JPEG file.
    """
    from PIL import Image as Images

    if questions < 1 or k < 1:
        raise InputError(f"{questions} questions of {k} tiles: both must be at least 1")
    if out.suffix.lower() not in (".jpg", ".jpeg"):
        raise InputError(f"{out} is not named as a JPEG file", hint=f"-o {out.with_suffix('.jpg')}")
    parameters = read_manifest(world / "manifest.json", "world").parameters
    shown = _groups(world / parameters["files"]["views"], k, seed)[:questions]
    if not shown:
        raise InputError(f"{world} has no neighbourhood with {k} views", hint="render more views")
    height = _WIDE * int(parameters["height"]) // int(parameters["width"])
    # The tiles share the width of the panorama.
    side = (_WIDE - (k - 1) * _GAP) // k
    cell_w, cell_h = _WIDE + 3 * _GAP, height + side + 4 * _GAP
    sheet = Images.new("RGB", (2 * cell_w, -(-len(shown) // 2) * cell_h), (255, 255, 255))
    letters = []
    for number, views in enumerate(shown):
        right = int(mix(seed, number, 5)) % k
        x, y = (number % 2) * cell_w + _GAP, (number // 2) * cell_h + _GAP
        photo = _open(world, "ground", views[right]["view_id"], (_WIDE, height))
        sheet.paste(photo, (x, y))
        for place, view in enumerate(views):
            tile = _open(world, "satellite", view["tile_id"], (side, side))
            sheet.paste(tile, (x + place * (side + _GAP), y + height + _GAP))
        letters.append(chr(ord("A") + right))
    with atomic_file(out) as temporary:
        sheet.save(temporary, "JPEG", quality=quality)
    return letters


def _groups(path: Path, k: int, seed: int) -> list[list[dict[str, str]]]:
    """Return groups of k views of one neighbourhood each, of all neighbourhoods in turn."""
    cells: dict[str, list[dict[str, str]]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            view = parse_json(line)
            cells.setdefault(view["cell"], []).append(view)
    mixed = [
        sorted(cells[cell], key=lambda view: int(mix(seed, int(view["view_id"], 16))))
        for cell in sorted(cells, key=lambda cell: int(mix(seed, int(cell, 16))))
    ]
    most = max(map(len, mixed), default=0)
    groups = (views[first : first + k] for first in range(0, most, k) for views in mixed)
    return [group for group in groups if len(group) == k]


def _open(world: Path, kind: str, name: str, size: tuple[int, int]) -> "Image":
    from PIL import Image as Images

    path = within_root(world, f"images/{kind}/{name[:2]}/{name}.jpg")
    with Images.open(path) as image:
        return image.convert("RGB").resize(size, Images.Resampling.LANCZOS)
