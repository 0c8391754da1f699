"""The feature families that need no pixels: order, counts, places, metadata, files, names."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from geobench_tools.array_types import I64, Bools, Floats
from geobench_tools.geo import haversine_m, metres_per_degree, wrap_longitude
from geobench_tools.pairing._audit.features import Features, family, joint, likeness
from geobench_tools.pairing._audit.files import file_facts
from geobench_tools.pairing._audit.sample import Sample, Views

_WORD_SLOTS = 32
_WORDS = re.compile(r"[a-z]+|[0-9]+")
_WEB_TILE = re.compile(r"(?:^|[/_])(\d{1,2})[/_](\d+)[/_](\d+)(?:$|[./_])")
_DAYS_PER_YEAR = 365.25
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
    lat = _of_tiles(sample, sample.satellite.numbers("lat"))
    lon = _of_tiles(sample, sample.satellite.numbers("lon"))
    if lat is None or lon is None:
        return Features()
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
    tiles, made = sample.satellite, Features()
    for name in ("gsd_m", "width", "height", "heading_deg"):
        _put(made.numbers, name, _of_tiles(sample, tiles.numbers(name)))
    _put(made.numbers, "zoom", _of_tiles(sample, _zooms(tiles)))
    for name, values in _outlines(tiles).items():
        _put(made.numbers, name, values[sample.tiles])
    for name in ("provider", "place"):
        codes = tiles.codes(name)
        if codes is not None:
            made.categories[name] = codes[sample.tiles]
    return made


@family(
    "file",
    "size, type, encoding and JPEG quality of the image file",
    "fetch and encode all tiles in the same way",
)
def file(sample: Sample) -> Features:
    """The bytes column; of the files that the question names, true size and header facts."""
    tiles, made = sample.satellite, Features()
    _put(made.numbers, "bytes", _of_tiles(sample, tiles.numbers("bytes")))
    width, height = tiles.numbers("width"), tiles.numbers("height")
    if width is not None and height is not None:
        made.numbers["pixels"] = (width * height)[sample.tiles]
    if sample.shown is None:
        return made
    made.categories["extension"] = _suffixes(sample.images)[sample.shown]
    if tiles.image_root is not None:
        facts = file_facts(tiles.image_root, sample.images)
        for name in ("encoding", "quality"):
            codes = np.nan_to_num(facts[name], nan=-1.0).astype(np.int64)
            made.categories[f"{name} code"] = codes[sample.shown]
        del facts["encoding"]
        for name, values in facts.items():
            _put(made.numbers, name, values[sample.shown])
    return made


@family(
    "time",
    "when the tile was captured",
    "build with --sampler clique, or let candidates share it: --stratify year",
)
def time(sample: Sample) -> Features:
    """Date, season and hour of the tiles."""
    days = _of_tiles(sample, sample.satellite.days("captured_at"))
    if days is None:
        return Features()
    return Features(numbers={"date": days, "season": days % _DAYS_PER_YEAR, "hour": days % 1})


@family(
    "time-match",
    "how far the tile's time is from the photo's",
    "choose the version of every tile by one rule that ignores the photo, or set --within",
)
def time_match(sample: Sample) -> Features:
    """Signed and absolute difference to the ground view; likewise within the year and the day."""
    tile, photo = sample.satellite.days("captured_at"), sample.ground.days("captured_at")
    if tile is None or photo is None:
        return Features()
    later = tile[sample.tiles] - photo[sample.camera][:, None]
    around = {"season": _DAYS_PER_YEAR, "hour": 1.0}
    rounds = {
        f"{name}_apart": np.abs((later + turn / 2) % turn - turn / 2)
        for name, turn in around.items()
    }
    return Features(numbers={"later": later, "apart": np.abs(later), **rounds})


@family(
    "metadata-match",
    "whether provider, place, date, type, resolution, size or heading go with the photo's",
    "let candidates share it, as with --stratify provider,year",
)
def metadata_match(sample: Sample) -> Features:
    """Equality of the tile's and the ground view's metadata, and which values go together."""
    tiles, ground, camera, made = sample.satellite, sample.ground, sample.camera, Features()
    for name in ("provider", "place"):
        mine, theirs = tiles.codes(name), ground.codes(name)
        if mine is not None and theirs is not None:
            made.flags[name] = _equal(mine[sample.tiles], theirs[camera])
    vendor, photo = tiles.codes("provider"), ground.codes("provider")
    days, photo_days = tiles.days("captured_at"), ground.days("captured_at")
    if days is not None and photo_days is not None:
        day = np.floor(days[sample.tiles])
        made.flags["day"] = day == np.floor(photo_days[camera])[:, None]
    if vendor is not None and photo is not None:
        made.categories["providers"] = joint(vendor[sample.tiles], photo[camera][:, None])
    if vendor is not None and photo_days is not None:
        year = np.nan_to_num(photo_days // _DAYS_PER_YEAR, nan=-1.0).astype(np.int64)
        made.categories["provider by year"] = joint(vendor[sample.tiles], year[camera][:, None])
    if sample.shown is not None and (names := ground.texts("image")) is not None:
        mine, theirs = _suffixes(sample.images), _suffixes([name or "" for name in names])
        made.categories["types"] = joint(mine[sample.shown], theirs[camera][:, None])
    for name in ("gsd_m", "width", "height", "heading_deg"):
        mine_value, their_value = tiles.numbers(name), ground.numbers(name)
        if mine_value is not None and their_value is not None:
            gap = np.abs(mine_value[sample.tiles] - their_value[camera][:, None])
            made.numbers[f"{name} gap"] = np.minimum(gap, 360 - gap) if "deg" in name else gap
    width, resolution = ground.numbers("width"), tiles.numbers("gsd_m")
    if width is not None and resolution is not None:
        made.numbers["width like gsd_m"] = likeness(resolution, width, sample.tiles, camera)[1]
    return made


@family(
    "names",
    "words and numbers in the tile's id and file name",
    "show no names: export-pairs --copy-images gives files names that say nothing",
)
def names(sample: Sample) -> Features:
    """Length, number of words, first and last number, and the words themselves, hashed."""
    made = Features()
    for source, (texts, rows) in _tile_names(sample).items():
        words = _words(texts)
        numbers = _numbers(words)
        facts = {
            "length": np.array([len(text) for text in texts], float),
            "words": np.array([len(row) for row in words], float),
            "first number": numbers[:, 0],
            "last number": numbers[:, 1],
        }
        for name, values in facts.items():
            _put(made.numbers, f"{source} {name}", values[rows])
        slots = _word_slots(words)
        for slot in np.flatnonzero((slots != slots[:1]).any(axis=0)).tolist():
            made.flags[f"{source} words {slot}"] = slots[rows, slot]
    return made


@family(
    "name-match",
    "words and numbers that the tile's id and file name share with the photo's",
    "show no names: export-pairs --copy-images gives files names that say nothing",
)
def name_match(sample: Sample) -> Features:
    """Shared words, weighted by rarity; shared numbers; gap between the last numbers."""
    made = Features()
    for source, (texts, rows) in _tile_names(sample).items():
        theirs = sample.ground.texts("view_id" if source == "id" else "image")
        if theirs is None:
            continue
        mine_words, their_words = _words(texts), _words([text or "" for text in theirs])
        shared = _shared_words(mine_words, their_words, rows, sample.camera)
        made.numbers[f"{source} shared words"], made.numbers[f"{source} shared numbers"] = shared
        mine_last, their_last = _numbers(mine_words)[:, 1], _numbers(their_words)[:, 1]
        gap = np.abs(mine_last[rows] - their_last[sample.camera][:, None])
        _put(made.numbers, f"{source} number gap", gap)
    return made


def _of_tiles(sample: Sample, values: Floats | None) -> Floats | None:
    return None if values is None else values[sample.tiles]


def _put(columns: dict[str, Floats], name: str, values: Floats | None) -> None:
    """Add a column unless it has no value at all."""
    if values is not None and not np.isnan(values).all():
        columns[name] = values


def _equal(mine: I64, theirs: I64) -> Bools:
    return np.asarray((mine == theirs[:, None]) & (mine >= 0))


def _suffixes(paths: Sequence[str]) -> I64:
    codes = [crc32(path.rpartition(".")[2].lower().encode()) for path in paths]
    return np.array(codes, np.int64)


def _outlines(tiles: Views) -> dict[str, Floats]:
    """Sides of the footprint, metres; decimals of the position and of the footprint."""
    made = {}
    lat, lon = tiles.numbers("lat"), tiles.numbers("lon")
    if lat is not None and lon is not None:
        made["position decimals"] = np.maximum(_decimals(lat), _decimals(lon))
    found = [tiles.numbers(f"bbox.{side}") for side in ("xmin", "ymin", "xmax", "ymax")]
    sides = [side for side in found if side is not None]
    if lat is not None and len(sides) == 4:
        west, south, east, north = sides
        per_lat, per_lon = metres_per_degree(lat)
        made["footprint east_m"] = wrap_longitude(east - west) * per_lon
        made["footprint north_m"] = (north - south) * per_lat
        made["footprint decimals"] = np.max([_decimals(side) for side in sides], axis=0)
    return made


def _decimals(values: Floats) -> Floats:
    """Number of decimals with which values are written, 8 for 8 or more, NaN for NaN."""
    found = np.full(values.shape, float(_MOST_DECIMALS))
    for places in range(_MOST_DECIMALS - 1, -1, -1):
        scaled = values * 10.0**places
        found[np.abs(scaled - np.rint(scaled)) < 10.0 ** (places - 9)] = places
    return np.where(np.isnan(values), np.nan, found)


def _zooms(tiles: Views) -> Floats | None:
    """Zoom levels of tiles that are named z/x/y."""
    found = [_WEB_TILE.search(text or "") for text in tiles.texts("view_id") or ()]
    return np.array([float(match[1]) if match else np.nan for match in found])


def _tile_names(sample: Sample) -> dict[str, tuple[list[str], I64]]:
    """Names by source, with the row of each candidate's name, shape (n, K)."""
    sources = {
        "id": ([text or "" for text in sample.satellite.texts("view_id") or ()], sample.tiles)
    }
    if sample.shown is not None:
        sources["file"] = (list(sample.images), sample.shown)
    return sources


def _words(texts: Sequence[str]) -> list[list[str]]:
    return [_WORDS.findall(text.lower()) for text in texts]


def _numbers(words: Sequence[list[str]]) -> Floats:
    """First and last number of each name, NaN where there is none, shape (n, 2)."""
    numbers = np.full((len(words), 2), np.nan)
    for row, found in enumerate(words):
        digits = [word for word in found if word.isdigit()]
        if digits:
            numbers[row] = float(digits[0][:18]), float(digits[-1][:18])
    return numbers


def _word_slots(words: Sequence[list[str]]) -> Bools:
    slots = np.zeros((len(words), _WORD_SLOTS), bool)
    slot_of = {
        word: crc32(word.encode()) % _WORD_SLOTS
        for found in words
        for word in found
        if not word.isdigit()
    }
    for row, found in enumerate(words):
        slots[row, [slot_of[word] for word in found if word in slot_of]] = True
    return slots


def _shared_words(
    mine: Sequence[list[str]], theirs: Sequence[list[str]], rows: I64, cameras: I64
) -> tuple[Floats, Floats]:
    """Return how rare the shared words are among the tiles, and the number of shared numbers."""
    seen = Counter(word for found in mine for word in set(found))
    # Whole numbers: their sum does not depend on the order in which a set gives its words.
    rarity = {w: round(1000 * math.log((1 + len(mine)) / count)) for w, count in seen.items()}
    mine_sets, their_sets = ([frozenset(found) for found in words] for words in (mine, theirs))
    rare, numbers = np.zeros(rows.shape), np.zeros(rows.shape)
    asked = (their_sets[camera] for camera in cameras.tolist())
    for question, (words, tiles) in enumerate(zip(asked, rows.tolist(), strict=True)):
        for place, tile in enumerate(tiles):
            if both := words & mine_sets[tile]:
                rare[question, place] = sum([rarity[word] for word in both])
                numbers[question, place] = sum([word.isdigit() for word in both])
    return rare, numbers
