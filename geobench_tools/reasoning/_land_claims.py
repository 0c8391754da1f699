"""Claims about the land: hemisphere and latitude, the climate."""

import re
from collections.abc import Iterator

from geobench_tools.places import reverse
from geobench_tools.reasoning._claims import CheckOptions, Evidence
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._strength import stated
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = [
    "CLIMATE_WORDS",
    "HEMISPHERE_WORDS",
    "climate_findings",
    "hemisphere_findings",
]

HEMISPHERE_WORDS = (
    "hemisphere hemispheres equator equatorial tropics tropic latitude latitudes arctic antarctic"
    " poles greenwich meridian degrees"
)
_HEMISPHERE = re.compile(
    r"(?i)\b(?P<side>north|south|east|west|[nsew](?=\.? hemi))(?:ern|\.)?[ -]hemisphere"
    r"|\bhemisphere\*{0,2}(?:\s?[:=–—]| is)\*{0,2} (?:the )?(?P<field>north|south|east|west)"
    r"|\b(?P<half>north|south)ern half of the (?:globe|world|planet|earth)"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|a few|some|\w+ty|\w+teen) degrees"
    r" (?P<angle>north|south)\b"
    r"|\b(?P<meridian>east|west) of (?:greenwich|the (?:prime |greenwich )?meridian)"
    r"|\b(?P<of>north|south) of the equator|(?P<under>\b(?:below|under)) the equator"
    r"|\b(?P<above>above) the equator"
    r"|\b(?P<equator>(?:near|close to|on|at|around|by|along) the equator|equatorial (?:region"
    r"|location"
    r"|zone|latitudes?|country|position|belt|area))"
    r"|\b(?P<tropics>(?:in|within|inside) the tropics|between the tropics|tropical latitudes?)"
    r"|\b(?P<below>(?:south of|below|outside) the arctic circle)"
    r"|\b(?P<arctic>(?:above|north of|beyond|within|inside) the arctic circle)"
    r"|\b(?P<zone>high|low|mid|middle|northerly|temperate)(?:er)?[ -]latitudes?"
)


_SIDES = {"n": "north", "s": "south", "e": "east", "w": "west"}


def hemisphere_findings(
    walk: Walk, number: int, truth: Truth, _: CheckOptions
) -> Iterator[Finding]:
    """Yield what a sentence says about hemisphere and latitude zone."""
    for match in _HEMISPHERE.finditer(walk.text, *walk.spans[number]):
        value, low, high = _latitudes(match, truth)
        strength = stated(walk, match)
        yield Finding("hemisphere", match.span(), value, strength, _within(low, high, truth, value))


def _latitudes(
    match: re.Match[str], truth: Truth
) -> tuple[str, tuple[float, float], tuple[float, float]]:
    """Return the zone's name, its range, and the range beyond which the claim is wrong."""
    named = match.group("side", "field", "half", "angle", "meridian", "of")
    side = next((one for one in named if one), None)
    side = side or (match.group("under") and "south") or (match.group("above") and "north")
    if side:
        side = _SIDES[side[0].lower()]
        sign = {"north": (0.0, 90.0), "south": (-90.0, 0.0)}.get(side)
        return side, sign or (0.0, 0.0), sign or (0.0, 0.0)
    if match.group("equator"):
        return "equator", (0.0, 10.0), (0.0, 15.0)
    if match.group("tropics"):
        return "tropics", (0.0, 23.44), (0.0, 25.0)
    if match.group("below"):
        return "below the arctic circle", (-90.0, 66.56), (-90.0, 67.0)
    if match.group("arctic"):
        return "arctic", (66.0, 90.0), (65.5, 90.0)
    zone = match.group("zone").lower()
    if zone in ("high", "northerly"):
        return "high latitude", (55.0, 90.0), (45.0, 90.0)
    if zone == "low":
        return "low latitude", (0.0, 30.0), (0.0, 38.0)
    return "middle latitude", (30.0, 60.0), (21.0, 67.0)


def _within(
    right: tuple[float, float], possible: tuple[float, float], truth: Truth, value: str
) -> Judgement:
    if truth.position is None:
        return UNKNOWN
    lat, lon = truth.position
    if value in ("east", "west"):
        known = f"longitude {lon:.4f}"
        if abs(lon) < 0.2 or abs(lon) > 179.8:
            return Judgement(None, Evidence(known, "too near the meridian to tell", "metadata"))
        return Judgement((lon > 0) == (value == "east"), Evidence(known, "sign", "metadata"))
    known = f"latitude {lat:.4f}"
    if value in ("north", "south"):
        if abs(lat) < 0.1:
            return Judgement(None, Evidence(known, "too near the equator to tell", "metadata"))
        return Judgement((lat > 0) == (value == "north"), Evidence(known, "sign", "metadata"))
    size = lat if "arctic" in value else abs(lat)
    rule = f"{value}: {right[0]:g} to {right[1]:g} degrees"
    if right[0] <= size <= right[1]:
        return Judgement(True, Evidence(known, rule, "metadata"))
    if possible[0] <= size <= possible[1]:
        return Judgement(None, Evidence(known, f"{rule}; not far off", "metadata"))
    return Judgement(False, Evidence(known, rule, "metadata"))


CLIMATE_WORDS = (
    "tropical subtropical arid desert semi semiarid steppe temperate mediterranean continental"
    " boreal"
    " subarctic taiga tundra polar monsoon savanna savannah rainforest oceanic maritime alpine"
    " highland köppen koppen climate deserts equatorial"
)
_CLASSES: dict[str, tuple[str, str]] = {
    "tropical rainforest": (r"Af", r"A.|Cfa"),
    "rainforest": (r"Af|Am", r"A.|C.."),
    "monsoon": (r"Am|Aw|As|Cwa", r"A.|C.a|Dw."),
    "savanna": (r"Aw|As", r"A.|BSh|Cwa|Cwb|Cfa"),
    "equatorial": (r"Af|Am", r"Aw|As"),
    "subtropical": (r"Cfa|Cwa", r"Cs.|Cw.|Aw|As|Am|BSh|BWh|Cfb"),
    "tropical": (r"A.", r"BSh|Cwa|Cwb|Cfa"),
    "semi-arid": (r"BS.", r"BW.|Cs.|Aw|As|Ds.|Cwa|Cwb|Dw."),
    "steppe": (r"BS.", r"BW.|Cs.|D.."),
    "desert": (r"BW.", r"BS."),
    "arid": (r"B..", r"Cs.|Ds."),
    "mediterranean": (r"Cs.", r"BS.|Cfa|Cfb|Ds."),
    "oceanic": (r"Cfb|Cfc", r"Cs.|Cfa|Cwb|Dfb|Dfc"),
    "subarctic": (r"D.[cd]", r"D.b|ET|Cfc|Cfb"),
    "boreal": (r"D.[cd]", r"D.b|ET|Cfc|Cfb"),
    "temperate": (r"C..", r"D.[ab]|BSk"),
    "continental": (r"D..", r"BSk|BWk|Cfa|Cfb|Cwa"),
    "tundra": (r"ET", r"D.[cd]|EF"),
    "polar": (r"E.", r"D.[cd]"),
    "alpine": (r"ET|D.c", r"D..|Cfb|Cfc"),
    "highland": (r"Cw[bc]|ET", r"..?.?"),
}
"""By word: Köppen classes that it fits, and others that it may be used of."""

_SAME = {
    "taiga": "boreal",
    "semiarid": "semi-arid",
    "semi arid": "semi-arid",
    "savannah": "savanna",
    "maritime": "oceanic",
    "deserts": "desert",
    "humid subtropical": "subtropical",
    "sub-tropical": "subtropical",
    "semi-desert": "semi-arid",
    "tropical savanna": "savanna",
    "tropical savannah": "savanna",
    "tropical monsoon": "monsoon",
    "hot desert": "desert",
    "cold desert": "desert",
    "warm temperate": "temperate",
    "cool temperate": "temperate",
    "temperate oceanic": "oceanic",
    "temperate maritime": "oceanic",
    "humid continental": "continental",
    "temperate continental": "continental",
}
_KIND = (
    "tropical rainforest|tropical savannah?|tropical monsoon|humid subtropical|sub-?tropical"
    "|tropical"
    "|semi[- ]?arid|semi-desert|(?:hot |cold )?desert|arid|steppe|temperate (?:oceanic|maritime"
    "|continental)"
    "|(?:warm |cool )?temperate|mediterranean|humid continental|continental|boreal|sub-?arctic"
    "|taiga"
    "|tundra|polar|monsoon|savannah?|rainforest|oceanic|maritime|alpine|highland|equatorial"
)
_NOUN = (
    "climates?|vegetation|zones?|regions?|biomes?|conditions|environments?|landscapes?|settings?"
    "|forests?"
    "|belt|flora|areas?|locations?|latitudes|country|countries|plants?|trees|greenery|foliage"
    "|ecosystems?|heat|patterns?|regimes?|city|town|islands?"
    "|scrub(?:land)?|shrub(?:land)?s?|woodlands?|weather|palms?|grasslands?|terrain|plateau|soils?"
)
_CLIMATE = re.compile(
    rf"(?i)\b(?P<before>{_KIND})(?:(?:,|/| to| or| and|-)\s?(?:{_KIND}|dry|humid|hot|wet|cold"
    rf"|warm))?"
    rf"(?:,? (?:dry|humid|hot|cold|warm|wet|lowland|coastal|maritime|monsoon|highland"
    rf"|climatic)){{0,2}}"
    rf" (?:{_NOUN})\b"
    r"|\bclimate(?: here| there| zone| class| type| classification)?\*{0,2}\s?(?:is|'s"
    r"|[:=–—-]\*{0,2}"
    r"|seems|appears|looks|feels|as|being|of|would be|)(?: (?:a|an|the|to be|clearly|likely"
    r"|probably|most|very|typically"
    r"|distinctly"
    rf"|mild|hot|cold|dry|humid|warm|wet|rather|quite|type|is),?){{0,4}} (?P<after>{_KIND})\b"
    rf"|(?:\bclimate|\bweather|köppen|koppen)\b[^.;:!?\n]{{0,40}}?\b(?P<talk>{_KIND})\b(?=[\s*]*(?:[.,;)]|$|and|with|all|but))"
    rf"|\b(?:region|area|place|city|country|land|location) (?:is|lies in|has) (?:an? )?(?:\w+ )?"
    rf"(?P<is>{_KIND})\b(?! (?:of|sea|style|architecture))"
    r"|\b(?:in|through|across|of) (?:the|a) (?:\w+ )?(?P<bare>desert|taiga|tundra|savannah?|steppe"
    r"|rainforest)\b"
)
_CODE = re.compile(r"\b(?:A[fmws]|B[SW][hk]|[CD][sfw][a-d]|ET|EF)\b")
_CODE_CUE = re.compile(r"(?i)k[öo]e?ppen|climate|classif")


def climate_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about the climate."""
    start, end = walk.spans[number]
    for match in _CLIMATE.finditer(walk.text, start, end):
        word = next(
            found for found in match.group("before", "after", "is", "bare", "talk") if found
        ).lower()
        word = _SAME.get(word, word)
        strength = stated(walk, match)
        yield Finding("climate", match.span(), word, strength, _climate(word, truth))
    if _CODE_CUE.search(walk.text, start, end):
        for match in _CODE.finditer(walk.text, start, end):
            strength = stated(walk, match)
            yield Finding(
                "climate", match.span(), match.group(), strength, _koppen(match.group(), truth)
            )


def _climate(word: str, truth: Truth) -> Judgement:
    said = truth.facts.scene.get("climate")
    if isinstance(said, str) and said.lower() == word:
        return Judgement(True, Evidence(said, "the scene has this climate", "scene"))
    if truth.place is None or not truth.place.koppen:
        return UNKNOWN
    code = truth.place.koppen
    right, possible = _CLASSES[word]
    rule = f"{word} is {right.replace('|', ', ')} in Köppen's classes"
    if re.fullmatch(right, code):
        return Judgement(True, Evidence(code, rule, "Köppen grid"))
    around = f"{right}|{possible}" if word in _DRY else right
    if _is_used_of(possible, code, word, truth) or any(
        re.fullmatch(around, near) for near in _neighbours(truth)
    ):
        return Judgement(
            None, Evidence(code, f"{rule}; it is used of this class too", "Köppen grid")
        )
    return Judgement(False, Evidence(code, rule, "Köppen grid"))


_DRY = frozenset(["desert", "arid", "semi-arid", "steppe"])
"""Words for climates that change within a few kilometres at the foot of mountains."""

_WARM = 29.0
_COOL = 50.0


def _is_used_of(possible: str, code: str, word: str, truth: Truth) -> bool:
    """Tell whether people use the word of this class, at this latitude."""
    if not re.fullmatch(possible, code) or truth.position is None:
        return False
    lat = abs(truth.position[0])
    if word in ("tropical", "rainforest", "monsoon", "savanna", "equatorial"):
        return lat <= _WARM
    return not (word in ("boreal", "subarctic") and code.startswith("C") and lat < _COOL)


def _koppen(code: str, truth: Truth) -> Judgement:
    if truth.place is None or not truth.place.koppen:
        return UNKNOWN
    known = truth.place.koppen
    if code == known:
        return Judgement(True, Evidence(known, "the class of the grid cell", "Köppen grid"))
    if code in _neighbours(truth):
        rule = "the class of a place 15 km away"
        return Judgement(True, Evidence(known, rule, "Köppen grid"))
    return Judgement(False, Evidence(known, "not the class here or within 15 km", "Köppen grid"))


def _neighbours(truth: Truth) -> frozenset[str]:
    """Return the climate classes 15 km away in eight directions."""
    from geobench_tools.geo import destination

    if truth.position is None:
        return frozenset()
    lats, lons = destination(*truth.position, [45.0 * k for k in range(8)], 15_000.0)
    return frozenset(code for code in reverse(lats, lons).koppen if code)
