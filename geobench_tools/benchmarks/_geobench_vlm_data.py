"""GEOBench-VLM's questions and pictures: archives, folders, the Parquet file, xView2's pictures."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._hub import hub_folder
from geobench_tools.benchmarks._pictures import Archive
from geobench_tools.errors import InputError
from geobench_tools.models import JSON, ImagePart
from geobench_tools.strictjson import parse_json

__all__ = ["LETTERS", "GeobenchQuestion", "GeobenchSet", "Pictures", "load_geobench"]

LETTERS = "ABCDE"
XBD_PREFIX = "xBD_"
_OPTION = re.compile(r"(?:^|\s)([A-E])\.\s")


@dataclass(frozen=True, slots=True)
class GeobenchQuestion:
    """One record of a ``qa.json``.

    Attributes:
        name: Its ``question_id`` if those are unique, else its place in the file.
        task: As released, typing errors included.
        prompts: The wordings.
        truth: A letter, a list of polygons in pixels, or a caption.
        options: The choices in one line, as released; empty where there are none.
        choices: Their texts, if there are five.
        about: ``cls_description``, as the authors' scripts print it.
        images: Paths inside the archive, of which the first and the last are shown.
        size: Width and height in pixels, if the record says so.
    """

    name: str
    task: str
    prompts: tuple[str, ...]
    truth: JSON
    options: str
    choices: tuple[str, ...]
    about: str
    images: tuple[str, ...]
    size: tuple[int, int] | None = None

    @property
    def is_xbd(self) -> bool:
        """Whether a picture was taken out of the release at its owners' request."""
        return any(Path(image).name.startswith(XBD_PREFIX) for image in self.images)


@dataclass(frozen=True)
class GeobenchSet:
    """All questions of a subset, and where their pictures are.

    Attributes:
        questions: In the order of the data.
        origin: File or data set with its revision.
        pictures: By path inside the archive; one that is not there is the path where it should be.
    """

    questions: Sequence[GeobenchQuestion]
    origin: str
    pictures: "Pictures"

    @cached_property
    def sha256(self) -> str:
        """Digest of the questions in canonical form."""
        digest = hashlib.sha256()
        for one in self.questions:
            asked = (one.name, one.task, one.prompts, one.truth, one.options, one.about, one.images)
            digest.update(json.dumps(asked, ensure_ascii=False).encode())
        return digest.hexdigest()


class Pictures:
    """Pictures by the path that a record names.

    Args:
        places: Folders and archives to look in.
        xbd: Folder of xView2; None if the user has none.
        known: Pictures that are at hand.
    """

    def __init__(
        self,
        places: Sequence[Path] = (),
        xbd: Path | None = None,
        known: Mapping[str, bytes] | None = None,
    ) -> None:
        self._folders = [place for place in places if place.is_dir()]
        self._archives = [Archive(place) for place in places if place.is_file()]
        self._xbd = xbd
        self._known = known or {}

    def __getitem__(self, path: str) -> ImagePart:
        """Return a picture; archives are read now, files when they are sent."""
        if path in self._known:
            return ImagePart(self._known[path], "image/png")
        relative = Path(path)
        if relative.is_absolute() or ".." in relative.parts:
            raise InputError(f"the picture {path!r} leaves the data", hint="get the data again")
        for folder in self._folders:
            if (folder / relative).is_file():
                return ImagePart(folder / relative)
        for archive in self._archives:
            data = _member(archive, path)
            if data is not None:
                return ImagePart(data)
        return ImagePart(self._from_xview2(relative) or self._expected(relative))

    def _expected(self, path: Path) -> Path:
        """Where a picture should be that is nowhere."""
        if self._xbd is not None and path.name.startswith(XBD_PREFIX):
            return self._xbd / "hold" / "images" / path.name.removeprefix(XBD_PREFIX)
        places = [*self._folders, *(archive.path for archive in self._archives)]
        return places[0] / path if places else path

    def _from_xview2(self, path: Path) -> Path | None:
        if self._xbd is None or not path.name.startswith(XBD_PREFIX):
            return None
        name = path.name.removeprefix(XBD_PREFIX)
        found = (self._xbd / part / "images" / name for part in ("hold", "test", "."))
        return next((place for place in found if place.is_file()), None)


def _member(archive: Archive, path: str) -> bytes | None:
    """A file of an archive, also where all lie in a folder of the archive's name."""
    names = (path, f"{archive.path.stem}/{path}")
    return next((archive.read(name) for name in names if name in archive), None)


def load_geobench(
    data: str, revision: str | None, archive: str, kind: str, xbd: str, note: str
) -> GeobenchSet:
    """Read the questions of a subset.

    Args:
        data: Folder, archive, Parquet file, or ``OWNER/NAME`` on the Hub.
        revision: Commit of the data set.
        archive: Name of the subset's archive and folder, as ``Single``.
        kind: ``choice``, ``box`` or ``caption``.
        xbd: Folder of xView2's pictures; empty for none.
        note: How to get the data, for errors.

    Raises:
        InputError: Something is not there, or a record is bad.
    """
    path, origin = Path(data), Path(data).name
    if not path.exists():
        path = hub_folder(data, (f"{archive}.zip",), revision, note)
        origin = f"{data}@{revision}"
    more = Path(xbd) if xbd else None
    if more is not None and not more.is_dir():
        raise InputError(f"{xbd} is no folder", hint="--set xbd=FOLDER with hold/ and test/")
    parquet = next((p for p in (path, path / f"{archive}.parquet") if p.suffix == ".parquet"), None)
    for table in (path / archive / "qa.json", path / "qa.json", path):
        if table.is_file() and table.suffix == ".json":
            entries = _parsed(table.read_bytes(), str(table))
            places = (table.parent, table.parent.parent)
            return GeobenchSet(
                _questions(entries, str(table), kind), origin, Pictures(places, more)
            )
    for packed in (path / f"{archive}.zip", path):
        if packed.is_file() and packed.suffix == ".zip":
            listed = _member(Archive(packed), "qa.json")
            if listed is None:
                raise InputError(f"{packed} holds no qa.json", hint=note)
            entries = _parsed(listed, f"{packed}: qa.json")
            found = _questions(entries, str(packed), kind)
            return GeobenchSet(found, origin, Pictures((packed, packed.parent), more))
    if parquet is not None and parquet.is_file():
        return _from_parquet(parquet, origin, kind, more)
    raise InputError(f"{path} has no {archive}.zip, {archive}/qa.json or qa.json", hint=note)


def _from_parquet(path: Path, origin: str, kind: str, xbd: Path | None) -> GeobenchSet:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        plain = [name for name in file.schema_arrow.names if name != "image"]
        entries = file.read(plain).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read: {error}", hint="get it again") from None
    embedded = _Embedded(path, (path.parent,), xbd)
    return GeobenchSet(_questions(entries, str(path), kind), origin, embedded)


class _Embedded(Pictures):
    """Pictures inside a Parquet file, read a few rows at a time in the order of the rows."""

    def __init__(self, path: Path, places: Sequence[Path], xbd: Path | None) -> None:
        super().__init__(places, xbd)
        self._path = path
        self._rows: Iterator[tuple[str, bytes | None]] = iter(())
        self._last: tuple[str, bytes | None] = ("", None)

    def __getitem__(self, path: str) -> ImagePart:
        for again in (False, True):
            if self._last[0] == path:
                break
            if again:
                self._rows = self._read()
            self._last = next((row for row in self._rows if row[0] == path), ("", None))
        data = self._last[1] if self._last[0] == path else None
        return super().__getitem__(path) if data is None else ImagePart(data)

    def _read(self) -> Iterator[tuple[str, bytes | None]]:
        import pyarrow.parquet as pq

        batches = pq.ParquetFile(self._path).iter_batches(8, columns=["image_path", "image"])
        for batch in batches:
            for row in batch.to_pylist():
                yield row["image_path"], (row["image"] or {}).get("bytes")


def _parsed(text: bytes, source: str) -> Sequence[Any]:
    try:
        loaded = parse_json(text)
    except ValueError as error:
        raise InputError(f"{source} is no JSON: {error}", hint="get it again") from None
    if not isinstance(loaded, list) or not loaded:
        raise InputError(f"{source} holds no list of questions")
    return loaded


def _questions(entries: Sequence[Any], source: str, kind: str) -> list[GeobenchQuestion]:
    ids = [str(entry.get("question_id", "")) for entry in entries if isinstance(entry, dict)]
    unique = len(set(ids)) == len(entries) and "" not in ids
    found = []
    for number, entry in enumerate(entries):
        where = f"{source}, question {number + 1}"
        if not isinstance(entry, dict):
            raise InputError(f"{where} is no record")
        image = entry.get("image_path")
        prompts = _texts(entry.get("prompts"))
        images = _texts([image] if isinstance(image, str) else image)
        if not prompts or not images:
            raise InputError(f"{where} has no prompts or no image_path")
        found.append(
            GeobenchQuestion(
                ids[number] if unique else f"{number:05d}",
                str(entry.get("task") or kind),
                prompts,
                _truth(entry, kind, where),
                str(entry.get("options", "")),
                _choices(entry),
                str(entry.get("cls_description", "")),
                images,
                _size(entry.get("image_size"), where),
            )
        )
    return found


def _choices(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the texts of A to E: as listed, else taken out of the line of options."""
    listed = _texts(entry.get("options_list"))
    if len(listed) == len(LETTERS):
        return listed
    pieces = _OPTION.split(str(entry.get("options", "")))[1:]
    return tuple(text.strip() for text in pieces[1::2]) if pieces[::2] == list(LETTERS) else ()


def _texts(value: Any) -> tuple[str, ...]:
    """Return a list of texts; nothing for anything else."""
    texts = _lists(value)
    return tuple(texts) if all(isinstance(text, str) for text in texts) else ()


def _truth(entry: Mapping[str, Any], kind: str, where: str) -> JSON:
    if kind == "choice":
        letter = str(entry.get("ground_truth_option", "")).strip().upper()
        if letter not in tuple(LETTERS):
            raise InputError(f"{where}: ground_truth_option {letter!r} is none of A to E")
        return letter
    truth: JSON = entry.get("ground_truth")
    if kind == "caption":
        if not isinstance(truth, str) or not truth.strip():
            raise InputError(f"{where} has no caption in ground_truth")
        return truth.strip()
    points = [point for polygon in _lists(truth) for point in _lists(polygon)]
    if not points or not all(_is_point(point) for point in points):
        raise InputError(f"{where}: ground_truth is no list of polygons in pixels")
    return truth


def _lists(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_point(value: Any) -> bool:
    numbers = _lists(value)
    return len(numbers) == 2 and all(
        isinstance(v, int | float) and not isinstance(v, bool) for v in numbers
    )


def _size(value: Any, where: str) -> tuple[int, int] | None:
    if value is None:
        return None
    sides = value if isinstance(value, list) else [value, value]
    if len(sides) != 2 or not all(isinstance(side, int | float) and side > 0 for side in sides):
        raise InputError(f"{where}: image_size {value!r} is no size in pixels")
    return int(sides[0]), int(sides[1])
