"""The feature families of the tiles that need no pixels: order, counts, places, metadata, files."""

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from geobench_tools.array_types import I64, Floats
from geobench_tools.geo import haversine_m, metres_per_degree, wrap_longitude
from geobench_tools.pairing._audit.features import Features, as_codes, family
from geobench_tools.pairing._audit.files import file_facts
from geobench_tools.pairing._audit.lookup import SIDES
from geobench_tools.pairing._audit.sample import Sample, Views

__all__ = ["DAYS_PER_YEAR", "suffix_codes"]

DAYS_PER_YEAR = 365.25

_WEB_TILE = re.compile(r"(?:^|[/_])(\d{1,2})[/_](\d+)[/_](\d+)(?:$|[./_])")
_MOST_DECIMALS = 8


@family(
    "position",
    "the place in the order shown",
    "let every letter be right equally often, as --sampler clique does",
    all_rotations=True,
)
def position(sample: Sample) -> Features:
    """Which letter the candidate has."""
    return Features(categories={"letter": np.tile(np.arange(sample.k), (len(sample), 1))})


@family(
    "frequency",
    "how often the tile is a candidate, and right in other places",
    "build with --sampler clique, which uses every tile equally often",
    by_fold=True,
)
def frequency(sample: Sample, folds: I64 | None = None, held_out: int = 0) -> Features:
    """Uses in the whole set; times right in the training folds other than the question's own."""
    folds = np.zeros(len(sample), np.int64) if folds is None else folds
    fold_count = int(folds.max(initial=0)) + 1
    right = np.take_along_axis(sample.tiles, sample.answer[:, None], axis=1)[:, 0]
    shape = (len(sample.satellite), fold_count)
    rights = np.bincount(right * fold_count + folds, minlength=shape[0] * shape[1]).reshape(shape)
    elsewhere = rights.sum(axis=1, keepdims=True) - rights - rights[:, [held_out]]
    elsewhere[:, held_out] += rights[:, held_out]
    return Features(
        numbers={
            "uses": sample.uses.all[sample.tiles].astype(float),
            "right_elsewhere": elsewhere[sample.tiles, folds[:, None]].astype(float),
        }
    )


@family(
    "memory",
    "how often the tile was seen, and right, in the training split",
    "split by place, so that no tile is in two splits",
    held_out_splits_only=True,
)
def memory(sample: Sample) -> Features:
    """What a model that has memorised the training split can tell about the other splits."""
    return Features(
        numbers={
            "seen": sample.uses.train[sample.tiles].astype(float),
            "right": sample.uses.train_right[sample.tiles].astype(float),
        }
    )


@family(
    "geometry",
    "positions of the candidates relative to one another",
    "build with --sampler clique, in which no candidate is the centre",
)
def geometry(sample: Sample) -> Features:
    """Offsets from the centroid, distances to it, to the median point and to one another."""
    lat, lon = (sample.satellite.numbers(name)[sample.tiles] for name in ("lat", "lon"))
    per_lat, per_lon = metres_per_degree(lat[:, :1])
    north = (lat - lat[:, :1]) * per_lat
    east = wrap_longitude(lon - lon[:, :1]) * per_lon
    north, east = north - north.mean(axis=1, keepdims=True), east - east.mean(axis=1, keepdims=True)
    off_median = (v - np.median(v, axis=1, keepdims=True) for v in (north, east))
    gaps = haversine_m(lat[:, :, None], lon[:, :, None], lat[:, None], lon[:, None])
    to_others = np.sort(gaps, axis=2)[:, :, 1:]
    return Features(
        numbers={
            "north_m": north,
            "east_m": east,
            "to_centroid_m": np.hypot(north, east),
            "to_median_m": np.hypot(*off_median),
            "nearest_m": to_others[:, :, 0],
            "mean_gap_m": to_others.mean(axis=2),
        }
    )


@family(
    "metadata",
    "provider, place, resolution, zoom and size of the tile, and how its coordinates are written",
    "build with --sampler clique, or let candidates share it: --stratify provider",
)
def metadata(sample: Sample) -> Features:
    """What a view table says about a tile beside its position and time."""
    tiles = sample.satellite
    numbers = {name: tiles.numbers(name) for name in ("gsd_m", "width", "height", "heading_deg")}
    numbers |= {"zoom": _zooms(tiles), **_outlines(tiles)}
    return Features(
        numbers={name: values[sample.tiles] for name, values in numbers.items()},
        categories={name: tiles.codes(name)[sample.tiles] for name in ("provider", "place")},
    )


@family(
    "file",
    "size, type, encoding and JPEG quality of the image file",
    "fetch and encode all tiles in the same way",
)
def file(sample: Sample) -> Features:
    """The bytes column; of the files that the question names, true size and header facts."""
    tiles, shown = sample.satellite, sample.shown
    pixels = tiles.numbers("width") * tiles.numbers("height")
    made = Features(
        numbers={"bytes": tiles.numbers("bytes")[sample.tiles], "pixels": pixels[sample.tiles]}
    )
    if shown is None:
        return made
    made.categories["extension"] = suffix_codes(sample.images)[shown]
    if tiles.image_root is not None:
        facts = file_facts(tiles.image_root, sample.images)
        for name in ("encoding", "quality"):
            made.categories[f"{name} code"] = as_codes(facts[name])[shown]
        del facts["encoding"]
        made.numbers |= {name: values[shown] for name, values in facts.items()}
    return made


@family(
    "time",
    "when the tile was captured",
    "build with --sampler clique, or let candidates share it: --stratify year",
)
def time(sample: Sample) -> Features:
    """Date, season and hour of the tiles."""
    days = sample.satellite.days("captured_at")[sample.tiles]
    return Features(numbers={"date": days, "season": days % DAYS_PER_YEAR, "hour": days % 1})


def suffix_codes(paths: Sequence[str]) -> I64:
    """Return codes of the extensions of paths, as numbers that fit 63 bits."""
    codes = [crc32(path.rpartition(".")[2].lower().encode()) for path in paths]
    return np.array(codes, np.int64)


def _outlines(tiles: Views) -> dict[str, Floats]:
    """Sides of the footprint, metres; decimals of the position and of the footprint."""
    lat, lon = tiles.numbers("lat"), tiles.numbers("lon")
    sides = [tiles.numbers(f"bbox.{side}") for side in SIDES]
    west, south, east, north = sides
    per_lat, per_lon = metres_per_degree(lat)
    return {
        "footprint east_m": wrap_longitude(east - west) * per_lon,
        "footprint north_m": (north - south) * per_lat,
        "footprint decimals": np.max([_decimals(side) for side in sides], axis=0),
        "position decimals": np.maximum(_decimals(lat), _decimals(lon)),
    }


def _decimals(values: Floats) -> Floats:
    """Number of decimals with which values are written, 8 for 8 or more, NaN for NaN."""
    found = np.full(values.shape, float(_MOST_DECIMALS))
    for places in range(_MOST_DECIMALS - 1, -1, -1):
        scaled = values * 10.0**places
        found[np.abs(scaled - np.rint(scaled)) < 10.0 ** (places - 9)] = places
    return np.where(np.isnan(values), np.nan, found)


def _zooms(tiles: Views) -> Floats:
    """Zoom levels of tiles that are named z/x/y."""
    found = [_WEB_TILE.search(text or "") for text in tiles.texts("view_id") or ()]
    return np.array([float(match[1]) if match else np.nan for match in found])
