"""Claims about the view: season and sun, where the camera looks."""

import re
from collections.abc import Iterator

from geobench_tools.reasoning._claims import CheckOptions, Evidence
from geobench_tools.reasoning._finding import UNKNOWN, Finding, Judgement
from geobench_tools.reasoning._strength import stated
from geobench_tools.reasoning._truth import Truth
from geobench_tools.reasoning._walk import Walk

__all__ = [
    "BEARING_WORDS",
    "DIRECTION",
    "SEASON_WORDS",
    "SUN_WORDS",
    "apart_deg",
    "bearing_findings",
    "degrees_of",
    "season_findings",
    "sector_tolerance",
    "sun_findings",
]

DIRECTION = (
    r"(?:north|south)(?:[- ]?(?:north|south)?[- ]?(?:east|west))?(?:ern|erly)?"
    r"|(?:east|west)(?:[- ](?:north|south)[- ]?(?:east|west))?(?:ern|erly)?"
)
_ROSE = (
    *("n", "nne", "ne", "ene", "e", "ese", "se", "sse"),
    *("s", "ssw", "sw", "wsw", "w", "wnw", "nw", "nnw"),
)
_POINTS = {name: 22.5 * k for k, name in enumerate(_ROSE)}


def degrees_of(direction: str) -> float | None:
    """Return the azimuth of a direction in words, degrees; None if it is none."""
    parts = re.findall(r"north|south|east|west", direction.lower())
    return _POINTS.get("".join(part[0] for part in parts))


def sector_tolerance(direction: str, options: CheckOptions) -> float:
    """Return the largest error of a direction in words: half its sector is added."""
    parts = len(re.findall(r"north|south|east|west", direction.lower()))
    return options.bearing_tolerance_deg + {1: 45.0, 2: 22.5}.get(parts, 11.25)


def apart_deg(a: float, b: float) -> float:
    """Return the angle between two azimuths, degrees in [0, 180]."""
    return abs((a - b + 180.0) % 360.0 - 180.0)


SEASON_WORDS = (
    "summer winter spring autumn fall midsummer midwinter summertime wintertime springtime"
    " january february march april may"
    " june july august september october november december"
)
_MONTHS = [
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
]
_CAPTURE = (
    r"(?:taken|captured|shot|photographed|recorded|season|time of year|month|photo|image|picture"
    r"|scene"
    r"|view|it is|it's|must be|looks like|currently|during|dates? from|moment|capture|full swing"
    r"|right now|down here|leaves|foliage|blossoms?|snow\w*|frost)"
)
_SEASON = re.compile(
    r"(?i)\b(?:(?P<part>early|mid|late|high|full|deep)[ -])?"
    r"(?P<season>(?:mid)?(?:summer|winter)|spring|autumn|fall(?! (?:of|down|from|into|line|short"
    r"|under|on|within)))(?:time)?\b"
    r"(?! (?:olympic|palace|sport|resort|break|of|from|garden|house|camp))"
    rf"|\b(?:in|of|around|from|is|late|early|mid)[ -]"
    rf"(?P<month>{'|'.join(_MONTHS[:4] + _MONTHS[5:])}"
    rf"|(?-i:May))\b"
)
_SEASON_CUE = re.compile(
    rf"(?i)\b{_CAPTURE}\b|^\W*(?:\w+ ){{0,2}}(?:summer|winter|spring|autumn|fall)\W*$"
)
_CLIMATE_TALK = re.compile(
    r"(?i)\b(?:climates?|summers|winters|cold winters?|hot summers?|dry summers?|mild winters?|wet"
    r" winters?"
    r"|rainfall|region with|regions with|winter rain\w*|summer rain\w*|monsoon)\b"
)
_NORTHERN = {"winter": (12, 1, 2), "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11)}


_MONTH_SEASON = re.compile(
    rf"(?i)\b(?P<month>{'|'.join(_MONTHS[:4] + _MONTHS[5:])}|(?-i:May))\b[^.;:\n]{{0,24}}?"
    rf"\b(?:is|means|brings|falls in|being|=)\b[^.;:\n]{{0,12}}?"
    rf"\b(?:mid|early |late |high )?(?P<season>summer|winter|spring|autumn)"
    rf"|\b(?P<named>summer|winter|spring|autumn)(?: here)? (?:is|falls|comes|starts|begins) in "
    rf"(?P<in>{'|'.join(_MONTHS)})\b"
)


def season_findings(walk: Walk, number: int, truth: Truth, _: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about the season or month in which the view was taken."""
    start, end = walk.spans[number]
    for match in _MONTH_SEASON.finditer(walk.text, start, end):
        season = (match["season"] or match["named"]).lower()
        judgement = _season_of((match["month"] or match["in"]).lower(), season, truth)
        yield Finding("season", match.span(), season, stated(walk, match), judgement)
        start = match.end()
    if not _SEASON_CUE.search(walk.text[start:end]) or _CLIMATE_TALK.search(walk.text, start, end):
        return
    for match in _SEASON.finditer(walk.text, start, end):
        season = (match["season"] or "").lower().removeprefix("mid").replace("fall", "autumn")
        month = (match.group("month") or "").lower()
        strength = stated(walk, match)
        judgement = _month(month, truth) if month else _season(season, truth)
        yield Finding("season", match.span(), month or season, strength, judgement)


def _season(season: str, truth: Truth) -> Judgement:
    at = truth.facts.captured_at
    if at is None or truth.position is None:
        return UNKNOWN
    lat = truth.position[0]
    known = f"{at:%Y-%m-%d} at latitude {lat:.1f}"
    if abs(lat) < 18:
        return Judgement(None, Evidence(known, "the tropics have no such seasons", "metadata"))
    year_day = at.timetuple().tm_yday + (183 if lat < 0 else 0)
    middle = {"winter": 15, "spring": 105, "summer": 197, "autumn": 288}[season]
    days = abs((year_day - middle + 182.6) % 365.25 - 182.6)
    rule = "within 45 days of the season's middle, 68 where meteorological and astronomical differ"
    true = True if days <= 46 else None if days <= 68 else False
    return Judgement(true, Evidence(known, rule, "metadata"))


def _season_of(month: str, season: str, truth: Truth) -> Judgement:
    """Judge whether a month belongs to a season on this side of the equator."""
    if truth.position is None:
        return UNKNOWN
    lat = truth.position[0]
    evidence = Evidence(f"latitude {lat:.1f}", "seasons of that hemisphere", "metadata")
    if abs(lat) < 18:
        return Judgement(None, evidence)
    middle = _NORTHERN[season][1] + (6 if lat < 0 else 0)
    off = abs((_MONTHS.index(month) + 1 - middle + 6) % 12 - 6)
    return Judgement(True if off <= 1 else None if off == 2 else False, evidence)


def _month(month: str, truth: Truth) -> Judgement:
    at = truth.facts.captured_at
    if at is None:
        return UNKNOWN
    off = abs((_MONTHS.index(month) + 1 - at.month + 6) % 12 - 6)
    true = True if off == 0 else None if off == 1 else False
    rule = "the month of capture; a month's error is let pass"
    return Judgement(true, Evidence(f"{at:%Y-%m-%d}", rule, "metadata"))


SUN_WORDS = (
    "sun shadow shadows sunlight sunlit morning afternoon evening noon midday night dusk dawn"
    " sunset sunrise"
)
_SUN = re.compile(
    r"(?i)\b(?P<what>sun|sunlight|light)\b(?!flower)(?: position)?(?::"
    r"|(?:(?!shadow)[^.;\n]){0,48}?\b(?:in|from|to|towards?|at|is(?= due)))"
    r" (?:the |its )?"
    rf"(?:due |far |true )?(?P<from>{DIRECTION})\b(?! (?:hemisphere|america|africa|of))"
    rf"|\bshadows?\b[^.;\n]{{0,48}}?\b(?:to|towards?|pointing|falling|point|fall|cast|extend\w*"
    rf"|stretch\w*|run"
    rf"|lie|lean)(?: (?:to|towards?|due|the|roughly|almost|out|off|slightly)){{0,3}}"
    rf" (?P<to>{DIRECTION})(?:wards?)?\b"
    rf"|\bsun\b[^.;\n]{{0,32}}?\b(?P<height>high|low|overhead|zenith)\b"
)
_HOUR = re.compile(
    r"(?i)\b(?:taken|captured|shot|photographed|time of day|light|sun|scene|image|photo|it is|it's"
    r"|shadows?)\b"
    r"[^.;\n]{0,48}?\b(?P<hour>(?:early |late |mid-?)?(?:morning|afternoon|evening)|noon|midday"
    r"|(?<!polar )night"
    r"(?:time)?|dusk|dawn|sunset|sunrise|twilight)\b"
)
_GENERAL_SUN = re.compile(
    r"(?i)\b(?:hemisphere|would|at noon in|always|never (?:reaches|goes)|in general)\b"
)


def sun_findings(walk: Walk, number: int, truth: Truth, options: CheckOptions) -> Iterator[Finding]:
    """Yield what a sentence says about the sun, shadows and the time of day."""
    start, end = walk.spans[number]
    for match in _SUN.finditer(walk.text, start, end):
        strength = stated(walk, match)
        direction = match.group("from") or match.group("to")
        if direction:
            azimuth = degrees_of(direction)
            if azimuth is None:
                continue
            if match.group("to"):
                azimuth = (azimuth + 180.0) % 360.0
            judgement = _azimuth(azimuth, direction, truth, options)
            yield Finding("sun", match.span(), azimuth, strength, judgement)
        else:
            height = match.group("height").lower()
            yield Finding("sun", match.span(), height, strength, _height(height, truth))
    if _GENERAL_SUN.search(walk.text, start, end):
        return
    for match in _HOUR.finditer(walk.text, start, end):
        hour = match.group("hour").lower()
        strength = stated(walk, match, "hour")
        yield Finding("sun", match.span("hour"), hour, strength, _hour(hour, truth))


def _sun(truth: Truth) -> tuple[float, float] | None:
    if truth.sun is not None:
        return truth.sun.azimuth, truth.sun.elevation
    known = truth.facts.scene.get("sun")
    if isinstance(known, dict) and {"azimuth_deg", "altitude_deg"} <= known.keys():
        return float(known["azimuth_deg"]), float(known["altitude_deg"])
    return None


def _azimuth(value: float, words: str, truth: Truth, options: CheckOptions) -> Judgement:
    sun = _sun(truth)
    if sun is None:
        return UNKNOWN
    known = f"sun at azimuth {sun[0]:.0f}, {sun[1]:.0f} degrees high"
    if sun[1] > 80 or sun[1] < -6:
        rule = "the sun is overhead" if sun[1] > 0 else "the sun is below the horizon"
        return Judgement(None if sun[1] > 0 else False, Evidence(known, rule, "astral"))
    limit = sector_tolerance(words, options)
    return Judgement(
        apart_deg(value, sun[0]) <= limit, Evidence(known, f"within {limit:g} degrees", "astral")
    )


def _height(height: str, truth: Truth) -> Judgement:
    sun = _sun(truth)
    if sun is None:
        return UNKNOWN
    known = f"{sun[1]:.0f} degrees high"
    if height == "low":
        true = True if sun[1] <= 25 else None if sun[1] <= 45 else False
        return Judgement(true, Evidence(known, "low: up to 25 degrees", "astral"))
    if height == "high":
        true = True if sun[1] >= 40 else None if sun[1] >= 25 else False
        return Judgement(true, Evidence(known, "high: from 40 degrees on", "astral"))
    true = True if sun[1] >= 65 else None if sun[1] >= 50 else False
    return Judgement(true, Evidence(known, "overhead: from 65 degrees on", "astral"))


_HOURS = {
    "morning": (4.0, 12.5),
    "noon": (10.5, 13.5),
    "midday": (10.0, 14.5),
    "afternoon": (11.5, 19.0),
    "evening": (16.0, 23.0),
}


def _hour(hour: str, truth: Truth) -> Judgement:
    sun = _sun(truth)
    time = truth.solar_time
    if sun is None or time is None:
        return UNKNOWN
    known = f"solar time {int(time):02d}:{int(time * 60) % 60:02d}, sun {sun[1]:.0f} degrees high"
    word = hour.split()[-1].rpartition("-")[2]
    if word in ("dusk", "dawn", "sunset", "sunrise", "twilight"):
        rising = time < 12
        side = (word in ("dusk", "sunset") and rising) or (
            word in ("dawn", "sunrise") and not rising
        )
        rule = "sun within 12 degrees of the horizon, on that side of noon"
        return Judgement(abs(sun[1]) <= 12 and not side, Evidence(known, rule, "astral"))
    if word.startswith("night"):
        return Judgement(sun[1] < -3, Evidence(known, "sun 3 degrees under the horizon", "astral"))
    low, high = _HOURS[word]
    rule = f"{word}: {low:g} to {high:g} h solar time"
    if low <= time <= high:
        return Judgement(True, Evidence(known, rule, "astral"))
    near = low - 1.25 <= time <= high + 1.25
    return Judgement(None if near else False, Evidence(known, rule, "astral"))


BEARING_WORDS = (
    "camera viewer facing faces looking looks pointing heading bearing azimuth north south east"
    " west northeast"
    " northwest southeast southwest northern southern eastern western"
)
_LOOKS = re.compile(
    r"(?i)\b(?:camera|viewer|viewpoint|photo(?:graph)?(?:er)?|image|picture|shot|lens|view"
    r"|panorama|we|i"
    r"(?:'m| am)?)\b(?! of)(?! (?:lies|stands|sits|is located|was taken (?:to|north|south|east"
    r"|west)))[^.;:\n]{0,28}?"
    r"\b(?:looks?|looking|faces?|facing|points?|pointing|pointed|oriented|aimed|heads?|heading"
    r"|directed)\s"
    r"(?:roughly |due |almost |approximately |directly |nearly |about |more or less |to |towards? "
    r"|the |is |of "
    rf"|at ){{0,4}}(?:(?P<way>{DIRECTION})(?:wards?)?\b(?! of)"
    rf"|(?P<degrees>\d{{1,3}}(?:\.\d)?)\s?(?:°|degrees))"
)
_FIRST = (
    r"(?:camera|ground view|ground photo\w*|street view|street-level (?:view|photo|image)"
    r"|photographer|viewpoint"
    r"|first (?:view|image|photo|picture)|image 1|view 1|photo 1|panorama|photo (?:was|is)|viewer)"
)
_SECOND = (
    r"(?:(?:tile|satellite|candidate|image|overhead)\w*(?:'s)?(?: \w+)?(?: cent(?:re|er))?"
    r"|cent(?:re|er) of the (?:tile|satellite image)|second (?:view|image|photo|picture)|image 2"
    r"|view 2|photo 2|other (?:view|image))"
)
_BETWEEN = re.compile(
    rf"(?i)\b(?P<one>{_FIRST}|{_SECOND})\b[^.;\n]{{0,60}}?\b(?:to the |due |about |roughly |\d+ ?m"
    rf" )?"
    rf"(?P<way>{DIRECTION})(?:wards?)? (?:of|from) (?:the |its )?(?P<two>{_FIRST}|{_SECOND})\b"
)
_PART = re.compile(
    rf"(?i)\b(?:camera|viewpoint|photographer|ground view|viewer|photo)\b[^.;\n]{{0,60}}?\b(?:in"
    rf"|at|near) the "
    rf"(?P<way>{DIRECTION})(?:ern)? (?:part|corner|quadrant|half|side|edge|section) of the "
    r"(?:correct |right |matching |satellite )?(?:tile|candidate|satellite|image|overhead)"
)
_GENERAL_BEARING = re.compile(
    r"(?i)\b(?:bearing|azimuth)(?: of| is|:| from [^.;\n]{1,40}? (?:is|of))?\s(?:about |roughly "
    r"|approximately )?"
    r"(?P<degrees>\d{1,3}(?:\.\d)?)\s?(?:°|degrees)"
)


def bearing_findings(
    walk: Walk, number: int, truth: Truth, options: CheckOptions
) -> Iterator[Finding]:
    """Yield what a sentence says about where the camera looks and where the views lie."""
    start, end = walk.spans[number]
    text, facts = walk.text, truth.facts
    for pattern in (_BETWEEN, _PART):
        for match in pattern.finditer(text, start, end):
            way = match.group("way")
            azimuth = degrees_of(way)
            if azimuth is None:
                continue
            known = facts.bearing_deg
            if pattern is _PART:
                from_second = True
            else:
                from_second = bool(re.fullmatch(f"(?i){_FIRST}", match.group("one")))
                if from_second == bool(re.fullmatch(f"(?i){_FIRST}", match.group("two"))):
                    continue
            if known is not None and from_second:
                known = (known + 180.0) % 360.0
            strength = stated(walk, match)
            judgement = _direction(azimuth, way, known, "bearing between the views", options)
            yield Finding("bearing", match.span(), azimuth, strength, judgement)
    for match in _LOOKS.finditer(text, start, end):
        way = match.group("way") or ""
        azimuth = degrees_of(way) if way else float(match.group("degrees")) % 360.0
        if azimuth is not None:
            strength = stated(walk, match)
            judgement = _direction(
                azimuth, way, facts.heading_deg, "heading of the camera", options
            )
            yield Finding("bearing", match.span(), azimuth, strength, judgement)
    for match in _GENERAL_BEARING.finditer(text, start, end):
        azimuth = float(match.group("degrees")) % 360.0
        strength = stated(walk, match)
        judgement = _direction(azimuth, "", facts.bearing_deg, "bearing between the views", options)
        yield Finding("bearing", match.span(), azimuth, strength, judgement)


def _direction(
    azimuth: float, way: str, known: float | None, name: str, options: CheckOptions
) -> Judgement:
    if known is None:
        return UNKNOWN
    limit = sector_tolerance(way, options) if way else options.bearing_tolerance_deg
    evidence = Evidence(f"{name} {known:.0f} degrees", f"within {limit:g} degrees", "metadata")
    return Judgement(apart_deg(azimuth, known) <= limit, evidence)
