"""Names that stand in a text which has settled on its place: claims only if said of the image.

A text places its image once. Where it has named its place in so many words, rightly or wrongly,
another name of that kind or a wider one is mostly mentioned: a neighbour, a capital, a comparison,
a view across the water. It is a claim if its sentence concludes, points at the image, says "it is",
or holds nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from geobench_tools.plaintext import words
from geobench_tools.reasoning._finding import Finding
from geobench_tools.reasoning._name_words import SETTLEMENT
from geobench_tools.reasoning._walk import Walk

__all__ = ["Settled", "mentioned", "settled"]

_LEVELS = ("city", "admin1", "country", "continent")
_POINTING = words(
    "this here image images photo photos photograph scene location place picture view views shot"
    " we us i setting panorama tile snapshot answer taken captured located situated pictured my our"
    " camera viewer photographer everything evidence"
)
_AREAS = SETTLEMENT | words("country nation republic division continent")
_LABELS = _AREAS | _POINTING | words("verdict conclusion guess choice match")
_IT = words("it that")
_BEING = words("is s was be are re am m must seems looks appears lies sits stands")
_BEFORE_NAME = (_AREAS | _BEING) | words(
    "says confirms means screams proves fits matches points point to around near or in at within"
    " inside from as the a an of capital port northern southern eastern western central downtown"
    " coastal"
)
_REACH = 10
_CLAUSE = 40
"""Words of a clause on either side of a name that are looked at."""

_GAP = 24
"""Characters between a place and the name that says where it lies."""

_JOINED = words("in on at of the is s was be")
_PLAIN = words("in of the and near at a an de la el du des di da do city town")


@dataclass(frozen=True)
class Settled:
    """What a text has settled on.

    Attributes:
        level: The narrowest kind of place that it names so, as a number; more than any if none.
        ends: Where the names end that are right.
    """

    level: int
    ends: frozenset[int]


def settled(walk: Walk, placed: Sequence[Finding]) -> Settled:
    """Return what a text has settled on, rightly or wrongly.

    Args:
        walk: The walk over the trace.
        placed: Its names of places, as if each were said of the image.
    """
    named = [one for one in placed if one.strength == "asserted" and one.kind in _LEVELS]
    ends = frozenset(one.span[1] for one in named if one.judgement.true)
    levels = (
        _LEVELS.index(one.kind) for one in named if one.judgement.true or _of_image(walk, one, ends)
    )
    return Settled(min(levels, default=len(_LEVELS)), ends)


def mentioned(walk: Walk, finding: Finding, on: Settled) -> Finding:
    """Return what a name says of the image's place, as a contrast if it is only mentioned."""
    if finding.strength != "asserted" or finding.judgement.true is not False:
        return finding
    if finding.kind not in _LEVELS or _LEVELS.index(finding.kind) < on.level:
        return finding
    if _of_image(walk, finding, on.ends):
        return finding
    return replace(finding, strength="contrast")


def _of_image(walk: Walk, finding: Finding, ends: frozenset[int]) -> bool:
    first, last = walk.at(finding.span[0]), walk.at(finding.span[1] - 1)
    number, clause = walk.sentence[first], walk.clause[first]
    if walk.concluding[number]:
        return True
    begin = max(walk.first[number], first - _CLAUSE)
    end = min(walk.first[number + 1], last + _CLAUSE)
    own = [k for k in range(begin, end) if walk.clause[k] == clause]
    if all(k in range(first, last + 1) or _is_plain(walk, k) for k in own):
        label = own[0] - 1
        return label < begin or walk.gap(label)[:1] != ":" or walk.lows[label] in _LABELS
    if _is_the_area(walk, first, last) or _follows_place(walk, first, ends):
        return True
    before = [walk.lows[k] for k in own if k < first]
    rest = list(before)
    while rest and rest[-1] in _BEFORE_NAME:
        rest.pop()
    led = before[len(rest) :]
    if not led:
        return False
    if not rest:
        return not _BEING.isdisjoint(led)
    said = rest[-1] in _IT and not (_BEING | {"of"}).isdisjoint(led)
    return said or not _POINTING.isdisjoint(rest[-_REACH:])


def _is_the_area(walk: Walk, first: int, last: int) -> bool:
    """Tell whether a name is given to an area: "the province of X", "X is the country"."""
    k = first - 1
    while k >= 0 and walk.lows[k] in _JOINED and walk.gap(k) in (" ", "'"):
        k -= 1
    if k >= 0 and walk.lows[k] in _AREAS and walk.sentence[k] == walk.sentence[first]:
        return not walk.gap(k).strip(" '\"*_:=")
    after = walk.lows[last + 1 : last + 4]
    return after[:2] == ["is", "the"] and after[2:] != [] and after[2] in _AREAS


def _follows_place(walk: Walk, first: int, ends: frozenset[int]) -> bool:
    """Tell whether a name says where the right place lies, as in "Lyon in Brittany"."""
    start = walk.starts[first]
    before = next((at for at in range(start - 1, start - _GAP, -1) if at in ends), None)
    return before is not None and _JOINED.issuperset(
        walk.text[before:start].replace(",", " ").split()
    )


def _is_plain(walk: Walk, k: int) -> bool:
    return walk.words[k][0].isupper() or walk.lows[k] in _PLAIN
