"""The reply as plain text, with the way back to its own offsets."""

import html
import re
from bisect import bisect_right

from geobench_tools.answers._reading import Span
from geobench_tools.plaintext import plain

__all__ = ["Source"]

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,12});")


class Source:
    """A reply with HTML entities resolved and characters made plain.

    Attributes:
        text: The plain text that readers work on.
    """

    def __init__(self, reply: str) -> None:
        self._breaks = [0]
        self._shifts = [0]
        if "&" in reply:
            reply = self._unescape(reply)
        self.text = plain(reply)

    def _unescape(self, reply: str) -> str:
        pieces, length, done = [], 0, 0
        for match in _ENTITY.finditer(reply):
            char = html.unescape(match.group())
            if char == match.group():
                continue
            pieces += [reply[done : match.start()], char]
            length += match.start() - done + len(char)
            done = match.end()
            self._breaks.append(length)
            self._shifts.append(done - length)
        pieces.append(reply[done:])
        return "".join(pieces)

    def original(self, span: Span) -> Span:
        """Return the offsets in the reply for offsets in ``text``."""
        if len(self._breaks) == 1:
            return span
        start, last = span[0], max(span[0], span[1] - 1)
        end = last + self._shifts[bisect_right(self._breaks, last) - 1] + 1
        if span[1] in self._breaks:
            end = span[1] + self._shifts[bisect_right(self._breaks, span[1]) - 1]
        return start + self._shifts[bisect_right(self._breaks, start) - 1], end
