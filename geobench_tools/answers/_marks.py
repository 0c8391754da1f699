"""Where a text names options: by key, by their text, by both, or several in a list."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise

from geobench_tools.answers import _vocabulary as vocabulary
from geobench_tools.answers._declare import LETTER, denied_after, denied_before
from geobench_tools.answers._vocabulary import either

__all__ = ["Mark", "Options", "find_marks", "group_marks"]

_OPENERS = "*_`~\"'$([{<«“‘「『【〈《#>\\ "
_CLOSERS = "*_`~\"'$)]}>»”’」』】〉》\\"
_WORDLIKE = frozenset("AIOEYUaioeyu")
_PAIRS = frozenset(
    [
        "**",
        "__",
        "``",
        '""',
        "''",
        "$$",
        "()",
        "[]",
        "{}",
        "<>",
        "><",
        "«»",
        "「」",
        "『』",
        "【】",
        "〈〉",
    ]
)
_MACRO = re.compile(r"(?:\\[A-Za-z]{1,12}\s?\{?)+$")
_EXTENSION = re.compile(r"\.(?:png|jpe?g|webp|tiff?|bmp)\b", re.IGNORECASE)
_BEFORE_TEXT = re.compile(r"[\s*_`\"'(:\-–—.)\]]{0,8}")
_LIST = re.compile(
    rf"\s?[,;/|&、]\s?(?:{either(vocabulary.LISTING)}\s|&\s)?|\s{either(vocabulary.LISTING)}\s|\s?[和或与かと]\s?"
    r"|\s?(?:또는|과|와)\s?|[ \t]"
)
_OR = re.compile(rf"\b{either(vocabulary.ALTERNATIVES)}\b|[/|或か]|또는")
_NOUN = re.compile(rf"(?:{either(vocabulary.NOUNS)}[\s:_\-.]?)+$")
_ALL_DENIED = re.compile(r"[\s)\]}*_`\"']{0,6}(?:are|were|both|all|can be (?:ruled|eliminated))\b")
_REASON = re.compile(rf"\s{{0,4}}{either(vocabulary.REASONS)}(?!{LETTER})")
_NAMED_KEY = re.compile(r"\b(?:option|choice|letter)\s$")
_ENDS_PHRASE = re.compile(
    r"\W*\Z|[^\w\s]|\s(?:is|was|seems|would|must|fits|matches|because|since)\b"
)
_LABEL_END = re.compile(r"[*_]{0,3}[.):\]\"']|\s?[-–—]\s")


_LINE_END = re.compile(r"[ \t]*(?:\n|\Z)")


@dataclass(frozen=True)
class Options:
    """The options of one question.

    Attributes:
        keys: In order.
        token: Pattern of what can be a key.
        resolve: Turns a matched token into the keys that it names; none if it names no option.
        texts: Plain lower-case text by key, where it has one of its own.
        letters: Whether keys are letters, which prose is full of: in lower case they count only
            inside a wrapper or after a colon.
        enumerated: Whether a prompt lists them ("A. … B. …"), so that a reply may repeat the list.
    """

    keys: tuple[str, ...]
    token: str
    resolve: Callable[[str], tuple[str, ...]]
    texts: Mapping[str, str] = field(default_factory=dict)
    letters: bool = True
    enumerated: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that names one option, or several in a list.

    Attributes:
        keys: The options; none for a key that no option has.
        start: Offset of the key or text itself.
        end: Offset after it.
        left: Offset of the wrapper around it.
        right: Offset after the wrapper.
        token: The key as written; empty if only the option's text stands there.
        wrapped: Whether the key stands alone in brackets, quotes, bold or code.
        titled: Whether the option's own text follows the key.
        named: Whether a word like "image" or "option" stands before the key.
        small: Whether the key is a letter in lower case.
        wordlike: Whether the key is also a word ("A", "I"), or a letter of another alphabet.
        listed: How many marks were joined.
        either: Whether they were joined by "or".
        unknown: Whether a key among them is no option's.
    """

    keys: tuple[str, ...]
    start: int
    end: int
    left: int
    right: int
    token: str = ""
    wrapped: bool = False
    titled: bool = False
    named: bool = False
    small: bool = False
    wordlike: bool = False
    listed: int = 1
    either: bool = False
    unknown: bool = False


@cache
def _token_pattern(token: str, letters: bool) -> re.Pattern[str]:
    if not letters:
        return re.compile(
            rf"(?<![0-9A-Za-z\u00c0-\u024f\u0370-\u052f])(?<![\d][.,:/x×-])(?<![^A-Za-z][-–])(?<!^-)"
            rf"(?P<key>{token})(?![0-9A-Za-z\u00c0-\u024f\u0370-\u052f]|[.,:/x×-]\d|\s?[°%])"
        )
    return re.compile(
        rf"(?<![0-9A-Za-z\u00c0-\u024f\u0370-\u052f])(?<!\w[\-'&.])(?<!\b[Nn]/)(?P<key>{token})"
        r"(?!/[Aa]\b)(?![0-9A-Za-z\u00c0-\u024f\u0370-\u052f]|\+|['’\-–&@][0-9A-Za-z]|\.[0-9A-Za-z](?![a-z])|[°%])"
        rf"(?![*_]{{1,3}}{LETTER})"
    )


def find_marks(text: str, low: str, options: Options) -> list[Mark]:
    """Find all places of a text that could name an option, echoes of the option list left out."""
    marks = _with_texts(text, _key_marks(text, low, options), _text_marks(low, options))
    return _without_echo(text, marks, options) if options.enumerated else marks


def _key_marks(text: str, low: str, options: Options) -> list[Mark]:
    marks = []
    for match in _token_pattern(options.token, options.letters).finditer(text):
        token, (start, end) = match.group("key"), match.span("key")
        left = start
        while left > max(0, start - 16) and text[left - 1] in _OPENERS:
            left -= 1
        while text[left] == " ":
            left += 1
        macro = _MACRO.search(text, max(0, left - 24), start)
        left = min(left, macro.start()) if macro else left
        extension = _EXTENSION.match(text, end)
        right = extension.end() if extension else end
        stop = right + 1 if text[right : right + 1] in (".", ":", ")", "\\") else right
        wrapped = text[start - 1 : start] + text[right : right + 1] in _PAIRS
        wrapped = wrapped or text[start - 1 : start] + text[stop : stop + 1] in _PAIRS
        if stop > right and text[stop : stop + 1] in ("*", "_", "`"):
            right = stop
        while right < min(len(text), end + 16) and text[right] in _CLOSERS:
            right += 1
        marks.append(
            Mark(
                options.resolve(token),
                start,
                end,
                left,
                right,
                token,
                wrapped,
                named=_NOUN.search(low[max(0, left - 24) : left]) is not None,
                small=options.letters
                and token.islower()
                and token.isascii()
                and not (
                    _NAMED_KEY.search(low, max(0, left - 8), left) and _ENDS_PHRASE.match(low, end)
                ),
                wordlike=options.letters and (token in _WORDLIKE or not token.isascii()),
            )
        )
    return marks


def _text_marks(low: str, options: Options) -> list[Mark]:
    marks: list[Mark] = []
    taken = bytearray(len(low)) if len(options.texts) > 1 else bytearray()
    for key, text in sorted(options.texts.items(), key=lambda item: -len(item[1])):
        start = low.find(text)
        while start >= 0:
            end = start + len(text)
            if _whole(low, start, end) and not (taken and any(taken[start:end])):
                marks.append(Mark((key,), start, end, start, end))
                if taken:
                    taken[start:end] = b"\1" * (end - start)
            start = low.find(text, end)
    return sorted(marks, key=lambda mark: mark.start)


def _whole(low: str, start: int, end: int) -> bool:
    before, after = low[start - 1 : start] if start else "", low[end : end + 1]
    if low[start].isdigit() and before in (".", ",", "-") and low[start - 2 : start - 1].isdigit():
        return False
    if low[end - 1].isdigit() and after in (".", ",") and low[end + 1 : end + 2].isdigit():
        return False
    return not (_joins(before, low[start]) or _joins(low[end - 1], after))


def _joins(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and left < "\u0590" and right < "\u0590"


def _with_texts(text: str, keys: list[Mark], texts: list[Mark]) -> list[Mark]:
    if not texts:
        return keys
    by_start = {mark.start: mark for mark in texts}
    marks: list[Mark] = []
    used: set[int] = set()
    for mark in keys:
        gap = _BEFORE_TEXT.match(text, mark.end)
        own = by_start.get(gap.end()) if gap and gap.end() > mark.end else None
        if own and mark.small and mark.wordlike and text[mark.end : own.start].isspace():
            continue
        if own and own.keys == mark.keys:
            marks.append(replace(mark, right=max(mark.right, own.end), titled=True))
            used.add(own.start)
        elif own and mark.keys and text[mark.end] in ".):*" and gap and gap.group().strip():
            marks.append(replace(mark, keys=mark.keys + own.keys, right=own.end))
            used.add(own.start)
        elif mark.start not in by_start:
            marks.append(mark)
    marks += [mark for mark in texts if mark.start not in used]
    return sorted(marks, key=lambda mark: mark.start)


def _without_echo(text: str, marks: list[Mark], options: Options) -> list[Mark]:
    """Leave out runs "A. … B. … C. …" from the first option on: a list is no answer."""
    runs: list[list[int]] = [[]]
    for index, mark in enumerate(marks):
        if not mark.token or not mark.keys:
            continue
        labels = mark.titled or _LABEL_END.match(text, mark.end) or _LINE_END.match(text, mark.end)
        expected = options.keys[len(runs[-1])] if len(runs[-1]) < len(options.keys) else None
        if not labels or mark.keys[0] != expected:
            runs.append([])
        if labels and mark.keys[0] == options.keys[len(runs[-1])]:
            runs[-1].append(index)
    echoed = {i for run in runs if _is_list(text, [marks[i] for i in run], options) for i in run}
    return [mark for index, mark in enumerate(marks) if index not in echoed] if echoed else marks


def _is_list(text: str, run: list[Mark], options: Options) -> bool:
    titled, whole = all(mark.titled for mark in run), len(run) == len(options.keys)
    if len(run) < 2 or (titled and whole):
        return len(run) > 1
    if any(_LIST.fullmatch(text, a.right, b.left) for a, b in pairwise(run)):
        return False
    heads = [text[max(0, m.left - 40) : m.left].rpartition("\n")[2].lower() for m in run]
    at_lines = all(not _NOUN.sub("", head).strip(" *_-#>") for head in heads)
    bare = any(_LINE_END.match(text, mark.end) for mark in run)
    return (at_lines and not bare) or whole or titled


def group_marks(low: str, marks: list[Mark]) -> list[Mark]:
    """Join lists ("A, C", "B or D") into one mark each and leave out what the text denies."""
    groups: list[list[Mark]] = []
    for mark in marks:
        previous = groups[-1][-1] if groups else mark
        joined = mark is not previous and mark.small == previous.small
        between = _between(low, previous, mark) if joined else "…"
        if _LIST.fullmatch(between) or (not between and previous.wrapped and mark.wrapped):
            groups[-1].append(mark)
        else:
            groups.append([mark])
    found = []
    for group in groups:
        found += _settled(low, group)
    return found


def _between(low: str, first: Mark, second: Mark) -> str:
    between = (
        low[first.right : max(second.left, first.right)] if second.left - first.right < 40 else "…"
    )
    noun = _NOUN.search(between)
    return between[: noun.start()] if noun and noun.start() else between


def _settled(low: str, group: list[Mark]) -> list[Mark]:
    group, clauses = list(group), list[Mark]()
    while group:
        last = group[-1]
        if len(group) > 1 and _is_subject(low, group):
            clauses.append(group.pop())
        elif _is_denied_after(low, last) and len(group) > 1:
            if _ALL_DENIED.match(low, last.right):
                group.clear()
            else:
                group.pop()
        else:
            break
    if group and (denied_before(low, group[0].left) or _is_denied_after(low, group[-1])):
        group.clear()
    alone = [
        mark
        for mark in reversed(clauses)
        if not (denied_before(low, mark.left) or _is_denied_after(low, mark))
    ]
    return [*(_joined(low, group) if group else ()), *alone]


def _is_denied_after(low: str, mark: Mark) -> bool:
    return denied_after(low, mark.right) or denied_after(low, mark.end)


def _joined(low: str, group: list[Mark]) -> list[Mark]:
    if len(group) == 1:
        return group
    last = group[-1]
    keys = tuple(dict.fromkeys(key for mark in group for key in mark.keys))
    either_or = any(_OR.search(_between(low, a, b)) for a, b in pairwise(group))
    return [
        Mark(
            keys,
            group[0].start,
            last.end,
            group[0].left,
            last.right,
            group[0].token,
            all(mark.wrapped for mark in group),
            named=group[0].named,
            small=group[0].small,
            wordlike=group[0].wordlike,
            listed=len(group),
            either=either_or,
            unknown=not all(mark.keys for mark in group),
        )
    ]


def _is_subject(low: str, group: list[Mark]) -> bool:
    """Whether the last of a list begins a clause of its own: "B, and C has no runway"."""
    last = group[-1]
    if _OR.search(_between(low, group[-2], last)) or denied_after(low, last.right):
        return False
    follows = (
        re.match(r"\s+(?!(?:are|were|both)\b)[a-z]", low[last.right : last.right + 8]) is not None
    )
    return follows and not _REASON.match(low, last.right)
