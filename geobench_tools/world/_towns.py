"""The real towns in whose place the world is laid out.

Positions are those of the town centres to about 100 m; driving side and climate class are facts of
the country and the region. Streets and houses are invented.
"""

from dataclasses import dataclass

__all__ = ["TOWNS", "Town"]


@dataclass(frozen=True)
class Town:
    """A real town.

    Attributes:
        name: English name.
        country: ISO 3166-1 alpha-2 code.
        lat: Latitude of the centre, WGS-84 degrees.
        lon: Longitude of the centre, WGS-84 degrees.
        drives: Side of the road that traffic keeps to, ``left`` or ``right``.
        climate: Name of the climate class, a key of ``CLIMATES``.
        style: Name of the building style, a key of ``STYLES``.
    """

    name: str
    country: str
    lat: float
    lon: float
    drives: str
    climate: str
    style: str


TOWNS = (
    Town("Lyon", "FR", 45.764, 4.835, "right", "temperate", "west-europe"),
    Town("Nairobi", "KE", -1.286, 36.817, "left", "highland", "africa"),
    Town("Denver", "US", 39.739, -104.990, "right", "continental", "north-america"),
    Town("Kyoto", "JP", 35.012, 135.768, "left", "subtropical", "japan"),
    Town("Valparaiso", "CL", -33.046, -71.620, "right", "mediterranean", "latin-america"),
    Town("Jaipur", "IN", 26.915, 75.820, "left", "arid", "south-asia"),
    Town("Leeds", "GB", 53.797, -1.544, "left", "temperate", "british"),
    Town("Adelaide", "AU", -34.929, 138.601, "left", "mediterranean", "australia"),
    Town("Marrakesh", "MA", 31.629, -7.981, "right", "arid", "middle-east"),
    Town("Tampere", "FI", 61.498, 23.761, "right", "boreal", "nordic"),
    Town("Hue", "VN", 16.463, 107.585, "right", "tropical", "east-asia"),
    Town("Curitiba", "BR", -25.429, -49.271, "right", "subtropical", "latin-america"),
    Town("Bologna", "IT", 44.494, 11.343, "right", "mediterranean", "mediterranean"),
    Town("Kumasi", "GH", 6.688, -1.624, "right", "tropical", "africa"),
    Town("Halifax", "CA", 44.649, -63.575, "right", "continental", "north-america"),
    Town("Daegu", "KR", 35.871, 128.601, "right", "continental", "east-asia"),
    Town("Isfahan", "IR", 32.654, 51.668, "right", "arid", "middle-east"),
    Town("Wroclaw", "PL", 51.110, 17.033, "right", "temperate", "west-europe"),
    Town("Oaxaca", "MX", 17.061, -96.725, "right", "highland", "latin-america"),
    Town("Dunedin", "NZ", -45.874, 170.503, "left", "temperate", "australia"),
    Town("Valencia", "ES", 39.470, -0.376, "right", "mediterranean", "mediterranean"),
    Town("Durban", "ZA", -29.858, 31.021, "left", "subtropical", "australia"),
    Town("Yogyakarta", "ID", -7.797, 110.369, "left", "tropical", "east-asia"),
    Town("Rosario", "AR", -32.947, -60.639, "right", "subtropical", "latin-america"),
    Town("Bergen", "NO", 60.393, 5.324, "right", "boreal", "nordic"),
    Town("Tucson", "US", 32.222, -110.975, "right", "arid", "north-america"),
    Town("Kazan", "RU", 55.796, 49.109, "right", "continental", "east-europe"),
    Town("Galle", "LK", 6.033, 80.217, "left", "tropical", "south-asia"),
    Town("Izmir", "TR", 38.419, 27.129, "right", "mediterranean", "mediterranean"),
    Town("Dakar", "SN", 14.693, -17.447, "right", "arid", "africa"),
    Town("Sapporo", "JP", 43.062, 141.354, "left", "continental", "japan"),
    Town("Antwerp", "BE", 51.220, 4.400, "right", "temperate", "west-europe"),
    Town("Cuenca", "EC", -2.900, -79.006, "right", "highland", "latin-america"),
    Town("Chiang Mai", "TH", 18.788, 98.985, "left", "tropical", "east-asia"),
    Town("Savannah", "US", 32.081, -81.091, "right", "subtropical", "north-america"),
    Town("Plovdiv", "BG", 42.144, 24.750, "right", "continental", "east-europe"),
    Town("Lahore", "PK", 31.550, 74.344, "left", "arid", "south-asia"),
    Town("Perth", "AU", -31.953, 115.857, "left", "mediterranean", "australia"),
    Town("Cork", "IE", 51.898, -8.476, "left", "temperate", "british"),
    Town("Amman", "JO", 31.955, 35.945, "right", "arid", "middle-east"),
)
"""In the order in which a world of n towns takes them, so that few towns span the continents."""
