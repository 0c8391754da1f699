"""How a region builds and what grows there: palettes, street patterns, land use, trees."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["CLIMATES", "CONIFER", "SPECIES", "STYLES", "USES", "Climate", "Style", "rgb"]

USES = (
    "houses",
    "terraces",
    "perimeter",
    "slabs",
    "downtown",
    "mall",
    "industry",
    "park",
    "sport",
    "plaza",
    "wood",
    "field",
    "campus",
)
"""What a block is used for."""

SPECIES = ("broadleaf", "conifer", "palm", "cypress", "umbrella", "birch")
CONIFER = SPECIES.index("conifer")


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of a colour given as ``rrggbb``."""
    return int(colour[:2], 16), int(colour[2:4], 16), int(colour[4:], 16)


@dataclass(frozen=True)
class Climate:
    """What the ground and the trees look like.

    Attributes:
        grass: Colour of well-kept grass in the growing season, ``rrggbb``.
        soil: Colour of bare ground.
        wild: Colour of untended ground.
        species: Share of each of ``SPECIES``.
        deciduous: Whether broadleaved trees lose their leaves in winter.
        snow: Chance that a winter view has snow.
        green: How much of the open ground is grass rather than soil, 0 to 1.
    """

    grass: str
    soil: str
    wild: str
    species: tuple[float, ...]
    deciduous: bool
    snow: float
    green: float


CLIMATES: Mapping[str, Climate] = {
    "temperate": Climate(
        "56733a", "7d6a50", "667a45", (0.72, 0.10, 0.0, 0.02, 0.0, 0.16), True, 0.06, 0.95
    ),
    "continental": Climate(
        "5f7a3c", "84705a", "7c7d4e", (0.6, 0.22, 0.0, 0.0, 0.0, 0.18), True, 0.25, 0.88
    ),
    "boreal": Climate(
        "55703a", "75695a", "5f6b42", (0.25, 0.5, 0.0, 0.0, 0.0, 0.25), True, 0.35, 0.95
    ),
    "mediterranean": Climate(
        "74783f", "a58a64", "948a57", (0.45, 0.08, 0.1, 0.17, 0.2, 0.0), False, 0.0, 0.6
    ),
    "arid": Climate(
        "7f8049", "bd9f78", "b09a72", (0.4, 0.03, 0.34, 0.08, 0.15, 0.0), False, 0.0, 0.22
    ),
    "tropical": Climate(
        "4c752f", "9a6243", "5c7437", (0.6, 0.0, 0.36, 0.0, 0.04, 0.0), False, 0.0, 0.85
    ),
    "subtropical": Climate(
        "587a38", "8f7052", "6c7a42", (0.68, 0.08, 0.14, 0.04, 0.06, 0.0), False, 0.0, 0.85
    ),
    "highland": Climate(
        "667a3e", "9a6a4a", "7f7d4c", (0.62, 0.16, 0.06, 0.04, 0.12, 0.0), False, 0.0, 0.7
    ),
}


@dataclass(frozen=True)
class Style:
    """How a region builds.

    Attributes:
        walls: Facade colours, the usual ones first.
        pitched: Colours of pitched roofs.
        flat: Colours of flat roofs.
        pitch_share: Share of houses with a pitched roof.
        hip_share: Share of hip roofs among the pitched ones.
        spacing: Typical distance between parallel streets in both directions, metres.
        warp_m: How far streets wander from the straight line, metres.
        removal: Share of street pieces left out of the lattice.
        yellow: Whether centre lines are yellow.
        verge_m: Width of the pavement on each side, metres.
        uses: Relative frequency of the uses of a block, by name.
        landmarks: Kinds of landmarks in the region, the usual ones first.
    """

    walls: tuple[str, ...]
    pitched: tuple[str, ...]
    flat: tuple[str, ...]
    pitch_share: float
    hip_share: float
    spacing: tuple[float, float]
    warp_m: float
    removal: float
    yellow: bool = False
    verge_m: float = 2.6
    uses: Mapping[str, float] = field(default_factory=dict)
    landmarks: tuple[str, ...] = ("church", "chimney", "gasholder", "tower", "stadium", "obelisk")


def _mix(
    houses: float, terraces: float, perimeter: float, slabs: float, downtown: float, mall: float
) -> dict[str, float]:
    return {
        "houses": houses,
        "terraces": terraces,
        "perimeter": perimeter,
        "slabs": slabs,
        "downtown": downtown,
        "mall": mall,
        "industry": 0.08,
        "park": 0.11,
        "sport": 0.05,
        "plaza": 0.05,
        "wood": 0.05,
        "field": 0.04,
        "campus": 0.06,
    }


_GREY_ROOFS = ("4a4c50", "5b5750", "6b6259", "3e4046", "77706a")
_FLAT_ROOFS = ("9a978f", "b7b3aa", "807d78", "c9c5bb", "6f6d6a", "a8a39a")
_TERRACOTTA = ("a9593a", "b9694a", "97492f", "c07c58", "8d5340")

STYLES: Mapping[str, Style] = {
    "west-europe": Style(
        ("d8cdb6", "c9b796", "b5a58c", "9c5a45", "e0dccf", "c58f6c"),
        ("8f4a35", "a3583d", "55565c", "6e4a3c", "474a50"),
        _FLAT_ROOFS,
        0.85,
        0.3,
        (82.0, 104.0),
        34.0,
        0.14,
        uses=_mix(0.2, 0.2, 0.25, 0.1, 0.04, 0.04),
        landmarks=("church", "dome", "tower", "gasholder", "stadium", "chimney"),
    ),
    "british": Style(
        ("9b5d48", "8a5442", "b07a5e", "c9bfae", "d9d4c8", "7d5a4c"),
        (*_GREY_ROOFS, "7c4a3a"),
        _FLAT_ROOFS,
        0.92,
        0.25,
        (74.0, 118.0),
        36.0,
        0.16,
        uses=_mix(0.3, 0.36, 0.05, 0.05, 0.04, 0.05),
        landmarks=("church", "gasholder", "chimney", "stadium", "tower"),
    ),
    "mediterranean": Style(
        ("e6d6b4", "d9b98c", "e8e0d2", "cf9f78", "c9a27a", "efe7d6"),
        _TERRACOTTA,
        ("b9a68c", "cbbba2", "a9947b"),
        0.78,
        0.45,
        (72.0, 92.0),
        38.0,
        0.16,
        uses=_mix(0.18, 0.14, 0.32, 0.14, 0.02, 0.03),
        landmarks=("church", "dome", "stadium", "tower", "obelisk"),
    ),
    "nordic": Style(
        ("9a3b2f", "d9cfae", "e6e2d8", "c9a24f", "6f7f86", "e8e4da"),
        ("33363a", "5a3a33", "44474a", "7a3b30", "62666a"),
        _FLAT_ROOFS,
        0.88,
        0.2,
        (92.0, 124.0),
        40.0,
        0.18,
        uses={**_mix(0.42, 0.1, 0.1, 0.18, 0.02, 0.04), "wood": 0.16},
        landmarks=("church", "chimney", "stadium", "tower"),
    ),
    "east-europe": Style(
        ("cfc5b2", "bdb6a8", "d8cfa8", "a7a9a6", "c7b49a", "b9c2c4"),
        ("7f4b3c", "5f6266", "8a5a46", "4f6b5a"),
        _FLAT_ROOFS,
        0.6,
        0.35,
        (102.0, 132.0),
        22.0,
        0.12,
        uses=_mix(0.24, 0.05, 0.12, 0.36, 0.03, 0.05),
        landmarks=("dome", "church", "chimney", "tower", "stadium", "obelisk"),
    ),
    "north-america": Style(
        ("d9d5cb", "b9a78f", "8f9ba3", "a86f56", "c9c2b0", "7d8a78"),
        ("5a5550", "6d625a", "4a4745", "7b6a5c", "85807a"),
        ("b9b6b0", "d5d2cb", "8f8c88", "a09a90"),
        0.9,
        0.4,
        (84.0, 128.0),
        10.0,
        0.1,
        yellow=True,
        uses=_mix(0.46, 0.04, 0.02, 0.08, 0.1, 0.13),
        landmarks=("stadium", "tower", "church", "gasholder", "dome", "pyramid"),
    ),
    "latin-america": Style(
        ("e3d4b8", "c98f6a", "d9b25f", "8fa9a6", "e9e4d8", "b96f5a"),
        _TERRACOTTA,
        ("a89c8c", "bdb2a2", "8f857a", "b08a72"),
        0.5,
        0.3,
        (86.0, 96.0),
        14.0,
        0.09,
        yellow=True,
        uses=_mix(0.22, 0.32, 0.12, 0.08, 0.06, 0.05),
        landmarks=("church", "dome", "stadium", "tower", "obelisk"),
    ),
    "africa": Style(
        ("d6c3a0", "c9a583", "b88a66", "e0d6c4", "a9b0a4", "c9b56a"),
        ("8a5c48", "9a9a98", "6f7f86", "a86a4e", "7c5a4a", "5f7a8a"),
        ("b7ab99", "a0968a", "c7b9a4"),
        0.72,
        0.35,
        (80.0, 108.0),
        32.0,
        0.2,
        verge_m=1.6,
        uses={**_mix(0.44, 0.16, 0.03, 0.05, 0.04, 0.04), "field": 0.09},
        landmarks=("dome", "church", "tower", "stadium", "gasholder"),
    ),
    "middle-east": Style(
        ("d9c39c", "cdb48a", "e3d5b8", "c2a27a", "d6cbb6", "b9946c"),
        ("a9764f", "b98a62"),
        ("cdbd9f", "d8cbb2", "b9a683", "c4b190"),
        0.08,
        0.5,
        (70.0, 88.0),
        34.0,
        0.16,
        uses=_mix(0.22, 0.3, 0.16, 0.12, 0.03, 0.03),
        landmarks=("dome", "dome", "tower", "gasholder", "obelisk"),
    ),
    "south-asia": Style(
        ("d9b48f", "e0cda6", "c98a72", "b9c4b4", "e6ddcb", "d0a05c"),
        ("8f5a44", "7c7a78", "9a6a50"),
        ("b7a894", "c9bca8", "9a8f82", "a9937c"),
        0.25,
        0.4,
        (66.0, 90.0),
        34.0,
        0.2,
        verge_m=1.6,
        uses=_mix(0.26, 0.34, 0.08, 0.1, 0.04, 0.03),
        landmarks=("dome", "tower", "pagoda", "stadium", "obelisk"),
    ),
    "japan": Style(
        ("d6d2c8", "b9b4a9", "c7b79c", "9a938a", "e2dfd8", "8a7a68"),
        ("4c5a68", "5a5f66", "6a6f76", "47505a", "7d6a5c"),
        _FLAT_ROOFS,
        0.7,
        0.55,
        (56.0, 84.0),
        14.0,
        0.12,
        verge_m=1.4,
        uses=_mix(0.42, 0.12, 0.04, 0.12, 0.08, 0.04),
        landmarks=("pagoda", "tower", "stadium", "gasholder", "chimney"),
    ),
    "east-asia": Style(
        ("d9d3c6", "c2bfb8", "c9a58c", "e3ddc8", "a8b4b8", "d8b878"),
        ("3f6f7a", "8f4f3f", "5f6266", "3f7a5a", "7c5a4a"),
        ("b5b2ab", "4f7a68", "9f9c96", "c7c3ba"),
        0.5,
        0.4,
        (78.0, 100.0),
        18.0,
        0.12,
        yellow=True,
        uses=_mix(0.2, 0.2, 0.06, 0.26, 0.08, 0.05),
        landmarks=("pagoda", "tower", "stadium", "dome", "chimney"),
    ),
    "australia": Style(
        ("c9b79c", "a86f56", "d9d4c8", "b9a58c", "8f9aa0", "e2ddd2"),
        ("6f747a", "a3583d", "8a8f94", "5a5f66", "b7b9ba", "7d4438"),
        _FLAT_ROOFS,
        0.95,
        0.6,
        (78.0, 120.0),
        24.0,
        0.14,
        uses=_mix(0.54, 0.05, 0.02, 0.06, 0.05, 0.08),
        landmarks=("stadium", "church", "tower", "gasholder", "dome"),
    ),
}
