"""JSON as models write it: objects found in running text, read with tolerance and with offsets.

Taken as they are meant: fences and prose around, bold marks, single quotes, bare keys, Python
literals, comments, trailing or missing commas, quotes inside strings. Nothing is repaired by
guessing: an object that is cut off keeps the keys whose values were closed, and says so.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Node", "find_objects"]

Scalar = str | int | float | bool | None

_DEEPEST = 32
_MOST_FAILURES = 1000
_LONGEST_KEY = 100
_LONGEST_STRING = 8000

_BLANK = re.compile(r"(?:[\s*`\\]|//[^\n]{0,500}+|/\*(?:[^*]|\*(?!/)){0,500}+\*/)*+")
_STRING = {
    quote: re.compile(
        rf"{quote}((?:[^{quote}\\]|\\.|{quote}(?![ \t*`\\]{{0,40}}+(?:[,:=}}\]\r\n]|//|/\*|\Z)))"
        rf"{{0,{_LONGEST_STRING}}}+){quote}",
        re.DOTALL,
    )
    for quote in "\"'"
}
_BARE_KEY = re.compile(rf"([^\W\d][\w .-]{{0,{_LONGEST_KEY}}}+)[\"']?")
_COLON = re.compile(r"[\s*`\\]*+(?::|=>?)")
_NUMBER = re.compile(r"[-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,4})?")
_BARE = re.compile(r"[^,{}\[\]\r\n\"]{1,200}+")
_LITERALS: dict[str, Scalar] = {
    "true": True,
    "false": False,
    "null": None,
    "none": None,
    "nan": None,
    "undefined": None,
}


@dataclass(frozen=True, slots=True)
class Node:
    """One value of an object, with where it stands.

    Attributes:
        value: A scalar, a list of nodes, or a dict of nodes by key as written.
        start: Offset of its first character; inside the quotes for a string.
        end: Offset after its last character, or after its last closed part if it was cut off.
        complete: Whether its closing bracket was there; true for scalars.
    """

    value: "Scalar | list[Node] | dict[str, Node]"
    start: int
    end: int
    complete: bool = True

    def leaves(self, path: tuple[str, ...] = ()) -> "Iterator[tuple[tuple[str, ...], Node]]":
        """Yield the scalars and lists below this node with their lower-case keys."""
        if isinstance(self.value, dict):
            for key, node in self.value.items():
                yield from node.leaves((*path, key.strip().lower()))
        else:
            yield path, self
            if isinstance(self.value, list):
                for node in self.value:
                    if isinstance(node.value, dict):
                        yield from node.leaves(path)


def find_objects(text: str) -> list[Node]:
    """Find the outermost objects with at least one closed key, in order.

    Linear in the length of ``text``: strings longer than 8,000 characters and objects nested
    deeper than 32 end an object as if it were cut there, and the search ends after a thousand
    braces that open no object.
    """
    reader, found, failures = _Reader(text), list[Node](), 0
    start = text.find("{")
    while start >= 0 and failures < _MOST_FAILURES:
        reader.position = start
        node = reader.read_object(0)
        if node.value:
            found.append(node)
            start = text.find("{", max(node.end, start + 1))
        else:
            failures += 1
            start = text.find("{", start + 1)
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._unclosed_until = {'"': 0, "'": 0}

    def read_object(self, depth: int) -> Node:
        start, entries, complete = self.position, dict[str, Node](), False
        self.position += 1
        closed = self.position
        while depth < _DEEPEST:
            self._skip(",;")
            if self.text.startswith("}", self.position):
                self.position += 1
                complete = True
                break
            key = self._read_key()
            node = None if key is None else self._read_value(depth + 1)
            if key is None or node is None:
                break
            if node.complete or node.value:
                entries[key] = node
                closed = self.position if node.complete else node.end
            if not node.complete:
                break
        return Node(entries, start, self.position if complete else closed, complete)

    def _read_list(self, depth: int) -> Node:
        start, items = self.position, list[Node]()
        self.position += 1
        closed = self.position
        while depth < _DEEPEST:
            self._skip(",;")
            if self.text.startswith("]", self.position):
                self.position += 1
                return Node(items, start, self.position)
            node = self._read_value(depth + 1)
            if node is None:
                break
            if node.complete or node.value:
                items.append(node)
                closed = self.position if node.complete else node.end
            if not node.complete:
                break
        return Node(items, start, closed, False)

    def _skip(self, separators: str = "") -> None:
        while True:
            blank = _BLANK.match(self.text, self.position)
            self.position = blank.end() if blank else self.position
            char = self.text[self.position : self.position + 1]
            if not char or char not in separators:
                return
            self.position += 1

    def _read_key(self) -> str | None:
        node = self._read_string()
        if node is not None:
            key = str(node.value)
            if len(key) > _LONGEST_KEY:
                return None
        else:
            bare = _BARE_KEY.match(self.text, self.position)
            if not bare:
                return None
            key, self.position = bare.group(1), bare.end()
        colon = _COLON.match(self.text, self.position)
        if not colon:
            return None
        self.position = colon.end()
        return key

    def _read_value(self, depth: int) -> Node | None:
        self._skip()
        char = self.text[self.position : self.position + 1]
        if char == "{":
            return self.read_object(depth)
        if char == "[":
            return self._read_list(depth)
        if char in ('"', "'"):
            return self._read_string()
        return self._read_bare()

    def _read_string(self) -> Node | None:
        quote = self.text[self.position : self.position + 1]
        if quote not in _STRING or self.position < self._unclosed_until[quote]:
            return None
        match = _STRING[quote].match(self.text, self.position)
        if not match:
            self._unclosed_until[quote] = self.position + _LONGEST_STRING
            return None
        self.position = match.end()
        return Node(_unescape(match.group(1)), match.start(1), match.end(1))

    def _read_bare(self) -> Node | None:
        match = _BARE.match(self.text, self.position)
        if not match or match.end() == len(self.text) or not match.group().strip(" *`\\"):
            return None
        raw = match.group().split("//")[0].rstrip(" \t*`\\")
        start, self.position = self.position, match.end()
        end = start + len(raw)
        if raw.lower() in _LITERALS:
            return Node(_LITERALS[raw.lower()], start, end)
        if _NUMBER.fullmatch(raw):
            number = float(raw)
            whole = raw.lstrip("+-").isdigit()
            return Node(int(number) if whole and abs(number) < 2**53 else number, start, end)
        return Node(raw, start, end)


def _unescape(raw: str) -> str:
    if "\\" not in raw:
        return raw
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        return raw.replace("\\'", "'").replace('\\"', '"')
