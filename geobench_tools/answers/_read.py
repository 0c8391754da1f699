"""The one reader of answers."""

from collections.abc import Callable

from geobench_tools.answers._apply import READER_VERSION, read_with
from geobench_tools.answers._bbox import read_bbox
from geobench_tools.answers._bool import read_bool
from geobench_tools.answers._count import read_count
from geobench_tools.answers._country import read_country
from geobench_tools.answers._index import read_index
from geobench_tools.answers._latlon import read_latlon
from geobench_tools.answers._mcq import Choices, options_of, read_mcq
from geobench_tools.answers._multi import read_multi
from geobench_tools.answers._place import read_place
from geobench_tools.answers._reading import Kind, Reading

__all__ = ["READER_VERSION", "read"]


def read(
    text: str | None,
    kind: Kind,
    *,
    choices: Choices | None = None,
    options: int | None = None,
    target: str | None = None,
) -> Reading:
    """Read the answer out of a model's reply; never invents one and never raises on any text.

    The steps: HTML entities and widths are made plain, reasoning is cut off, the last answer block
    is taken if there is one, and the reader of the kind looks for an answer in what is left.

    Args:
        text: The reply; None for a reply without text.
        kind: What is asked for; see ``Reading.value`` for what each kind yields.
        choices: For ``mcq`` and ``multi``: the options, as texts by key or as keys alone.
        options: For ``index``: how many images there are to choose from.
        target: For ``count``: the things to be counted, to tell their number from others.

    Returns:
        The reading: value, status and where it stands in ``text``.

    Raises:
        ValueError: The kind is unknown, or an argument that it needs is missing.
    """
    return read_with(text or "", _reader(kind, choices, options, target))


def _reader(
    kind: Kind, choices: Choices | None, options: int | None, target: str | None
) -> Callable[[str], Reading]:
    match kind:
        case "mcq" | "multi":
            if not choices:
                raise ValueError(f"kind {kind!r} needs choices")
            asked = choices
            known = options_of(asked)
            return (
                (lambda text: read_mcq(text, known))
                if kind == "mcq"
                else (lambda text: read_multi(text, known))
            )
        case "index":
            if not options or options < 1:
                raise ValueError("kind 'index' needs options, the number of images")
            count = options
            return lambda text: read_index(text, count)
        case "count":
            return lambda text: read_count(text, target)
        case _:
            if kind not in _PLAIN:
                raise ValueError(f"unknown kind {kind!r}")
            return _PLAIN[kind]


_PLAIN: dict[Kind, Callable[[str], Reading]] = {
    "bool": read_bool,
    "bbox": read_bbox,
    "country": read_country,
    "place": read_place,
    "latlon": read_latlon,
}
