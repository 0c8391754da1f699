"""Whether a sentence speaks about a place it names instead of placing the image there."""

import re

from geobench_tools.plaintext import words
from geobench_tools.reasoning._marks import ANSWERING, VERBS_OF_BEING
from geobench_tools.reasoning._walk import Walk

__all__ = ["RETRACTION_WORDS", "is_subject", "taken_back"]

_GENERAL_OPENINGS = words("in across throughout within most parts much many elsewhere")
_BEFORE_SUBJECT = words(
    "the a an and but so while whereas though although however also even still yet then well hmm ok"
    " okay since because as northern southern eastern western central northeastern northwestern"
    " southeastern southwestern upper lower coastal rural mainland most parts much many of both"
    " where that whereby capital"
)
"""Words that may stand between the beginning of a clause and its subject."""

_NO_PREDICATE = words(
    "and or nor because since in at on near with without for as due given based by to from of"
    " around"
    " rather instead but where which who whose based while though although thanks owing judging so"
    " then because within outside s not than like via per plus here there it itself"
    " city town region area state province county prefecture district metropolitan downtown suburb"
)
"""Words after a name that make it no subject: "Lyon because …", "Lyon in France"."""

_OPENS = re.compile(r"(?:[.!?:;\n(—–|*•→>]|\s-|,)[\s*_\"'(#>-]*$")
_BULLET = re.compile(r"\n[ \t]*(?:[-*•–]|\d{1,2}[.)])?[ \t*_\"]*$")
_AFTER_BULLET = re.compile(r"[*_\"]*\s?(?:[-–—:(✗✘❌]|\s-\s)")
_YES = re.compile(
    r"(?i)[✓✔✅]|\b(?:yes|fits?|match(?:es)?|correct|consistent|best|winner|likely)\b"
)
_NAME = (
    r"(?>(?:the )?(?:(?:[a-z]+ern|parts of|much of) )?"
    r"[A-Z][\w'.-]*(?: (?:[a-z]{1,4} )?[A-Z][\w'-]*)*)"
)
_SKIPPED = (
    re.compile(r"\s\([^()\n]{1,80}\)"),
    re.compile(rf"(?:,? (?:and|or|&) |, |/){_NAME}"),
    re.compile(r" (?:in|of) (?:the )?[A-Z][\w'-]*(?: [A-Z][\w'-]*)*"),
    re.compile(r"\s?[,–—-]\s[a-z][^,–—.;:\n]{1,60}\s?[,–—](?=\s[a-z])"),
)
"""What may stand between a name and its verb: "(…)", "and Peru", "in Chile", ", to the north,"."""

_PARTS = 6
_NEAR = 200
"""Characters round a name in which brackets and the rest of its line are looked for."""

_FAR_WORDS = 40
_KINDS = words("country city state region province town capital continent one")
_ADVERBS = words(
    "also too still even usually normally often mostly generally typically likewise itself"
)
_PLACED = words(
    "image images photo photos photograph picture scene location place setting shown pictured"
    " visible"
    " depicted taken captured located situated here where seen"
)
RETRACTION_WORDS = "wait scratch actually course sorry mind nevermind strike correct correction"
_TAKEN_BACK = re.compile(
    r"(?i)[^.!?;\n]{0,24}(?:[.!?…]{1,3}|[—–-]|,|\()\s*(?:(?:hmm|oh|well|ah|hm|but|actually|or"
    r" rather)\b[,. ]*)*(?:no\b[,. ]+(?:wait|scratch|actually|of course|sorry|let me"
    r" correct|correction)"
    r"|wait\b[,. ]+(?:no\b|that'?s (?:not|wrong))|scratch that|never ?mind|strike that|correction)"
)


def taken_back(walk: Walk, last: int) -> bool:
    """Tell whether a statement is withdrawn in the next words: "… – no, scratch that"."""
    if "retraction" not in walk.triggered or last >= len(walk.ends):
        return False
    return bool(_TAKEN_BACK.match(walk.text, walk.ends[last]))


def is_subject(walk: Walk, first: int, last: int) -> bool:
    """Tell whether a name is what its sentence is about, as in "Peru has better roads".

    The words from ``first`` to ``last`` are the name. "Lyon is the best match" and "Lyon, because
    of the tiles" place the image and are none; neither is a name that stands alone.
    """
    number = walk.sentence[first]
    begin, end = walk.first[number], walk.first[number + 1]
    lead = walk.lows[begin : min(first, begin + 4)]
    if lead and len(lead) <= 3 and lead[0] in _GENERAL_OPENINGS and not walk.here[number]:
        return "," in walk.gap(last) or last + 1 < end
    head = _before_parenthesis(walk, first, begin)
    if head and _opens(walk, head[0], begin) and _has_predicate(walk, head[1], number):
        return True
    if not _opens(walk, first, begin):
        return False
    if _is_bullet(walk, first, last):
        return True
    return _has_predicate(walk, last, number)


def _opens(walk: Walk, first: int, begin: int) -> bool:
    """Tell whether a clause begins at a word, articles and the like left aside."""
    k = first
    while k > begin and walk.gap(k - 1) in (" ", ", "):
        if walk.lows[k - 1] == "s" and k - 2 >= begin and walk.gap(k - 2) == "'":
            k -= 2
            continue
        if walk.lows[k - 1] not in _BEFORE_SUBJECT:
            break
        k -= 1
        if walk.lows[k] in ("where", "while", "whereas", "though", "although", "since", "because"):
            return True
    return (
        k == begin
        or bool(_OPENS.search(walk.text, max(0, walk.starts[k] - 12), walk.starts[k]))
        or (k < first and walk.lows[k] in ("and", "but", "so"))
    )


def _before_parenthesis(walk: Walk, first: int, begin: int) -> tuple[int, int] | None:
    """Return the first and last word of the name in whose parentheses a word stands.

    So it is with "Honshu (Aomori, Akita) gets snow".
    """
    start = walk.starts[first]
    opening = walk.text.rfind("(", max(walk.starts[begin], start - _NEAR), start)
    if opening < 0 or walk.text.find(")", opening, start) >= 0:
        return None
    k = last = walk.at(opening) - 1
    if k < begin or not walk.words[k][0].isupper() or walk.text[walk.ends[k] : opening] != " ":
        return None
    while k > begin and walk.words[k - 1][0].isupper() and walk.gap(k - 1) == " ":
        k -= 1
    return k, last


def _is_bullet(walk: Walk, first: int, last: int) -> bool:
    """Tell whether a name is one of a list of candidates: "- Beirut – coastal, no sea here"."""
    start = walk.starts[first]
    if not _BULLET.search(walk.text, max(0, start - 12), start):
        return False
    if not _AFTER_BULLET.match(walk.text, walk.ends[last]):
        return False
    line = walk.text[walk.ends[last] : walk.ends[last] + _NEAR].split("\n", 1)[0]
    return not _YES.search(line)


def _has_predicate(walk: Walk, last: int, number: int) -> bool:
    """Tell whether a verb follows a name, its parentheses, appositions and fellow subjects."""
    text, at = walk.text, walk.ends[last]
    end = min(walk.first[number + 1], last + _FAR_WORDS)
    if text.startswith("'s ", at):
        return not any(word in _PLACED or word in ANSWERING for word in walk.lows[last + 2 : end])
    for _ in range(_PARTS):
        match = next((m for pattern in _SKIPPED if (m := pattern.match(text, at))), None)
        if match is None:
            break
        at = match.end()
    k = walk.at(at)
    if k < end and text[at : walk.starts[k]].strip() == "=" and walk.lows[k] not in ANSWERING:
        return walk.words[k][0].islower()
    while k < end and walk.lows[k] in _ADVERBS:
        k += 1
    if k > last + 1 and walk.lows[k - 1] in _ADVERBS and (k == end or walk.gap(k - 1) != " "):
        return True
    if k >= end or text[at : walk.starts[k]].strip(" *_\"'abcdefghijklmnopqrstuvwxyz"):
        return False
    word = walk.lows[k]
    if not walk.words[k][0].islower() or word in _NO_PREDICATE:
        return False
    if word in ANSWERING:
        return False
    rest = walk.lows[k:end]
    if word not in VERBS_OF_BEING or (word == "has" and rest[1:2] != ["to"]):
        return True
    if rest[1:2] == ["the"] and rest[2:3] and rest[2] in _KINDS and k + 3 >= min(end, k + 4):
        return False
    placed = {w for j, w in enumerate(rest) if w in _PLACED and rest[j - 1 : j] != ["of"]}
    return not placed and ANSWERING.isdisjoint(rest[:8])
