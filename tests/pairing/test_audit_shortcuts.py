"""Shortcuts that a pipeline makes by accident, each put into an otherwise clean set."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from make_sets import Recipe, write_set
from PIL import Image

from geobench_tools.pairing import LETTERS, SPLITS, AuditOptions, audit_pairs, open_pairs

CLIQUES = Recipe(tiles=50)
POOLS = Recipe(tiles=60, sampler="pools")
VENDORS = {"streets": "north", "walkers": "south", "riders": "east"}
WIDTHS = {1024: 0.3, 2048: 0.5, 4096: 0.6}


class Views:
    """The tables of a set as rows that may be changed, and what belongs together."""

    def __init__(self, pairs):
        self.folder = pairs.folder
        self.rng = np.random.default_rng(7)
        views = sorted(pairs.folder.glob("views/*/*.parquet"))
        self.splits = [part for name in SPLITS for part in pairs.parts(name)]
        self.tables = {path: pq.read_table(path) for path in [*views, *self.splits]}
        self.rows = {path: table.to_pylist() for path, table in self.tables.items()}
        both = [row for path in views for row in self.rows[path]]
        self.tiles = [row for row in both if row["kind"] == "satellite"]
        self.photo_of = {row["tile_id"]: row for row in both if row["kind"] == "ground"}

    def pairs(self):
        return [(one, self.photo_of[one["view_id"]]) for one in self.tiles if self.is_right(one)]

    def is_right(self, tile):
        return tile["view_id"] in self.photo_of

    def questions(self):
        return [row for path in self.splits for row in self.rows[path]]

    def save(self):
        for path, table in self.tables.items():
            pq.write_table(pa.Table.from_pylist(self.rows[path], table.schema), path)

    def any_of(self, values):
        return values[self.rng.integers(len(values))]


def clock_time(views):
    """Half of the tiles carry the time of day of their photo."""
    for tile, photo in views.pairs()[::2]:
        time = photo["captured_at"].time()
        tile["captured_at"] = tile["captured_at"].replace(hour=time.hour, minute=time.minute)


def vendor_pairs(views):
    """Each vendor of photos has its own vendor of tiles, under another name."""
    for tile, photo in views.pairs():
        photo["provider"] = views.any_of(list(VENDORS))
        own = views.rng.random() < 0.7
        tile["provider"] = VENDORS[photo["provider"] if own else views.any_of(list(VENDORS))]


def vendor_of_the_year(views):
    """Photos of one year come with the tiles that were for sale then."""
    for tile, photo in views.pairs():
        year = photo["captured_at"].year
        tile["provider"] = f"vendor {year % 3 if views.rng.random() < 0.8 else 0}"


def width_and_resolution(views):
    """Large photos come with coarse tiles."""
    for tile, photo in views.pairs():
        photo["width"] = views.any_of(list(WIDTHS))
        own = views.rng.random() < 0.7
        tile["gsd_m"] = WIDTHS[photo["width"] if own else views.any_of(list(WIDTHS))]


def types(views):
    """Photos in one format come with tiles in another."""
    named = {}
    for tile, photo in views.pairs():
        first = bool(views.rng.random() < 0.5)
        photo["image"] = f"pano/{'a.jpeg' if first else 'b.webp'}"
        named[tile["view_id"]] = f"sat/{tile['view_id']}.{'png' if first else 'jpg'}"
    for row in views.questions():
        row["candidate_images"] = [named[tile] for tile in row["candidate_ids"]]


def order_of_capture(views):
    """Candidates are shown in the order in which their photos were taken."""
    taken = {tile: photo["captured_at"] for tile, photo in views.photo_of.items()}
    for row in views.questions():
        right = row["candidate_ids"][row["answer_index"]]
        row["candidate_ids"].sort(key=taken.get)
        row["candidate_images"] = None
        row["answer_index"] = row["candidate_ids"].index(right)
        row["answer"] = LETTERS[row["answer_index"]]


def rounded_footprints(views):
    for tile in views.tiles:
        if views.is_right(tile):
            tile["bbox"] = {side: round(value, 5) for side, value in tile["bbox"].items()}


def rounded_centres(views):
    for tile in views.tiles:
        if views.is_right(tile):
            tile["lat"], tile["lon"] = round(tile["lat"], 5), round(tile["lon"], 5)


def larger_footprints(views):
    for tile in views.tiles:
        more = views.rng.normal(0.0, 1e-5) + 4e-5 * views.is_right(tile)
        tile["bbox"]["xmin"] -= more
        tile["bbox"]["xmax"] += more


def jittered_resolution(views):
    for tile in views.tiles:
        tile["gsd_m"] = 0.5
        if views.is_right(tile):
            tile["gsd_m"] += views.rng.normal(0.0, 1e-4)


def _encode(views, **of_right):
    for tile in views.tiles:
        path = views.folder / "images" / tile["image"]
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = views.rng.integers(0, 255, (4, 4, 3), np.uint8)
        options = {
            name: values[0 if views.is_right(tile) else 1] for name, values in of_right.items()
        }
        quality = options.pop("quality", None) or [int(views.rng.integers(70, 90))]
        Image.fromarray(pixels).resize((32, 32)).save(
            path, quality=int(views.any_of(quality)), **options
        )
    manifest = json.loads((views.folder / "manifest.json").read_text())
    manifest["parameters"]["image_roots"] = {"satellite": "images", "ground": None}
    (views.folder / "manifest.json").write_text(json.dumps(manifest))


def even_qualities(views):
    _encode(views, quality=([76, 80, 84], [74, 78, 82, 86]))


def metadata_of_the_file(views):
    _encode(views, comment=(b"made", b"made"), dpi=((72, 72), (0, 0)))


@pytest.mark.parametrize(
    ("recipe", "shortcut", "family", "least"),
    [
        (CLIQUES, clock_time, "time-match", 0.5),
        (CLIQUES, vendor_pairs, "metadata-match", 0.4),
        (CLIQUES, vendor_of_the_year, "metadata-match", 0.3),
        (CLIQUES, width_and_resolution, "metadata-match", 0.4),
        (CLIQUES, types, "metadata-match", 0.4),
        (CLIQUES, order_of_capture, "photo", 0.35),
        (POOLS, rounded_footprints, "metadata", 0.99),
        (POOLS, rounded_centres, "metadata", 0.99),
        (POOLS, larger_footprints, "metadata", 0.8),
        (POOLS, jittered_resolution, "metadata", 0.95),
        (POOLS, even_qualities, "file", 0.9),
        (POOLS, metadata_of_the_file, "file", 0.95),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_shortcut_made_by_accident_is_found(tmp_path, recipe, shortcut, family, least):
    pairs = write_set(tmp_path / "pairs", recipe)
    views = Views(pairs)
    shortcut(views)
    views.save()
    options = AuditOptions(families=(family,))
    (found,) = audit_pairs(open_pairs(pairs.folder), options).families
    assert found.outcome == "leak"
    assert found.accuracy[found.stronger].value > least
