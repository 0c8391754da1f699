"""Facts of countries: GeoNames' table, roads and continents of country-coder, languages of CLDR."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies
from build_places_areas import coded_features, continent
from build_places_cities import City
from build_places_pack import Sources, save_tsv

from geobench_tools.places import country_name

HEADER = ("code", "name", "capital", "continents", "currencies", "languages", "spoken", "scripts",
          "spoken_scripts", "tld", "phones", "driving_side", "speed_unit", "zones", "neighbours",
          "population", "area_km2")  # fmt: skip

CAPITALS = {"KZ": "Astana"}
CURRENCIES = {"BG": ["EUR"]}
"""What changed after the packages' data: Astana has its name again since 2022, Bulgaria the euro
since 1 January 2026."""

TWO_CONTINENTS = {"AM": "EU", "AZ": "EU", "CY": "EU", "EG": "AS", "GE": "EU", "ID": "OC",
                  "KZ": "EU", "PA": "SA", "TL": "OC", "TR": "EU"}  # fmt: skip
"""Countries that lie in, or are often counted to, a second continent."""

STRAY = 0.005
"""Share of a country's inhabitants below which another country's zone is taken for a mistake."""

MORE_SCRIPTS = {"RS": ["Latn"], "ME": ["Cyrl"], "UZ": ["Cyrl"], "KZ": ["Latn"], "MN": ["Mong"]}
"""Scripts that are in wide use beside the one that CLDR finds likely."""


def build_facts(sources: Sources, cities: list[City], path: Path) -> None:
    """Write one row for each country."""
    zones = _zones(cities)
    parts = defaultdict(list)
    for properties, _, code in coded_features(sources):
        parts[code].append(properties)
    own_phone = {
        code: "".join(c for c in facts["phone"].partition(" and ")[0] if c.isdigit())
        for code, facts in sources.countries.items()
    }
    rows = []
    for code, facts in sorted(sources.countries.items()):
        listed = [tag.split("-")[0] for tag in facts["languages"].split(",") if tag]
        official = [tag.split("_")[0] for tag in get_official_languages(code, de_facto=True)]
        official = official or listed[:1]
        scripts = [_script(tag, code) for tag in official] + MORE_SCRIPTS.get(code, [])
        continents = [name for name, _ in Counter(map(continent, parts[code])).most_common()]
        continents = [facts["continentcode"]] * (facts["continentcode"] in continents) + continents
        currencies = CURRENCIES.get(code) or [
            *filter(None, [facts["currencycode"]]),
            *reversed(get_territory_currencies(code)),
        ]
        phones = [own_phone[code]] + [
            phone.replace(" ", "")
            for part in parts[code]
            for phone in part.get("callingCodes", [])
            if phone not in own_phone.values()
        ]
        sides = Counter(part.get("driveSide", "right") for part in parts[code])
        units = Counter(part.get("roadSpeedUnit", "km/h") for part in parts[code])
        rows.append(
            (
                code,
                country_name(code),
                CAPITALS.get(code, facts["capital"]),
                _joined([*continents, TWO_CONTINENTS.get(code, "")]),
                _joined(currencies),
                _joined(official),
                _joined([*official, *listed]),
                _joined(scripts),
                _joined([*scripts, *(_script(tag, code) for tag in listed)]),
                facts["tld"].strip(),
                _joined(phones),
                sides.most_common(1)[0][0],
                units.most_common(1)[0][0],
                _joined(zones.get(code, [])),
                _joined(sorted(facts["neighbours"].split(","))),
                facts["population"],
                facts["areakm2"],
            )
        )
    save_tsv(path, HEADER, rows)


def _zones(cities: list[City]) -> dict[str, list[str]]:
    """Return each country's zones, without those of single cities astray from another country."""
    people: dict[str, Counter[str]] = defaultdict(Counter)
    for city in cities:
        people[city.country][city.timezone] += city.population + 1
    most: dict[str, int] = defaultdict(int)
    for counts in people.values():
        for zone, number in counts.items():
            most[zone] = max(most[zone], number)
    return {
        code: [
            zone
            for zone, number in counts.most_common()
            if number == most[zone] or number > STRAY * counts.total()
        ]
        for code, counts in people.items()
    }


def _joined(values: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(filter(None, values)))


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
