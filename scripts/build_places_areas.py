"""Areas: countries of country-coder, divisions and the coast of Natural Earth."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import shapely
from build_places_cities import City
from build_places_pack import Sources, ring_arrays, save, text_array
from shapely.geometry import shape

OWN_CODES = {"FX": "FR", "CP": "FR", "EA": "ES", "IC": "ES", "CQ": "GG", "DG": "IO", "AC": "SH",
             "TA": "SH"}  # fmt: skip
"""Codes of country-coder that ISO 3166-1 reserves, and the code that they count as."""

DISPUTED = {"Crimea": "UA", "Northern Cyprus": "CY", "Bir Tawil": ""}
"""Areas of country-coder for which the documented policy decides."""


def build_countries(sources: Sources, path: Path) -> None:
    """Write the countries' areas with ISO codes."""
    features = [f for f in sources.borders if f["geometry"]]
    codes = [_code(feature["properties"], set(sources.countries)) for feature in features]
    kept = [(shape(f["geometry"]), code) for f, code in zip(features, codes, strict=True) if code]
    names = sorted({code for _, code in kept})
    rings = ring_arrays([g for g, _ in kept], [names.index(code) for _, code in kept], 100_000)
    save(path, codes=text_array(names), **rings)


def _code(properties: dict[str, object], iso: set[str]) -> str:
    name, own = str(properties["nameEn"]), str(properties.get("iso1A2", ""))
    if name in DISPUTED:
        return DISPUTED[name]
    if own:
        return OWN_CODES.get(own, own)
    groups = properties.get("groups", [])
    assert isinstance(groups, list)
    part_of = [group for group in groups if group in iso]
    return part_of[0] if part_of else str(properties["country"])


def build_admin1_areas(
    sources: Sources, cities: list[City], path: Path
) -> dict[str, dict[str, set[str]]]:
    """Write the areas with the code of most cities inside; return names of whole divisions."""
    areas = [shapely.make_valid(shape(feature["geometry"])) for feature in sources.states]
    points = shapely.points([c.lon for c in cities], [c.lat for c in cities])
    shapely.prepare(areas)
    inside: dict[int, Counter[str]] = defaultdict(Counter)
    for area, row in shapely.STRtree(points).query(areas, predicate="contains").T:
        if cities[row].admin1:
            inside[int(area)][cities[row].admin1] += 1
    known = {city.admin1 for city in cities}
    codes = []
    for number, feature in enumerate(sources.states):
        given = feature["properties"]["gn_a1_code"]
        majority = inside[number].most_common(1)
        codes.append(majority[0][0] if majority else given if given in known else "")
    names = sorted(set(codes) - {""})
    kept = [k for k, code in enumerate(codes) if code]
    simple = shapely.coverage_simplify([areas[k] for k in kept], 0.01)
    save(
        path,
        codes=text_array(names),
        **ring_arrays(simple, [names.index(codes[k]) for k in kept], 1000),
    )
    return _whole_divisions(sources, codes)


def _whole_divisions(sources: Sources, codes: list[str]) -> dict[str, dict[str, set[str]]]:
    members: dict[str, list[dict[str, str]]] = defaultdict(list)
    of_region: dict[tuple[str, str], set[str]] = defaultdict(set)
    for code, feature in zip(codes, sources.states, strict=True):
        properties = feature["properties"]
        members[code].append(properties)
        of_region[properties["iso_a2"], properties["region"]].add(code)
    found: dict[str, dict[str, set[str]]] = {}
    for code, parts in members.items():
        entry: dict[str, set[str]] = {"names": set(), "iso": set()}
        if len(parts) == 1:
            texts = [v for k, v in parts[0].items() if k.startswith("name") and isinstance(v, str)]
            texts += [parts[0]["gn_name"], parts[0]["woe_name"]]
            entry["names"] = {name for text in texts for name in (text or "").split("|") if name}
            iso = parts[0]["iso_3166_2"]
            if iso[:2] == code[:2] and iso[-1] != "~":
                entry["iso"].add(iso)
        regions = {(part["iso_a2"], part["region"]) for part in parts if part["region"]}
        if len(regions) == 1 and of_region[(region := regions.pop())] == {code}:
            entry["names"].add(region[1])
        found[code] = entry
    found.pop("", None)
    return found


def build_coast(sources: Sources, path: Path) -> None:
    """Write the shore of all land, without lakes, simplified to about 1 km."""
    land = shapely.union_all([shapely.make_valid(shape(f["geometry"])) for f in sources.states])
    shores = []
    for polygon in land.geoms:
        shores.append(shapely.Polygon(polygon.exterior))
        for hole in polygon.interiors:
            if (lake := shapely.Polygon(hole)).area > 1:
                print("inner shore", lake.centroid, lake.area)
                shores.append(lake)
    simple = shapely.simplify(shores, 0.005)
    save(path, **ring_arrays(simple, np.zeros(len(simple), int), 1000))
