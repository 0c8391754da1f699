"""Areas: countries of country-coder, divisions and the coast of Natural Earth."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from build_places_cities import City, Division, Names
from build_places_pack import Sources, ring_arrays, save, text_array
from shapely.geometry import shape

OWN_CODES = {"FX": "FR", "CP": "FR", "EA": "ES", "IC": "ES", "CQ": "GG", "DG": "IO", "AC": "SH",
             "TA": "SH"}  # fmt: skip
"""Codes of country-coder that ISO 3166-1 reserves, and the code that they count as."""

DISPUTED = {"Crimea": "UA", "Northern Cyprus": "CY", "Bir Tawil": ""}
"""Areas of country-coder for which the documented policy decides; Bir Tawil is of no country."""

CONTINENTS = {"002": "AF", "142": "AS", "150": "EU", "003": "NA", "005": "SA", "009": "OC"}
"""Regions of UN M49 by continent code."""

SAHARA_LAT = 27.6667
"""Parallel of the border of Western Sahara; country-coder draws the line of control instead."""

MAIN = 0.9
"""Share of a division's cities that one area must hold to lend the division its names."""

PURE = 0.8
"""Share of an area's cities that must be of one division; elsewhere the nearest city decides."""


def build_countries(sources: Sources, path: Path) -> None:
    """Write the countries' areas with ISO codes."""
    kept = [
        (shape(geometry), f"{code} {continent(properties)}")
        for properties, geometry, code in coded_features(sources)
    ]
    south = shapely.box(-180, -90, 180, SAHARA_LAT)
    morocco = next(geometry for geometry, label in kept if label == "MA AF")
    kept = [pair for pair in kept if pair[1] != "MA AF"]
    kept += [(morocco - south, "MA AF"), (morocco & south, "EH AF")]
    labels = sorted({label for _, label in kept})
    rings = ring_arrays([g for g, _ in kept], [labels.index(label) for _, label in kept], 100_000)
    save(path, codes=text_array(labels), **rings)


def coded_features(sources: Sources) -> list[tuple[dict[str, Any], dict[str, Any], str]]:
    """Return properties, geometry and ISO code of country-coder's areas."""
    iso = set(sources.countries)
    found = [(f["properties"], f["geometry"]) for f in sources.borders if f["geometry"]]
    coded = [(properties, shape, _code(properties, iso)) for properties, shape in found]
    return [entry for entry in coded if entry[2]]


def continent(properties: dict[str, Any]) -> str:
    """Return the continent of one of country-coder's areas by its regions of UN M49."""
    found = [CONTINENTS[group] for group in properties.get("groups", []) if group in CONTINENTS]
    return found[0] if found else "AN"


def _code(properties: dict[str, Any], iso: set[str]) -> str:
    name, own = str(properties["nameEn"]), str(properties.get("iso1A2", ""))
    if name in DISPUTED:
        return DISPUTED[name]
    if own:
        return OWN_CODES.get(own, own)
    part_of = [group for group in properties.get("groups", []) if group in iso]
    return part_of[0] if part_of else str(properties["country"])


def build_admin1_areas(
    sources: Sources, cities: list[City], path: Path
) -> tuple[dict[str, Names], list[Division]]:
    """Write the areas with the code of most cities inside.

    Returns:
        Other names of the divisions that one area nearly is, by code; the areas that are parts of a
        division, such as counties and departments.
    """
    areas = [shapely.make_valid(shape(feature["geometry"])) for feature in sources.states]
    points = shapely.points([c.lon for c in cities], [c.lat for c in cities])
    shapely.prepare(areas)
    inside: dict[int, Counter[str]] = defaultdict(Counter)
    people: Counter[int] = Counter()
    for area, row in shapely.STRtree(points).query(areas, predicate="contains").T:
        people[int(area)] += cities[row].population
        if cities[row].admin1:
            inside[int(area)][cities[row].admin1] += 1
    known = {city.admin1 for city in cities}
    codes, pure = [], []
    for number, feature in enumerate(sources.states):
        given = feature["properties"]["gn_a1_code"]
        found = inside[number]
        code, count = found.most_common(1)[0] if found else (given if given in known else "", 0)
        codes.append(code)
        pure.append(code if count >= PURE * found.total() else "")
    names = sorted(set(pure) - {""})
    kept = [k for k, code in enumerate(pure) if code]
    simple = shapely.coverage_simplify([areas[k] for k in kept], 0.01)
    save(
        path,
        codes=text_array(names),
        **ring_arrays(simple, [names.index(pure[k]) for k in kept], 1000),
    )
    named = _names_by_code(sources, codes, [inside[k].total() for k in range(len(codes))])
    whole = {code: names for code, (_, names) in named.items()}
    mains = {main for main, _ in named.values()}
    parts = []
    for number, code in enumerate(codes):
        if pure[number] and number not in mains:
            names = _area_names(sources.states[number]["properties"], code)
            middle = areas[number].representative_point()
            label = f"{code}/{sources.states[number]['properties']['adm1_code']}"
            name = sources.states[number]["properties"]["name"]
            if name:
                parts.append(
                    Division(label, name, middle.y, middle.x, people[number], *names, False)
                )
    return whole, parts


def _names_by_code(
    sources: Sources, codes: list[str], cities: list[int]
) -> dict[str, tuple[int | None, Names]]:
    """Return, by code, the area that nearly is the division, if there is one, and other names."""
    members: dict[str, list[int]] = defaultdict(list)
    of_region: dict[tuple[str, str], set[str]] = defaultdict(set)
    properties = [feature["properties"] for feature in sources.states]
    for number, code in enumerate(codes):
        if code:
            members[code].append(number)
            of_region[properties[number]["iso_a2"], properties[number]["region"]].add(code)
    found: dict[str, tuple[int | None, Names]] = {}
    for code, parts in members.items():
        main = max(parts, key=lambda number: cities[number])
        is_whole = len(parts) == 1 or cities[main] >= MAIN * sum(cities[k] for k in parts)
        names = _area_names(properties[main], code) if is_whole else Names(set(), set())
        regions = {(properties[k]["iso_a2"], properties[k]["region"]) for k in parts}
        if len(regions) == 1 and of_region[(region := regions.pop())] == {code} and region[1]:
            names.names.add(region[1])
        found[code] = (main if is_whole else None, names)
    return found


def _area_names(fields: dict[str, Any], code: str) -> Names:
    """Return all names of one of Natural Earth's areas, and its ISO 3166-2 code."""
    texts = [v for k, v in fields.items() if k.startswith("name") and isinstance(v, str)]
    texts += [fields["gn_name"], fields["woe_name"]]
    iso = fields["iso_3166_2"]
    return Names(
        {name for text in texts for name in (text or "").split("|") if name},
        {iso} if iso[:2] == code[:2] and not iso.endswith("~") else set(),
    )


def build_coast(sources: Sources, path: Path) -> None:
    """Write the shore of all land, without lakes, simplified to 0.01 degrees."""
    land = shapely.union_all([shapely.make_valid(shape(f["geometry"])) for f in sources.states])
    shores = []
    for polygon in land.geoms:
        shores.append(shapely.Polygon(polygon.exterior))
        for hole in polygon.interiors:
            if (lake := shapely.Polygon(hole)).area > 1:
                print("inner shore", lake.centroid, lake.area)
                shores.append(lake)
    simple = shapely.simplify(shores, 0.01)
    save(path, **ring_arrays(simple, np.zeros(len(simple), int), 1000))
