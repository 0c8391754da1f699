"""The feature families that open images: of the tiles alone, and of photo and tile together."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geobench_tools.counter_random import mix
from geobench_tools.pairing._audit import pixel_features as measured
from geobench_tools.pairing._audit.arrays import sorted_unique
from geobench_tools.pairing._audit.features import Features, family
from geobench_tools.pairing._audit.files import file_facts
from geobench_tools.pairing._audit.pixel_features import measure_images
from geobench_tools.pairing._audit.sample import Sample
from geobench_tools.progress import SILENT, Progress

__all__ = ["MOST_CLIQUES", "prepare", "some_cliques"]

I64 = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Columns = dict[str, Floats]

MOST_CLIQUES = 5_000
"""Most cliques whose images are opened."""

_STREAM = 0x1A6E5

_BALANCE = "use the clique sampler, in which every tile is right as often as it is wrong"
_REDRAW = (
    "let the candidates share provider and month (--stratify), or vary the tiles' colours anew"
)
_CROP = "crop the borders and marks, or let the candidates share the provider (--stratify provider)"
_ENCODE = "write all images anew with one encoder, one quality and without metadata"


def some_cliques(sample: Sample) -> npt.NDArray[np.bool_]:
    """Return which questions belong to the ``MOST_CLIQUES`` cliques of lowest hash."""
    cliques = sorted_unique(sample.clique)
    if len(cliques) <= MOST_CLIQUES:
        return np.ones(len(sample), bool)
    limit = np.partition(mix(_STREAM, cliques), MOST_CLIQUES - 1)[MOST_CLIQUES - 1]
    return np.asarray(mix(_STREAM, sample.clique) <= limit)


def prepare(sample: Sample, progress: Progress = SILENT) -> None:
    """Measure the images of a sample, so that the families find the results."""
    _tiles(sample, progress)
    _photos(sample, progress)


@family("pixels-colour", "the tile's colour, brightness and histogram", _BALANCE, opens_images=True)
def colour(sample: Sample, folds: I64, held_out: int) -> Features:
    """Means, contrast, colour of what is nearly grey, and 8 classes of brightness."""
    return _of_tiles(sample, (*measured.COLOUR, *measured.BRIGHTNESS, *measured.HISTOGRAM))


@family(
    "pixels-sharpness", "the tile's sharpness, noise and JPEG residual", _BALANCE, opens_images=True
)
def sharpness(sample: Sample, folds: I64, held_out: int) -> Features:
    """Variance of the Laplacian, noise, steps at the borders of 8 x 8 blocks, quantisation."""
    return _of_tiles(sample, measured.SHARPNESS)


@family(
    "pixels-marks", "the outermost pixels and the corners of the tile", _BALANCE, opens_images=True
)
def border(sample: Sample, folds: I64, held_out: int) -> Features:
    """How the four borders and corners differ from what is beside them."""
    return _of_tiles(sample, measured.MARKS)


@family("pixels-thumbnail", "the tile reduced to 8 x 8 pixels", _BALANCE, opens_images=True)
def thumbnail(sample: Sample, folds: I64, held_out: int) -> Features:
    """Brightness of 64 squares."""
    return _of_tiles(sample, measured.THUMBNAIL)


@family(
    "colour-match",
    "whether the tile has the colour cast and saturation of the photo",
    _REDRAW,
    opens_images=True,
    sees_content=True,
)
def colour_match(sample: Sample, folds: I64, held_out: int) -> Features:
    """Likeness of means and of what is nearly grey."""
    return _likeness(sample, measured.COLOUR)


@family(
    "brightness-match",
    "whether the tile is as bright and rich in contrast as the photo",
    _REDRAW,
    opens_images=True,
    sees_content=True,
)
def brightness_match(sample: Sample, folds: I64, held_out: int) -> Features:
    """Likeness of brightness, contrast, darkest and brightest parts."""
    return _likeness(sample, measured.BRIGHTNESS)


@family(
    "sharpness-match",
    "whether the tile is as sharp, noisy and compressed as the photo",
    _REDRAW,
    opens_images=True,
    sees_content=True,
)
def sharpness_match(sample: Sample, folds: I64, held_out: int) -> Features:
    """Likeness of sharpness, noise and JPEG residual."""
    return _likeness(sample, measured.SHARPNESS)


@family(
    "mark-match", "whether the tile has the border and marks of the photo", _CROP, opens_images=True
)
def mark_match(sample: Sample, folds: I64, held_out: int) -> Features:
    """Likeness of borders and corners."""
    return _likeness(sample, measured.MARKS)


@family(
    "file-match",
    "whether the tile's file is as large as the photo's",
    _ENCODE,
    opens_images=True,
    sees_content=True,
)
def file_match(sample: Sample, folds: I64, held_out: int) -> Features:
    """Gap and likeness of the sizes of the two files."""
    names, root = sample.ground.texts("image"), sample.ground.image_root
    if sample.shown is None or sample.satellite.image_root is None or not names or root is None:
        return Features()
    tile = file_facts(sample.satellite.image_root, sample.images)["file bytes"]
    photo = file_facts(root, [name or "" for name in names])["file bytes"]
    return _alike({"bytes": tile}, {"bytes": photo}, sample.shown, sample.camera)


def _tiles(sample: Sample, progress: Progress = SILENT) -> Columns | None:
    if sample.shown is None or sample.satellite.image_root is None:
        return None
    return _used(sample.satellite.image_root, sample.images, sample.shown, "tiles", progress)


def _photos(sample: Sample, progress: Progress = SILENT) -> Columns | None:
    names, root = sample.ground.texts("image"), sample.ground.image_root
    if names is None or root is None:
        return None
    return _used(root, [name or "" for name in names], sample.camera, "photos", progress)


def _used(root: Path, paths: Sequence[str], rows: I64, what: str, progress: Progress) -> Columns:
    """Measure the images that questions use; NaN for the others."""
    used = sorted_unique(rows.ravel())
    columns = measure_images(root, [paths[row] for row in used], f"pixels of {what}", progress)
    made = {}
    for name, values in columns.items():
        made[name] = np.full(len(paths), np.nan)
        made[name][used] = values
    return made


def _of_tiles(sample: Sample, names: Sequence[str]) -> Features:
    tiles = _tiles(sample)
    if tiles is None or sample.shown is None:
        return Features()
    known = {name: tiles[name] for name in names if not np.isnan(tiles[name]).all()}
    return Features(numbers={name: values[sample.shown] for name, values in known.items()})


def _likeness(sample: Sample, names: Sequence[str]) -> Features:
    tiles, photos = _tiles(sample), _photos(sample)
    if tiles is None or photos is None or sample.shown is None:
        return Features()
    mine, theirs = ({name: part[name] for name in names} for part in (tiles, photos))
    return _alike(mine, theirs, sample.shown, sample.camera)


def _alike(tiles: Columns, photos: Columns, shown: I64, camera: I64) -> Features:
    """Compare tile and photo number by number.

    Each number is taken as its rank among all tiles or all photos, from -1 to 1: photo and tile
    come from different cameras and their scales have nothing in common. ``gap`` is the difference,
    ``like`` the product, which is what a correlation of the true pairs shows up in.
    """
    made = Features()
    for name, values in tiles.items():
        mine, theirs = _ranked(values), _ranked(photos[name])
        if np.isnan(mine).all() or np.isnan(theirs).all():
            continue
        tile, photo = mine[shown], theirs[camera][:, None]
        made.numbers[f"{name} gap"] = np.abs(tile - photo)
        made.numbers[f"{name} like"] = tile * photo
    return made


def _ranked(values: Floats) -> Floats:
    """Return mid-ranks from -1 to 1, NaN where unknown."""
    known = np.isfinite(values)
    out = np.full(values.shape, np.nan)
    if known.any():
        ordered = np.sort(values[known])
        low, high = (np.searchsorted(ordered, values[known], side) for side in ("left", "right"))
        out[known] = (low + high) / len(ordered) - 1.0
    return out
