"""Where the seas are, by latitude and longitude: enough to tell one that is elsewhere."""

from functools import cache

__all__ = ["SEA_NAMES", "lies_at", "lies_at_a_lake"]

_BOXES = """
atlantic: 24 -82 70 -10, 8 -83 24 -50, -5 -60 8 -34, -56 -69.5 -5 -34, 43 -25 66 0, 36 -25 43 -5.5,
    -5 -25 36 -5.5, -5 -14 8 12, -36 8 -5 20, 58 -25 72 16
pacific: 0 119 66 180, -50 140 0 180, -60 -180 72 -130, 30 -130 72 -114, 14 -120 32 -94,
    5 -95 16 -77, -60 -82 5 -68
indian ocean: -36 18 25 102, -45 95 -5 130
arctic: 64 -180 90 180
mediterranean: 30 -6 46 19, 30 19 41 36.5
adriatic: 39.5 12 46 20.5
aegean: 35 22 41.2 28.5
ionian sea: 36 15 40.6 22
tyrrhenian: 37.5 8 44.5 16.3
black sea: 40.5 27 47.5 42
sea of marmara: 40 26 41.3 30
baltic: 53 9.5 66 31
gulf of finland: 59 22 61 31
gulf of bothnia: 60 17 66 26
north sea: 50.5 -4 62 10
english channel: 48.3 -6 51.5 2
irish sea: 51.8 -7 55 -2.5
norwegian sea: 60 3 72 25
barents sea: 66 20 80 60
caspian: 36 46 48 55
red sea: 12 32 30.5 44
persian gulf: 23 47 31 57
arabian gulf: 23 47 31 57
arabian sea: 5 50 26 78
bay of bengal: 5 79 24 99
andaman sea: 5 92 18 99.5
south china sea: -1 99 24 122
east china sea: 24 117 34 131
yellow sea: 32 117 41 128
sea of japan: 33 127 52 143
sea of okhotsk: 43 135 62 165
caribbean: 8 -90 24 -59
gulf of mexico: 17 -99 31 -80
gulf of california: 22 -115 32 -105
gulf of thailand: 5 98 14 106
gulf of guinea: -5 -9 8 13
java sea: -8.5 105 0 119
tasman sea: -48 145 -28 176
coral sea: -28 141 -8 165
hudson bay: 50 -96 66 -75
bay of biscay: 43 -9.5 48.5 -1
celtic sea: 47.5 -11 52.5 -3
ligurian sea: 42.5 7 44.6 10.6
sea of azov: 45 34.5 47.5 39.5
white sea: 63.5 32 68.5 44
kattegat: 55.8 10 58 13
skagerrak: 57 7 59.3 11.5
gulf of aden: 10 42.5 15.5 51.5
gulf of oman: 22 56 27.5 61.5
gulf of aqaba: 27.7 34 29.7 35.1
bering sea: 51 162 66.5 180, 51 -180 66.5 -157
labrador sea: 50 -65 66 -43
gulf of alaska: 54 -160 61.5 -130
gulf of tonkin: 17 105.5 22 110.5
sulu sea: 5 116.5 12 123.5
celebes sea: 0 117 7.5 125.5
banda sea: -8.5 120 -2 133
bight of benin: 3 -1 7 9
great australian bight: -36 115 -31 137
gulf of carpentaria: -18 135 -10 142.5
mozambique channel: -27 32 -10 51
strait of malacca: -1 95 8.5 104.5
"""
"""For each sea, boxes that hold its coasts: south, west, north and east in degrees."""

_LAKES = (
    (41.3, -92.3, 49.1, -76.0), (59.8, 29.8, 62.0, 36.5), (51.4, 103.6, 55.9, 110.0),
    (-3.2, 31.4, 0.7, 35.0), (-9.0, 29.0, -3.3, 31.3), (-14.6, 33.8, -9.4, 35.4),
    (-17.0, -70.2, -15.2, -68.5), (50.2, -99.3, 54.0, -96.2), (58.3, 12.3, 59.5, 14.2),
    (42.0, 76.1, 42.8, 78.4),
)  # fmt: skip
"""Boxes round lakes large enough to have a coast: the Great Lakes, Ladoga and Onega, Baikal,
Victoria, Tanganyika, Malawi, Titicaca, Winnipeg, Vänern, Issyk-Kul."""

_MARGIN_DEG = 0.75


@cache
def _boxes() -> dict[str, tuple[tuple[float, ...], ...]]:
    table = {}
    for line in _BOXES.replace(",\n", ",").strip().splitlines():
        name, _, boxes = line.partition(":")
        table[name] = tuple(tuple(map(float, box.split())) for box in boxes.split(","))
    return table


SEA_NAMES: tuple[str, ...] = tuple(sorted(_boxes(), key=lambda name: (-len(name), name)))
"""Names in lower case, longest first."""


def lies_at(sea: str, lat: float, lon: float, *, margin_deg: float = _MARGIN_DEG) -> bool:
    """Tell whether a position is in the part of the world where a sea is.

    Args:
        sea: One of ``SEA_NAMES``.
        lat: Latitude, degrees.
        lon: Longitude, degrees in [-180, 180].
        margin_deg: How far from the boxes of the sea counts too, degrees.
    """
    return any(
        south - margin_deg <= lat <= north + margin_deg
        and west - margin_deg <= lon <= east + margin_deg
        for south, west, north, east in _boxes()[sea]
    )


def lies_at_a_lake(lat: float, lon: float) -> bool:
    """Tell whether a position is in the region of a lake that people speak of as having a coast."""
    return any(south <= lat <= north and west <= lon <= east for south, west, north, east in _LAKES)
