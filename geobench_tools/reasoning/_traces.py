"""Traces out of lines of JSON, and what is known of their questions out of view tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.reasoning._facts import TraceFacts, facts_of_view
from geobench_tools.strictjson import parse_json

__all__ = ["KnownViews", "TraceLine", "read_known", "read_traces"]

_TEXTS = (
    *("trace", "text", "raw_response", "response", "reply", "completion", "output", "reasoning"),
    *("content", "answer_text"),
)
_NAMES = ("view_id", "trace_id", "sample_id", "image_id", "image_file", "image", "id")
_LINKS = ("view_id", "ground_id", "image_id", "image_file", "image", "sample_id", "id")
_LARGEST_LINE = 16 << 20


@dataclass(frozen=True)
class TraceLine:
    """One trace of a file.

    Attributes:
        name: What the line calls itself, or its number.
        text: The trace.
        links: Names by which its view may be found, most telling first.
        candidates: Labels of the candidates, if the line has them.
        answer: The right label, if the line has it.
        number: Line number, from 1.
    """

    name: str
    text: str
    links: tuple[str, ...]
    candidates: tuple[str, ...] = ()
    answer: str | None = None
    number: int = 0


def read_traces(path: Path, *, text_field: str = "", id_field: str = "") -> Iterator[TraceLine]:
    """Read traces from lines of JSON.

    The text is looked for in ``trace``, ``text``, ``raw_response``, ``response``, ``reply``,
    ``completion``, ``output``, ``reasoning`` and the last assistant entry of ``messages``; the view
    in ``view_id``, ``image_id``, ``image_file``, ``image``, ``sample_id`` and ``id``, also inside
    ``metadata``. ``candidates`` and ``answer`` are the labels of a pairing question. Lines whose
    text is empty are left out; so is a torn last line.

    Args:
        path: The file.
        text_field: Name of the field with the text; by default the first of the above.
        id_field: Name of the field that names the view.

    Raises:
        InputError: The file is missing, or a line is no object, too long, or has no text.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="check the path"
        ) from None
    with stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            if len(line) > _LARGEST_LINE:
                raise InputError(f"{path}, line {number} has more than {_LARGEST_LINE:,} bytes")
            try:
                document = parse_json(line)
            except ValueError as error:
                if not line.endswith(b"\n"):
                    return
                raise InputError(
                    f"{path}, line {number} is no JSON: {error}", hint="give one object per line"
                ) from None
            if not isinstance(document, dict):
                raise InputError(
                    f"{path}, line {number} is no JSON object", hint="give one object per line"
                )
            trace = _trace(document, number, text_field, id_field, path)
            if trace is not None:
                yield trace


def _trace(
    document: Mapping[str, Any], number: int, text_field: str, id_field: str, path: Path
) -> TraceLine | None:
    text = _text(document, text_field)
    if text is None:
        named = f"field {text_field!r}" if text_field else "text"
        raise InputError(
            f"{path}, line {number} has no {named}; it has"
            f" {', '.join(map(str, document)) or 'nothing'}",
            hint="name the field with --text-field",
        )
    if not text.strip():
        return None
    inner = document.get("metadata")
    places = [document, *([inner] if isinstance(inner, Mapping) else [])]
    if id_field and not any(id_field in place for place in places):
        raise InputError(
            f"{path}, line {number} has no field {id_field!r}",
            hint="name the field that holds the view with --id-field",
        )
    links = tuple(
        dict.fromkeys(
            str(place[name])
            for name in ((id_field,) if id_field else _LINKS)
            for place in places
            if isinstance(place.get(name), str | int)
        )
    )
    name = next((str(document[n]) for n in _NAMES if document.get(n) not in (None, "")), "")
    candidates = _labels(document.get("candidates"))
    answer = document.get("answer", document.get("target"))
    right = str(answer).strip() if isinstance(answer, str) else ""
    return TraceLine(
        name or str(number), text, links, candidates, right if right in candidates else None, number
    )


def _labels(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(v for v in value if isinstance(v, str) and 0 < len(v) <= 4)


def _text(document: Mapping[str, Any], text_field: str) -> str | None:
    if text_field:
        value = document.get(text_field)
        return value if isinstance(value, str) else "" if text_field in document else None
    for name in _TEXTS:
        if isinstance(document.get(name), str):
            return str(document[name])
    messages = document.get("messages")
    if isinstance(messages, list):
        for message in reversed(messages):
            if isinstance(message, Mapping) and message.get("role") == "assistant":
                return _content(message.get("content"))
    return "" if any(document.get(name, 0) is None for name in _TEXTS) else None


def _content(content: Any) -> str | None:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(
            part["text"]
            for part in content
            if isinstance(part, Mapping) and isinstance(part.get("text"), str)
        )
    return None


@dataclass(frozen=True)
class KnownViews:
    """Views whose facts traces are checked against.

    Attributes:
        rows: Columns of each ground view by its names: view id, image path, file name and stem.
        tiles: Columns of each satellite view by its id.
        scenes: Facts of the scene and the view by view id, for a rendered world.
        count: Number of ground views.
    """

    rows: Mapping[str, Mapping[str, Any]]
    tiles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    scenes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    count: int = 0

    def facts(self, trace: TraceLine) -> TraceFacts | None:
        """Return what is known of a trace's question; None if its view is not among these."""
        row = next((row for link in trace.links if (row := self._row(link)) is not None), None)
        if row is None:
            return None
        return facts_of_view(
            row,
            other=self.tiles.get(str(row.get("tile_id"))),
            candidates=trace.candidates,
            answer=trace.answer,
            scene=self.scenes.get(str(row.get("view_id"))),
        )

    def _row(self, link: str) -> Mapping[str, Any] | None:
        return next((self.rows[name] for name in _spellings(link) if name in self.rows), None)


def _spellings(name: str) -> tuple[str, ...]:
    base = name.replace("\\", "/").rpartition("/")[2]
    stem = base.rpartition(".")[0]
    return tuple(dict.fromkeys(one for one in (name, base, stem) if one))


def read_known(paths: Sequence[Path]) -> KnownViews:
    """Read the views that traces speak of.

    Args:
        paths: View tables, CSV, JSON or Parquet tables with positions, or the folder of a rendered
            world, whose scene facts are read too.

    Raises:
        InputError: A path is missing or holds no view with a position.
    """
    rows: dict[str, Mapping[str, Any]] = {}
    tiles: dict[str, Mapping[str, Any]] = {}
    scenes: dict[str, Mapping[str, Any]] = {}
    count = 0
    for path in paths:
        for row in _rows_of(path):
            if row.get("kind") == "satellite":
                tiles[str(row["view_id"])] = row
                continue
            count += 1
            for name in _spellings(str(row["view_id"])):
                rows.setdefault(name, row)
            for name in _spellings(str(row["image"])) if row.get("image") else ():
                rows.setdefault(name, row)
        if (path / "scenes.jsonl").is_file():
            scenes |= _scenes_of(path)
    return KnownViews(rows, tiles, scenes, count)


def _rows_of(path: Path) -> Iterable[Mapping[str, Any]]:
    from geobench_tools.views import ReadOptions, is_view_table, load_views, read_views

    if (path / "ground.parquet").is_file():
        tables = [path / "ground.parquet", path / "satellite.parquet"]
        for table in tables:
            if table.is_file():
                yield from _rows_of(table)
        return
    if is_view_table(path):
        views = read_views(path)
    else:
        try:
            views = load_views(path, "ground", ReadOptions(keep_repeats=True))
        except InputError as error:
            index = f"geor1 index {path} --kind ground --on-bad drop -o views.parquet"
            hint = error.hint.replace(
                "or --on-bad drop to go on without these rows", f"or leave them out by: {index}"
            )
            raise InputError(error.message, hint=hint) from None
    kept = [name for name in views.table.column_names if name not in ("footprint", "bbox")]
    yield from views.table.select(kept).to_pylist()


def _scenes_of(folder: Path) -> dict[str, Mapping[str, Any]]:
    cells = {line["cell"]: line for line in _lines(folder / "scenes.jsonl")}
    return {
        str(view["view_id"]): {**cells.get(view.get("cell"), {}), **view}
        for view in _lines(folder / "views.jsonl")
    }


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    document = parse_json(line)
                    if not isinstance(document, dict):
                        raise InputError(f"{path}, line {number} is no JSON object")
                    yield document
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"{path} is no lines of JSON: {error}") from None
