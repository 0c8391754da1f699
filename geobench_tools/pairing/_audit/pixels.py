"""The feature families that open images: of the tiles alone, and of photo and tile together."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from geobench_tools.array_types import I64, Bools, Floats
from geobench_tools.counter_random import mix
from geobench_tools.pairing._audit import pixel_features as measured
from geobench_tools.pairing._audit.arrays import sorted_unique
from geobench_tools.pairing._audit.features import Features, as_codes, family, joint, likeness
from geobench_tools.pairing._audit.files import file_facts
from geobench_tools.pairing._audit.pixel_features import measure_images
from geobench_tools.pairing._audit.sample import Sample
from geobench_tools.progress import SILENT, Progress

__all__ = ["MOST_CLIQUES", "look", "some_cliques"]

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


def some_cliques(sample: Sample) -> Bools:
    """Return which questions belong to the ``MOST_CLIQUES`` cliques of lowest hash."""
    cliques = sorted_unique(sample.clique)
    if len(cliques) <= MOST_CLIQUES:
        return np.ones(len(sample), bool)
    limit = np.partition(mix(_STREAM, cliques), MOST_CLIQUES - 1)[MOST_CLIQUES - 1]
    return np.asarray(mix(_STREAM, sample.clique) <= limit)


def look(sample: Sample, progress: Progress = SILENT) -> Sample:
    """Return the sample with what the families need to know of its images."""
    asked = sample.take(some_cliques(sample) & (sample.rotation == 0))
    tiles, ground = asked.satellite, asked.ground
    names = ground.texts("image")
    made = sample
    if asked.shown is not None and tiles.image_root is not None:
        found = _looks(tiles.image_root, asked.images, asked.shown, "tiles", progress)
        made = replace(made, tile_looks=found)
    if names is not None and ground.image_root is not None:
        paths = [name or "" for name in names]
        found = _looks(ground.image_root, paths, asked.camera, "photos", progress)
        made = replace(made, photo_looks=found)
    return made


def _looks(root: Path, paths: Sequence[str], rows: I64, what: str, progress: Progress) -> Columns:
    """Measure the images that questions use; NaN for the others."""
    used = sorted_unique(rows.ravel())
    columns = measure_images(root, [paths[row] for row in used], f"pixels of {what}", progress)
    made = {}
    for name, values in columns.items():
        made[name] = np.full(len(paths), np.nan)
        made[name][used] = values
    return made


def _of_tiles(names: Sequence[str]) -> Callable[[Sample], Features]:
    """Measured numbers of the tile."""

    def build(sample: Sample) -> Features:
        if not sample.tile_looks:
            return Features()
        return Features(numbers={name: sample.tile_looks[name][sample.shown] for name in names})

    return build


def _likeness(names: Sequence[str]) -> Callable[[Sample], Features]:
    """How alike tile and photo are in measured numbers."""

    def build(sample: Sample) -> Features:
        tiles, photos = sample.tile_looks, sample.photo_looks
        if not tiles or not photos:
            return Features()
        return _alike(sample, {name: (tiles[name], photos[name]) for name in names})

    return build


for _name, _looks_at, _columns in (
    (
        "pixels-colour",
        "the tile's colour, brightness and histogram",
        (*measured.COLOUR, *measured.BRIGHTNESS, *measured.HISTOGRAM),
    ),
    ("pixels-sharpness", "the tile's sharpness, noise and JPEG residual", measured.SHARPNESS),
    ("pixels-marks", "the outermost pixels and the corners of the tile", measured.MARKS),
    ("pixels-thumbnail", "the tile reduced to 8 x 8 pixels", measured.THUMBNAIL),
):
    family(_name, _looks_at, _BALANCE, opens_images=True)(_of_tiles(_columns))

for _name, _looks_at, _columns in (
    (
        "colour-match",
        "whether the tile has the colour cast and saturation of the photo",
        measured.COLOUR,
    ),
    (
        "brightness-match",
        "whether the tile is as bright and rich in contrast as the photo",
        measured.BRIGHTNESS,
    ),
    (
        "sharpness-match",
        "whether the tile is as sharp, noisy and compressed as the photo",
        measured.SHARPNESS,
    ),
):
    family(_name, _looks_at, _REDRAW, opens_images=True, sees_content=True)(_likeness(_columns))


@family(
    "mark-match",
    "whether the tile has the border, the marks and the encoding of the photo",
    f"{_CROP}; {_ENCODE}",
    opens_images=True,
)
def mark_match(sample: Sample) -> Features:
    """Likeness of borders and corners; which encodings go together."""
    made = _likeness(measured.MARKS)(sample)
    if found := _files(sample):
        tiles, photos = (as_codes(facts["encoding"]) for facts in found)
        made.categories["encodings"] = joint(tiles[sample.shown], photos[sample.camera][:, None])
    return made


@family(
    "file-match",
    "whether the tile's file is as large as the photo's",
    _ENCODE,
    opens_images=True,
    sees_content=True,
)
def file_match(sample: Sample) -> Features:
    """Gap and likeness of the sizes of the two files."""
    found = _files(sample)
    if found is None:
        return Features()
    tiles, photos = found
    return _alike(sample, {"bytes": (tiles["file bytes"], photos["file bytes"])})


def _files(sample: Sample) -> tuple[Columns, Columns] | None:
    """Facts about the files of the tiles shown and of the photos, if there are both."""
    names, root = sample.ground.texts("image"), sample.ground.image_root
    if sample.shown is None or sample.satellite.image_root is None or not names or root is None:
        return None
    tiles = file_facts(sample.satellite.image_root, sample.images)
    return tiles, file_facts(root, [name or "" for name in names])


def _alike(sample: Sample, columns: dict[str, tuple[Floats, Floats]]) -> Features:
    """Gap and likeness of numbers of tile and photo, each given for all images of its kind."""
    made = Features()
    if sample.shown is None:
        return made
    for name, (mine, theirs) in columns.items():
        gap, like = likeness(mine, theirs, sample.shown, sample.camera)
        made.numbers |= {f"{name} gap": gap, f"{name} like": like}
    return made
