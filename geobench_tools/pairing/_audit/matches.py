"""The feature families that compare tile and photo, or the order shown and the photo."""

import numpy as np

from geobench_tools.pairing._audit.families import DAYS_PER_YEAR, suffix_codes
from geobench_tools.pairing._audit.features import (
    Features,
    as_codes,
    family,
    joint,
    likeness,
    ranked,
)
from geobench_tools.pairing._audit.names import last_numbers
from geobench_tools.pairing._audit.sample import Sample


@family(
    "time-match",
    "how far the tile's time is from the photo's",
    "choose the version of every tile by one rule that ignores the photo, or set --within",
)
def time_match(sample: Sample) -> Features:
    """Signed and absolute difference to the ground view; likewise within the year and the day."""
    tile, photo = sample.satellite.days("captured_at"), sample.ground.days("captured_at")
    later = tile[sample.tiles] - photo[sample.camera][:, None]
    around = {"season": DAYS_PER_YEAR, "hour": 1.0}
    rounds = {
        f"{name}_apart": np.abs((later + turn / 2) % turn - turn / 2)
        for name, turn in around.items()
    }
    return Features(numbers={"later": later, "apart": np.abs(later), **rounds})


@family(
    "metadata-match",
    "whether provider, place, date, type, resolution, size or heading go with the photo's",
    "let candidates share it, as with --stratify provider,year",
)
def metadata_match(sample: Sample) -> Features:
    """Equality of the tile's and the ground view's metadata, and which values go together."""
    tiles, ground, rows, camera = sample.satellite, sample.ground, sample.tiles, sample.camera
    made = Features()
    for name in ("provider", "place"):
        mine, theirs = tiles.codes(name)[rows], ground.codes(name)[camera][:, None]
        made.flags[name] = (mine == theirs) & (mine >= 0)
    days = ground.days("captured_at")
    tile_day = np.floor(tiles.days("captured_at")[rows])
    made.flags["day"] = tile_day == np.floor(days[camera])[:, None]
    vendor = tiles.codes("provider")[rows]
    year = as_codes(days // DAYS_PER_YEAR)
    made.categories["providers"] = joint(vendor, ground.codes("provider")[camera][:, None])
    made.categories["provider by year"] = joint(vendor, year[camera][:, None])
    if sample.shown is not None and (names := ground.texts("image")) is not None:
        mine, theirs = suffix_codes(sample.images), suffix_codes([name or "" for name in names])
        made.categories["types"] = joint(mine[sample.shown], theirs[camera][:, None])
    for name in ("gsd_m", "width", "height", "heading_deg"):
        gap = np.abs(tiles.numbers(name)[rows] - ground.numbers(name)[camera][:, None])
        made.numbers[f"{name} gap"] = np.minimum(gap, 360 - gap) if "deg" in name else gap
    width, resolution = ground.numbers("width"), tiles.numbers("gsd_m")
    made.numbers["width like gsd_m"] = likeness(resolution, width, rows, camera)[1]
    return made


@family(
    "photo",
    "the photo's time, heading, provider, size and number, and the order shown",
    "show the candidates in an order that the photos have no part in, as build-pairs does",
)
def photo(sample: Sample) -> Features:
    """Whether early letters go with low values, and which letters go with which provider."""
    ground, letters = sample.ground, np.arange(sample.k)
    days = ground.days("captured_at")
    facts = {name: ground.numbers(name) for name in ("heading_deg", "width", "height", "bytes")}
    facts |= {"date": days, "season": days % DAYS_PER_YEAR, "hour": days % 1}
    facts["number"] = last_numbers(ground.texts("view_id") or ())
    provider = ground.codes("provider")[sample.camera][:, None]
    order = letters - letters.mean()
    ranks = {name: ranked(values)[sample.camera][:, None] for name, values in facts.items()}
    return Features(
        numbers={f"{name} by place": rank * order for name, rank in ranks.items()},
        categories={"provider by letter": joint(letters[None, :], provider)},
    )
