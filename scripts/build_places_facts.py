"""Facts of countries: GeoNames' table, driving side and signs, languages and scripts of CLDR."""

from collections import Counter, defaultdict
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.languages import get_official_languages
from build_places_areas import OWN_CODES
from build_places_cities import City
from build_places_pack import Sources, save_tsv

from geobench_tools.places import country_name

HEADER = ("code", "name", "capital", "continent", "currency", "languages", "spoken", "scripts",
          "tld", "phone", "driving_side", "speed_unit", "zones", "neighbours", "population",
          "area_km2")  # fmt: skip


def build_facts(sources: Sources, cities: list[City], path: Path) -> None:
    """Write one row for each country."""
    zones: dict[str, Counter[str]] = defaultdict(Counter)
    for city in cities:
        zones[city.country][city.timezone] += city.population + 1
    roads = _roads(sources)
    rows = []
    for code, facts in sorted(sources.countries.items()):
        listed = [tag.split("-")[0] for tag in facts["languages"].split(",") if tag]
        official = [*get_official_languages(code, de_facto=True)]
        official = [tag.split("_")[0] for tag in official] or listed[:1]
        side, unit = roads.get(code, ("right", "km/h"))
        rows.append(
            (
                code,
                country_name(code),
                facts["capital"],
                facts["continentcode"],
                facts["currencycode"],
                " ".join(dict.fromkeys(official)),
                " ".join(dict.fromkeys([*official, *listed])),
                " ".join(dict.fromkeys(_script(tag, code) for tag in official)),
                facts["tld"],
                facts["phone"],
                side,
                unit,
                " ".join(zone for zone, _ in zones[code].most_common()),
                " ".join(sorted(filter(None, facts["neighbours"].split(",")))),
                facts["population"],
                facts["areakm2"],
            )
        )
    save_tsv(path, HEADER, rows)


def _script(language: str, country: str) -> str:
    """Return the script of a language in a country, by CLDR's likely subtags."""
    likely = get_global("likely_subtags")
    for tag in (f"{language}_{country}", language):
        if tag in likely:
            return str(likely[tag].split("_")[1])
    try:
        return str(Locale.parse(language).script or "Latn")
    except UnknownLocaleError:
        return "Latn"


def _roads(sources: Sources) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    parts: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for feature in sources.borders:
        properties = feature["properties"]
        side = properties.get("driveSide", "right")
        unit = properties.get("roadSpeedUnit", "km/h")
        own = properties.get("iso1A2")
        if own and feature["geometry"]:
            found[OWN_CODES.get(own, own)] = (side, unit)
        elif feature["geometry"]:
            for group in (*properties.get("groups", []), properties.get("country", "")):
                parts[group].add((side, unit))
    for code, kinds in parts.items():
        if code not in found and len(kinds) == 1:
            found[code] = kinds.pop()
    return found
