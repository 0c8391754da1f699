"""GeoChain's pictures and answers: the authors' files, or the data set of the Hub."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._csv import check_no_split, csv_rows
from geobench_tools.benchmarks._geochain_truth import CITY_COLUMNS, Picture, answers_of
from geobench_tools.benchmarks._hub import holds_data_set, hub_rows
from geobench_tools.benchmarks._pictures import find_pictures
from geobench_tools.benchmarks._records import checked_degrees, degrees_of, text_of
from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file, sha256_file
from geobench_tools.models import JSON, ImagePart
from geobench_tools.strictjson import parse_json
from geobench_tools.world import cache_folder

__all__ = ["Geochain", "GeochainRecord", "load_geochain"]

TABLE, PER_CITY = "test_samples.csv", "per_city_answers.csv"
PER_CITY_URL = (
    "https://raw.githubusercontent.com/sahitiy/geochain/"
    "89f0d2fbb5242df2d2d831f347c9e137dfd43d36/data/per_city_answers.csv"
)
PER_CITY_SHA256 = "b1480916b05b1a5ef646c7978fdd7fb6254bac656197c4d03de92cb7127a1443"
_SCORE = "locatability_score"
_NEEDED = ("key", "lat", "lon", "class_mapping")
_LAYOUT = "columns: key, locatability_score, lat, lon, city, sub_folder, class_mapping"
_DIFFICULTY = ((0.45, "easy"), (0.22, "medium"), (0.0, "hard"))


@dataclass(frozen=True, slots=True)
class GeochainRecord:
    """One picture.

    Attributes:
        picture: Key, position, classes seen.
        image: Where the picture is; a path that does not exist if it is missing.
        answers: The 21 right answers.
        facts: Locatability and its class, city.
    """

    picture: Picture
    image: ImagePart
    answers: tuple[str, ...]
    facts: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True)
class Geochain:
    """All pictures.

    Attributes:
        records: In the order of the data.
        origin: Table or data set with its revision.
        sha256: Of keys and answers.
    """

    records: Sequence[GeochainRecord]
    origin: str
    sha256: str

    @classmethod
    def of(cls, records: Sequence[GeochainRecord], origin: str) -> "Geochain":
        """Digest the answers."""
        digest = hashlib.sha256()
        for record in records:
            digest.update(json.dumps([record.picture.key, record.answers]).encode())
        return cls(records, origin, digest.hexdigest())


def load_geochain(
    data: str, revision: str | None, split: str | None, images: str, per_city: str, note: str
) -> Geochain:
    """Read the pictures and make their answers.

    Args:
        data: Folder of the authors' files, the table, a local copy of the data set, or
            ``OWNER/NAME[:SPLIT]`` on the Hub.
        revision: Commit of the data set.
        split: Of the data set; ``mini_test`` if none is named.
        images: Folder of the pictures; empty if they are below ``data``.
        per_city: The table of answers by city; empty to look for it beside the data.
        note: How to get the data, for errors.

    Raises:
        InputError: Something is not there, or a row is bad.
    """
    path = Path(data)
    table = next((p for p in (path, path / TABLE, path / "data" / TABLE) if p.is_file()), None)
    if table is None:
        if path.exists() and not holds_data_set(path):
            raise InputError(f"{path} has no {TABLE}", hint=note)
        return _from_hub(data, revision, split, images, per_city, note)
    check_no_split(table, split)
    with csv_rows(table) as entries:
        rows = _checked(entries, str(table))
    shown = _below(Path(images) if images else table.parent, rows)
    cities = _per_city(per_city, (table.parent, path), fetch=False)
    return _made(rows, shown, cities, table.name)


def _from_hub(
    data: str, revision: str | None, split: str | None, images: str, per_city: str, note: str
) -> Geochain:

    found = hub_rows(data, revision, split, note, usual_split="mini_test")
    rows = _checked(found.rows, data)
    if images:
        shown = _below(Path(images), rows)
    else:
        root = cache_folder() / "images"
        shown = [
            picture or root / f"{row.picture.key}.jpg"
            for picture, row in zip(found.pictures, rows, strict=True)
        ]
    near = (found.folder,) if found.folder else ()
    cities = _per_city(per_city, near, fetch=not near)
    return _made(rows, shown, cities, found.origin)


@dataclass(frozen=True, slots=True)
class _Row:
    picture: Picture
    city: str
    folder: str
    score: float | None


def _checked(entries: Iterable[Mapping[str, Any]], source: str) -> list[_Row]:
    rows: list[_Row] = []
    seen = set[str]()
    for number, entry in enumerate(entries, 2):
        if missing := [name for name in _NEEDED if name not in entry]:
            raise InputError(f"{source} has no column {', '.join(missing)}", hint=_LAYOUT)
        key = str(entry["key"])
        city, folder = str(entry.get("city") or ""), str(entry.get("sub_folder") or "")
        if bad := next((part for part in (key, city, folder) if not _is_plain(part)), None):
            raise InputError(f"{source}, row {number}: {bad!r} is no name of a picture or a folder")
        if key in seen:
            raise InputError(f"{source}, row {number}: key {key!r} occurs twice")
        seen.add(key)
        where = f"{source}, row {number}"
        lat = checked_degrees(entry["lat"], 90.0, "lat", where)
        lon = checked_degrees(entry["lon"], 180.0, "lon", where)
        picture = Picture(key, lat, lon, _classes(entry["class_mapping"]))
        score, known = entry.get(_SCORE), degrees_of(entry.get(_SCORE), 1.0)
        if known is None and score not in (None, ""):
            raise InputError(f"{where}: {_SCORE} {score!r} is no {_SCORE}")
        rows.append(_Row(picture, city, folder, known))
    if not rows:
        raise InputError(f"{source} has no rows")
    return rows


def _is_plain(part: str) -> bool:
    """Whether a part of a path stays where it is."""
    return part not in (".", "..") and not {"/", "\\", "\0"} & {*part}


def _classes(text: object) -> Mapping[str, float]:
    """Return the classes; none where there is no JSON object, as the generator does."""
    try:
        loaded = parse_json(text) if isinstance(text, str) else text
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _below(root: Path, rows: Sequence[_Row]) -> list[Path]:
    """Return where each picture is: as Mapillary's folders have it, else anywhere below by name.

    A picture that is nowhere gets the path where it should be.
    """
    expected, found = [], 0
    for row in rows:
        name = f"{row.picture.key}.jpg"
        inside = Path(row.city, row.folder, "images", name)
        places = [inside, Path("train_val") / inside, Path("test") / inside, Path(name)]
        path = next((p for p in places if (root / p).is_file()), None)
        found += path is not None
        expected.append(root / (path or inside))
    if found:
        return expected
    named = find_pictures(root)
    sources = [named[r.picture.key].source if r.picture.key in named else None for r in rows]
    return [s if isinstance(s, Path) else e for s, e in zip(sources, expected, strict=True)]


def _made(
    rows: Sequence[_Row],
    images: Sequence[Path],
    cities: Mapping[str, Mapping[str, str]],
    origin: str,
) -> Geochain:
    answers = answers_of([row.picture for row in rows], cities)
    records = [
        GeochainRecord(row.picture, ImagePart(image), answer, _facts(row))
        for row, image, answer in zip(rows, images, answers, strict=True)
    ]
    return Geochain.of(records, origin)


def _facts(row: _Row) -> dict[str, JSON]:
    facts: dict[str, JSON] = {"place": row.city} if row.city else {}
    if row.score is not None:
        level = next(name for least, name in _DIFFICULTY if row.score >= least or not least)
        facts |= {"locatability": round(row.score, 4), "difficulty": level}
    return facts


def _per_city(given: str, folders: Sequence[Path], *, fetch: bool) -> dict[str, Mapping[str, str]]:
    """Read the answers that are the same for all pictures of a city.

    Raises:
        InputError: The table is not there, or lacks a column.
    """
    places = [Path(given)] if given else [p / d / PER_CITY for p in folders for d in (".", "data")]
    path = next((place for place in places if place.is_file()), None)
    if path is None and fetch and not given:
        path = _fetched()
    if path is None:
        raise InputError(
            f"{given or PER_CITY} is not there",
            hint=f"get it from {PER_CITY_URL} and pass --set per_city=FILE",
        )
    with csv_rows(path) as entries:
        rows = list(entries)
    if not rows:
        raise InputError(f"{path} has no rows", hint=f"get it again from {PER_CITY_URL}")
    if missing := [name for name in ("City", *CITY_COLUMNS) if name not in rows[0]]:
        raise InputError(f"{path} has no column {', '.join(missing)}")
    return {text_of(row["City"]).strip().lower(): row for row in rows}


def _fetched() -> Path:
    """Return the authors' table, fetched once at a pinned commit and checked by its digest."""
    import httpx2

    path = cache_folder() / "geochain" / PER_CITY
    hint = f"get it from {PER_CITY_URL} and pass --set per_city=FILE"
    if path.is_file() and sha256_file(path) == PER_CITY_SHA256:
        return path
    try:
        answer = httpx2.get(PER_CITY_URL, timeout=60.0, follow_redirects=True)
        answer.raise_for_status()
    except httpx2.HTTPError as error:
        raise InputError(f"{PER_CITY} cannot be fetched: {error}", hint=hint) from None
    if hashlib.sha256(answer.content).hexdigest() != PER_CITY_SHA256:
        raise InputError(f"{PER_CITY_URL} is not the file that it was", hint=hint)
    with atomic_file(path) as temporary:
        temporary.write_bytes(answer.content)
    return path
