"""Angles in text: numbers with signs, degrees, minutes and seconds, hemispheres and labels."""

import re
from dataclasses import dataclass
from typing import Literal

from geobench_tools.plaintext import words

__all__ = ["Angle", "Axis", "find_angles"]

Axis = Literal["lat", "lon"]


@dataclass(frozen=True, slots=True)
class Angle:
    """A number that may be a latitude or a longitude.

    Attributes:
        value: Degrees, sign applied; None where the hemisphere's sign cannot be told.
        axis: What its hemisphere or label makes it, or None.
        start: Offset of its first character.
        end: Offset after its last character.
        places: Decimal places of its last part; 9 for degrees with minutes.
        labelled: Whether the axis comes from a label and not from a hemisphere.
    """

    value: float | None
    axis: Axis | None
    start: int
    end: int
    places: int
    labelled: bool = False


_HEMISPHERES: dict[tuple[Axis, int], str] = {
    (
        "lat",
        1,
    ): "N north northern norte nord noord norr kuzey północ северной северная северн шимал "
    "nördlich nördliche nördlicher noorderbreedte nb северно шимол शمال شمال شمالا شمالًا उत्तर",
    ("lat", -1): "S south southern sur sul sud süd zuid syd söder güney południe южной южная южн "
    "südlich südliche südlicher zuiderbreedte جنوب جنوبا جنوبًا दक्षिण",
    (
        "lon",
        1,
    ): "E east eastern este leste est ost oost øst öst öster doğu wschód восточной восточн "
    "östlich östliche östlicher oosterlengte شرق شرقا شرقًا पूर्व",
    ("lon", -1): "W west western oeste ouest ovest vest väst väster batı zachód западной западн "
    "westlich westliche westlicher westerlengte غرب غربا غربًا पश्चिम",
}
_BEFORE: dict[tuple[Axis, int], str] = {
    ("lat", 1): "北纬 北緯 북위",
    ("lat", -1): "南纬 南緯 남위",
    ("lon", 1): "东经 東經 東経 동경",
    ("lon", -1): "西经 西經 西経 서경",
}
_SIDE = {
    word.lower(): side
    for table in (_HEMISPHERES, _BEFORE)
    for side, names in table.items()
    for word in names.split()
} | {"сш": ("lat", 1), "юш": ("lat", -1), "вд": ("lon", 1), "зд": ("lon", -1)}
_LABELS: dict[Axis, str] = {
    "lat": "latitude latitud latitudine lat breite breitengrad широта 纬度 緯度 위도 enlem "
    "breedtegraad szerokość العرض अक्षांश",
    "lon": "longitude longitud longitudine long lon lng länge längengrad долгота 经度 經度 経度 "
    "경도 boylam lengtegraad długość الطول देशांतर",
}
_AXIS_OF_LABEL = {word: axis for axis, names in _LABELS.items() for word in names.split()}
_WEST_SPEAKING = re.compile(r"(?i)latitud|longitud|oeste|ouest|ovest|norte|\bsur\b|\bsul\b|\bsud\b")
_EAST_SPEAKING = re.compile(r"(?i)breite|länge|östlich|nördlich|\bost\b|\boost\b")


def _alternatives(*tables: dict[tuple[Axis, int], str]) -> str:
    found = words(" ".join(names for table in tables for names in table.values()))
    return "|".join(sorted((w for w in found if len(w) > 1), key=len, reverse=True))


_NUMBER = (
    r"(?P<deg>\d{1,15}\.\d{1,20}|\d{1,3},\d{1,20}(?=COMMA)|\d{1,15})(?:[eE](?P<exp>[+-]?\d{1,3})"
    r"(?![\d.,]*[\d]))?"
)
_DEGREES = (
    r"(?:°|\^?\{?\\circ\}{0,2}\$?|deg(?:rees?|\.)?(?![a-z])|gra(?:dos?|us?|d)(?![a-z])|degrés?|градус\w*"
    r"|度|도|d(?=\s?\d))"
)
_MINUTES = (
    r"(?P<min>\d{1,2}(?:[.,]\d{1,12})?)\s?(?:'(?!')|min(?:utes?|\.)?|m(?![a-z])|分|분|мин\.?)"
)
_SECONDS = r"(?P<sec>\d{1,2}(?:[.,]\d{1,12})?)\s?(?:\"|''|sec(?:onds?|\.)?|s(?![a-z])|秒|초|сек\.?)"
_COLONS = r":(?P<min2>[0-5]?\d)(?::(?P<sec2>[0-5]?\d(?:\.\d{1,12})?))?"
_BLANKS = r"\s(?P<min3>[0-5]?\d)(?:\s(?P<sec3>[0-5]?\d(?:\.\d{1,12})?))(?=\s?[NSEW](?![A-Za-z]))"
_LED = (
    r"(?(lead)(?:(?<=[\sNSEW:=]\d)|(?<=[\sNSEW:=]\d\d)|(?<=[\sNSEW:=]\d{3}))"
    r"\s(?P<min4>[0-5]?\d(?:\.\d{1,12})?)(?![\d°])(?:\s(?P<sec4>[0-5]?\d(?:\.\d{1,12})?)(?![\d°]))?"
    r"|(?!))"
)
_AFTER = (
    r"(?:\s{0,2}(?P<post>[NSEWO])(?![A-Za-z\u00c0-\u04ff])|\s?\((?P<bracket>[NSEW])\)"
    r"|[\s\\,;~]{0,3}\\(?:text|mathrm|textrm|mathbf|textbf|rm)\s?\{\s{0,2}(?P<tex>[NSEWO])\s?\}"
    r"|(?P<low>[nsew])(?![A-Za-z\u00c0-\u04ff])"
    r"|\s{0,2}(?P<cyr>[сюСЮвзВЗ]\.?\s?[шдШД])(?!\w)\.?"
    r"|\s{0,2}(?:(?:de|di|da|of|der)\s)?(?:lati\w{2,6}|longi\w{2,7})?\s{0,2}"
    rf"(?P<word>(?i:{_alternatives(_HEMISPHERES)}))(?![A-Za-z\u00c0-\u04ff]))"
)
_LEAD = (
    r"(?P<lead>(?<![A-Za-z\u00c0-\u04ff°])(?P<pre>[NSEW])\s?[:=]?\s?"
    r"|(?<![A-Za-z])(?P<long>(?i:north|south|east|west))\s{1,2}"
    rf"|(?P<han>{_alternatives(_BEFORE)})\s{{0,2}}(?:约|約)?)"
)
_SIGN = (
    r"(?P<sign>(?<![\w.°])[+\-–](?!\s)|(?<=[,;(\[]\s)[+\-–]\s|(?<![^(\[:=,;\n])—(?=\d)"
    r"|(?<=[:=,;]\s)—(?=\d)|(?<![^\W\d_])(?i:minus|negative|menos|moins|meno|минус)\s|负)?"
)
_PATTERN = (
    rf"(?:{_LEAD}|(?<![\w.])|(?<=[^A-Za-z][NSEWO])|(?<=[\u3000-\u9fff\uac00-\ud7af]))"
    rf"{_SIGN}{_NUMBER}"
    rf"(?:(?:\\[,;:!])?\s?{_DEGREES}(?:\s?{_MINUTES}(?:\s?{_SECONDS})?)?"
    rf"|{_COLONS}|{_BLANKS}|{_LED})?"
    rf"(?(lead)|(?:(?<=[nN])|{_AFTER})?)"
    r"(?P<error>\s?(?:±|\+/-)\s?\d{1,15}(?:\.\d{1,20})?\s?°?)?"
)
_POINT = re.compile(_PATTERN.replace("COMMA", r"\s?(?:°|\^?\\circ)|\s?[NSEW]\b|\s?deg"))
_COMMA = re.compile(_PATTERN.replace("COMMA", r"(?!\d)"))
_UNIT = re.compile(
    r"\s?(?:km|m|mi|miles?|met(?:er|re)s?|ft|feet|px|pixels?|years?|people|hours?|h|k|st|nd|rd|th"
    r"|kilomet(?:er|re)s?|am|pm|C|F)(?![A-Za-z])|\s?%(?!2[cC])|\s?°\s?[CF]\b"
)
_LABEL_AFTER = re.compile(
    r"(?i)\s{0,2}\(?(?P<label>lat(?:itude)?|long?(?:itude)?)\)?(?!\w)(?!\s{0,2}[:=]|\s{1,2}[-+]?\d)"
)
_LIST_NUMBER = re.compile(r"(?m)^\d{1,2}[.)][ \t*]")
_LABEL = re.compile(
    r"(?<![A-Za-z\u00c0-\u04ff])(?P<label>(?i:"
    + "|".join(sorted(_AXIS_OF_LABEL, key=len, reverse=True))
    + r"))(?:\.(?!\d))?(?:_?(?:deg|degrees|dd|decimal))?(?![A-Za-z\u00c0-\u04ff])"
    r"(?:\([^()\d\n]{0,24}\)|[\s:=\"'*_`~≈>|({\[$\\]|[-–—](?=\s)|(?<![A-Za-z])"
    r"(?i:is|of|at|about|around|est|ist|es|approx(?:imately)?\.?|roughly|value|coordinate|decimal"
    r"|degrees|около|ca\.)(?![A-Za-z])|[约約为為是はがは]){0,16}+"
)


def find_angles(text: str) -> list[Angle]:
    """Find the numbers of plain text that can be angles, with what hemisphere and label say.

    Args:
        text: Text after ``plaintext.plain``.

    Returns:
        Angles in order of appearance; numbers with a unit of length, time or share are left out,
        and so are the numbers of list lines.
    """
    point = re.search(r"\d\.\d", text)
    pattern = _POINT if point else _COMMA
    labels = {
        match.end(): _AXIS_OF_LABEL[match.group("label").lower()] for match in _LABEL.finditer(text)
    }
    angles = []
    for match in pattern.finditer(text):
        if _UNIT.match(text, match.end()) or _LIST_NUMBER.match(text, match.start()):
            continue
        angles.append(_angle(match, labels, text))
    return angles


def _angle(match: re.Match[str], labels: dict[int, Axis], text: str) -> Angle:
    group = match.group
    degrees = float(group("deg").replace(",", "."))
    if group("exp"):
        degrees = float(f"{degrees}e{group('exp')}")
    minutes = group("min") or group("min2") or group("min3") or group("min4")
    seconds = group("sec") or group("sec2") or group("sec3") or group("sec4")
    places = len(re.split("[.,]", group("deg"))[1]) if re.search("[.,]", group("deg")) else 0
    if minutes:
        parts = [float(part.replace(",", ".")) for part in (minutes, seconds or "0")]
        degrees = degrees + parts[0] / 60 + parts[1] / 3600 if max(parts) < 60 else float("inf")
        places = 9
    negative = (group("sign") or "+").strip() != "+"
    label = labels.get(match.start()) or labels.get(match.start("sign" if group("sign") else "deg"))
    word = next(
        (
            group(name)
            for name in ("pre", "long", "han", "post", "bracket", "tex", "low", "cyr", "word")
            if group(name)
        ),
        "",
    )
    word = re.sub(r"[.\s]", "", word).lower()
    if not word:
        after = None if label else _LABEL_AFTER.match(text, match.end())
        label = _AXIS_OF_LABEL[after.group("label").lower()] if after else label
        value = -degrees if negative else degrees
        return Angle(value, label, *match.span(), places, label is not None)
    axis, sign = _SIDE.get(word) or _west_or_east(text)
    unclear = sign == 0 or (negative and sign > 0) or (label is not None and label != axis)
    return Angle(None if unclear else sign * degrees, axis, *match.span(), places)


def _west_or_east(text: str) -> tuple[Axis, int]:
    west, east = bool(_WEST_SPEAKING.search(text)), bool(_EAST_SPEAKING.search(text))
    return "lon", int(east) - int(west)
