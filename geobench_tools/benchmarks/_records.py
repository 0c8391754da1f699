"""Pictures with the place where they were taken: what every benchmark of places is made of."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._geoloc_verdicts import NAME_FIELDS
from geobench_tools.errors import InputError
from geobench_tools.models import JSON, ImagePart

__all__ = ["Record", "Records", "checked_degrees", "degrees_of", "text_of"]


@dataclass(frozen=True, slots=True)
class Record:
    """One picture and its truth; names are empty where the data have none.

    Attributes:
        image_id: Name of the picture.
        lat: Latitude, degrees.
        lon: Longitude, degrees.
        city: As the data spell it.
        state: Two-letter code in the United States.
        country: As the data spell it.
        facts: What else is known: continent, weather, platform …
    """

    image_id: str
    lat: float
    lon: float
    city: str = ""
    state: str = ""
    country: str = ""
    facts: Mapping[str, str] | None = None

    @property
    def truth(self) -> dict[str, JSON]:
        """Names that the data have, latitude and longitude in degrees."""
        names = {name: getattr(self, name) for name in NAME_FIELDS}
        return {**{k: v for k, v in names.items() if v}, "lat": self.lat, "lon": self.lon}


@dataclass(frozen=True)
class Records:
    """The records of one benchmark and where their pictures are.

    Attributes:
        rows: In the order of the data.
        images: Pictures by image id; those that were found.
        origin: File or data set with its revision.
        sha256: Of the records in canonical form.
        folder: Where a picture that was not found should be.
    """

    rows: Sequence[Record]
    images: Mapping[str, ImagePart]
    origin: str
    sha256: str
    folder: Path = Path()

    @classmethod
    def of(
        cls,
        rows: Sequence[Record],
        images: Mapping[str, ImagePart],
        origin: str,
        folder: Path | None = None,
    ) -> "Records":
        """Digest the rows."""
        digest = hashlib.sha256()
        for row in rows:
            digest.update(json.dumps(asdict(row), sort_keys=True, ensure_ascii=False).encode())
        return cls(rows, images, origin, digest.hexdigest(), folder or Path())

    def picture(self, row: Record) -> ImagePart:
        """Return the picture of a row; a file that is not there if it was not found."""
        return self.images.get(row.image_id) or ImagePart(self.folder / f"{row.image_id}.jpg")


def text_of(value: object) -> str:
    """Return a cell of a table as text, empty for None and NaN."""
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if missing else str(value)


def checked_degrees(value: Any, limit: float, name: str, where: str) -> float:
    """Return an angle of a table in degrees.

    Raises:
        InputError: There is none within plus or minus the limit.
    """
    degrees = degrees_of(value, limit)
    if degrees is None:
        raise InputError(f"{where}: {name} {value!r} is no {name} in degrees")
    return degrees


def degrees_of(value: Any, limit: float) -> float | None:
    """Return an angle in degrees, or None where a cell holds none within plus or minus a limit."""
    try:
        degrees = float(value)
    except (TypeError, ValueError):
        return None
    return degrees if abs(degrees) <= limit else None
