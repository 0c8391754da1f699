"""The template teacher's sentences: many ways to say the same true things, in four parts."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geobench_tools.counter_random import uniform
from geobench_tools.places import country_name
from geobench_tools.reasoning._template_teacher_known import (
    Known,
    Other,
    Thing,
    compass,
    opposite,
)
from geobench_tools.reasoning._template_teacher_names import (
    CONTINENTS,
    CURRENCIES,
    LANGUAGES,
    climate_word,
    with_article,
)

__all__ = ["Draw", "Parts", "write_parts"]

_ON_COAST_KM, _INLAND_KM = 20.0, 150.0
_UNCOUNTED = {"water", "trees", "crops"}


class Draw:
    """Choices that are a function of seed and name; the n-th call gives the n-th draw."""

    def __init__(self, seed: int, name: str) -> None:
        digest = hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=8).digest()
        self._key = int.from_bytes(digest, "little", signed=True)
        self._drawn = 0

    def number(self) -> float:
        """Return a number in [0, 1)."""
        self._drawn += 1
        return float(uniform(self._key, self._drawn))

    def chance(self, share: float) -> bool:
        """Return true in that share of the cases."""
        return self.number() < share

    def of(self, options: Sequence[str]) -> str:
        """Return one of the options."""
        return options[int(self.number() * len(options))]

    def shuffled(self, options: Sequence[str]) -> list[str]:
        """Return the options in another order."""
        keys = [self.number() for _ in options]
        return [option for _, option in sorted(zip(keys, options, strict=True))]


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
    topics = {name: write for name, write in _TOPICS.items() if write(known, draw)}
    names = draw.shuffled(sorted(topics))
    if stated in topics:
        names = [stated, *(name for name in names if name != stated)]
    chosen = names[: 3 + int(draw.number() * 3)]
    return " ".join(topics[name](known, draw) for name in draw.shuffled(chosen))


def _country(known: Known, draw: Draw) -> str:
    name = with_article(country_name(known.country) or known.country)
    return draw.of(
        (
            f"The way of building is that of {name}.",
            f"The photo was taken in {name}.",
            f"All of this points to {name}.",
            f"This place is in {name}.",
        )
    )


def _city(known: Known, draw: Draw) -> str:
    return draw.of(
        (
            f"The scene fits the town of {known.town}.",
            f"This must be in or near {known.town}.",
            f"The photo was taken around {known.town}.",
        )
    )


def _drives(known: Known, draw: Draw) -> str:
    return draw.of(
        (
            f"Traffic keeps to the {known.drives}.",
            f"Cars drive on the {known.drives} here.",
            f"People drive on the {known.drives} side of the road.",
        )
    )


def _hemisphere(known: Known, draw: Draw) -> str:
    return draw.of(
        (
            f"The place lies in the {known.hemisphere} hemisphere.",
            f"We are in the {known.hemisphere} hemisphere.",
        )
    )


def _season(known: Known, draw: Draw) -> str:
    if not known.season:
        return ""
    return draw.of(
        (
            f"The photo was taken in {known.season}.",
            f"The season is {known.season}.",
            f"It is {known.season} in this picture.",
        )
    )


def _sun(known: Known, draw: Draw) -> str:
    if known.sun_deg is None:
        return ""
    where = compass(known.sun_deg)
    return draw.of(
        (
            f"The sun stands in the {where}.",
            f"Sunlight comes from the {where}.",
            f"The sun is in the {where}, so shadows fall to the "
            f"{compass(opposite(known.sun_deg))}.",
        )
    )


def _continent(known: Known, draw: Draw) -> str:
    name = CONTINENTS.get(known.continent, "")
    if not name:
        return ""
    return draw.of((f"This is {name}.", f"The place lies in {name}.", f"We are in {name}."))


def _region(known: Known, draw: Draw) -> str:
    if not known.region:
        return ""
    return draw.of(
        (
            f"It lies in {known.region}.",
            f"The region is {known.region}.",
            f"The photo comes from {known.region}.",
        )
    )


def _climate(known: Known, draw: Draw) -> str:
    word = climate_word(known.koppen)
    if not word:
        return ""
    return draw.of(
        (
            f"The climate is {word}.",
            f"The vegetation grows in a {word} climate.",
            f"This region has a {word} climate.",
            f"The climate is {word} (Köppen {known.koppen}).",
        )
    )


def _coast(known: Known, draw: Draw) -> str:
    if known.coast_km <= _ON_COAST_KM:
        return draw.of(("The place lies on the coast.", "This is a coastal town."))
    if known.coast_km >= _INLAND_KM:
        return draw.of(
            ("The place lies far from the sea.", "It is located far inland, away from any coast.")
        )
    return ""


def _language(known: Known, draw: Draw) -> str:
    name = LANGUAGES.get(known.language, "")
    if not name:
        return ""
    return draw.of(
        (
            f"People here speak {name}.",
            f"Signs are written in {name}.",
            f"Shop signs are in {name}.",
        )
    )


def _currency(known: Known, draw: Draw) -> str:
    name = CURRENCIES.get(known.currency, "")
    if not name:
        return ""
    return draw.of((f"Prices are in {name}.", f"People pay in {name} here."))


def _phone(known: Known, draw: Draw) -> str:
    if not known.phone:
        return ""
    return draw.of(
        (
            f"Phone numbers begin with +{known.phone}.",
            f"The country code of phone numbers is +{known.phone}.",
        )
    )


def _tld(known: Known, draw: Draw) -> str:
    if not known.tld:
        return ""
    return draw.of(
        (f"Web addresses end in {known.tld}.", f"Local websites use the domain {known.tld}.")
    )


def _zone(known: Known, draw: Draw) -> str:
    if not known.utc_offset:
        return ""
    return draw.of(
        (
            f"Clocks here show {known.utc_offset}.",
            f"Local time here is {known.utc_offset}.",
        )
    )


_TOPICS: dict[str, Callable[[Known, Draw], str]] = {
    "country": _country,
    "city": _city,
    "continent": _continent,
    "admin1": _region,
    "climate": _climate,
    "coast": _coast,
    "language": _language,
    "currency": _currency,
    "phone_prefix": _phone,
    "tld": _tld,
    "timezone": _zone,
    "driving_side": _drives,
    "hemisphere": _hemisphere,
    "season": _season,
    "sun": _sun,
}
"""Topics of the third part; a topic about which nothing is known returns an empty text."""


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
