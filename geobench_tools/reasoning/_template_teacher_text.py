"""The template teacher's sentences: many ways to say the same true things, in four parts."""

from dataclasses import dataclass

from geobench_tools.reasoning._template_teacher_draw import Draw
from geobench_tools.reasoning._template_teacher_known import (
    Known,
    Other,
    Thing,
    compass,
    opposite,
)
from geobench_tools.reasoning._template_teacher_topics import TOPICS

__all__ = ["Parts", "write_parts"]

_UNCOUNTED = {"water", "trees", "crops"}


@dataclass(frozen=True)
class Parts:
    """The four parts, each a few sentences."""

    visual: str
    cross_view: str
    knowledge: str
    conclusion: str


def write_parts(known: Known, draw: Draw, stated: str = "") -> Parts:
    """Write what is known.

    Args:
        known: What to say.
        draw: How to say it.
        stated: A topic of the third part that must be said: ``country``, ``hemisphere`` …
    """
    return Parts(
        _visual(known, draw), _cross_view(known, draw), _knowledge(known, draw, stated),
        _conclusion(known, draw),
    )  # fmt: skip


def _visual(known: Known, draw: Draw) -> str:
    a, b = compass(known.street_deg), compass(opposite(known.street_deg))
    street = "wide street" if known.rank == "main street" else "side street"
    said = [
        draw.of(
            (
                f"The photo is taken on a {street} that runs from {a} to {b}.",
                f"A {street} about {known.width_m:.0f} metres wide leads {a} and {b}.",
                f"The camera stands on a {street}; it leaves the picture to the {a} and to the "
                f"{b}.",
                f"In the foreground a {street} stretches between {a} and {b}, roughly "
                f"{known.width_m:.0f} metres across.",
            )
        )
    ]
    rest = [_landmark(thing, draw) for thing in known.landmarks[:2]]
    rest += [_ground(thing, draw) for thing in known.near[:2]]
    if known.houses > 0.12:
        rest.append(
            draw.of(
                (
                    "Buildings line both sides and close the view.",
                    "Facades fill much of the picture.",
                    "The street is densely built up.",
                )
            )
        )
    elif known.houses < 0.04:
        rest.append(
            draw.of(
                (
                    "Few houses are in sight and the sky is wide.",
                    "The surroundings are open, with little building.",
                    "There is more open ground than building here.",
                )
            )
        )
    if known.trees > 8:
        rest.append(
            draw.of(
                (
                    "Trees stand in many directions.",
                    "Rows of trees break the outline of the houses.",
                    "There are trees almost all around.",
                )
            )
        )
    return " ".join(said + draw.shuffled(rest)[:4])


def _landmark(thing: Thing, draw: Draw) -> str:
    where = compass(thing.azimuth_deg)
    about = _rounded(thing.distance_m)
    return draw.of(
        (
            f"{_a(thing.kind).capitalize()} rises in the {where}, some {about} metres away.",
            f"To the {where} one sees {_a(thing.kind)} at about {about} metres.",
            f"{_a(thing.kind).capitalize()} stands out to the {where}.",
            f"Beyond the roofs in the {where} there is {_a(thing.kind)}.",
        )
    )


def _ground(thing: Thing, draw: Draw) -> str:
    if thing.spans_deg > 200:
        return f"There is {_some(thing.kind)} on more than one side of the camera."
    where = compass(thing.azimuth_deg)
    return draw.of(
        (
            f"{_some(thing.kind).capitalize()} lies to the {where}, {thing.distance_m:.0f} m from "
            "the camera at its nearest.",
            f"On the {where} side there is {_some(thing.kind)}, close to the road.",
            f"Next to the street, to the {where}, I see {_some(thing.kind)}.",
        )
    )


def _cross_view(known: Known, draw: Draw) -> str:
    a, b = compass(known.street_deg), compass(opposite(known.street_deg))
    letter = known.letter
    said = [
        draw.of(
            (
                f"In candidate {letter} the road through the middle of the tile runs from {a} to "
                f"{b}, as in the photo.",
                f"Seen from above, candidate {letter} has a street along the {a}-to-{b} line at "
                "its centre, which fits the photo.",
                f"The centre of candidate {letter} is crossed by a road that points {a} and {b}, "
                "the same way as the street of the photo.",
            )
        )
    ]
    for thing in known.near[:1]:
        if thing.spans_deg <= 200:
            where = compass(thing.azimuth_deg)
            said.append(
                draw.of(
                    (
                        f"Candidate {letter} also shows {_some(thing.kind)} to the {where} of the "
                        "centre.",
                        f"The {thing.kind} of the photo reappears {where} of the middle of "
                        f"candidate {letter}.",
                    )
                )
            )
    said += [_unlike(other, known, draw) for other in known.others[:2]]
    if len(known.others) > 2 and draw.chance(0.6):
        said.append(_unlike(known.others[2], known, draw))
    return " ".join(said)


def _unlike(other: Other, known: Known, draw: Draw) -> str:
    if other.street_deg is not None:
        a, b = compass(other.street_deg), compass(opposite(other.street_deg))
        if a not in (compass(known.street_deg), compass(opposite(known.street_deg))):
            return draw.of(
                (
                    f"Candidate {other.letter} does not match: its street runs {a} to {b} instead.",
                    f"By contrast, the road of candidate {other.letter} goes {a} to {b}, so it is "
                    "out.",
                    f"Candidate {other.letter} is turned differently, {a} to {b}.",
                )
            )
        return draw.of(
            (
                f"The road in candidate {other.letter} is turned by a good angle against that of "
                "the photo.",
                f"Candidate {other.letter} has its street at another angle.",
            )
        )
    if other.lacks:
        return draw.of(
            (
                f"Candidate {other.letter} lacks the {other.lacks}.",
                f"There is no {other.lacks} in candidate {other.letter}.",
            )
        )
    if other.has:
        return draw.of(
            (
                f"Candidate {other.letter} has {_some(other.has)} that the photo does not show.",
                f"The {other.has} of candidate {other.letter} is missing from the photo.",
            )
        )
    return draw.of(
        (
            f"Candidate {other.letter} is similar in its main lines, but its details fit less "
            "well.",
            f"Candidate {other.letter} could be confused with it, yet its pattern of blocks "
            "differs.",
        )
    )


def _knowledge(known: Known, draw: Draw, stated: str) -> str:
    topics = {name: write for name, write in TOPICS.items() if write(known, draw)}
    names = draw.shuffled(sorted(topics))
    if stated in topics:
        names = [stated, *(name for name in names if name != stated)]
    chosen = names[: 3 + int(draw.number() * 3)]
    return " ".join(topics[name](known, draw) for name in draw.shuffled(chosen))


def _conclusion(known: Known, draw: Draw) -> str:
    letter = known.letter
    return draw.of(
        (
            f"Road direction and surroundings agree only with candidate {letter}.",
            f"Candidate {letter} is the place of the photo.",
            f"Taken together, the evidence favours candidate {letter}.",
            f"The best match is candidate {letter}.",
            f"So the photo was taken in candidate {letter}.",
        )
    )


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _some(kind: str) -> str:
    if kind in _UNCOUNTED:
        return "open water" if kind == "water" else f"a field of {kind}"
    return f"a {kind}"


def _rounded(metres: float) -> int:
    step = 10 if metres < 150 else 50
    return max(step, round(metres / step) * step)
