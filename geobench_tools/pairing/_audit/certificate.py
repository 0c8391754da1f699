"""The exact certificate: what can be shown by counting, over all questions, in one pass."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from geobench_tools.array_types import I64, Bools, Floats
from geobench_tools.geo import chord_to_metres, metres_per_degree, unit_vectors, wrap_longitude
from geobench_tools.pairing._audit.checks import CLAIMS, Certificate, Check, Tally
from geobench_tools.pairing._audit.cliques import CliqueLedger
from geobench_tools.pairing._audit.lookup import NO_ID, SIDES, Columns, ViewLookup
from geobench_tools.pairing._audit.reading import IMAGES, Batch, part_names, read_batches
from geobench_tools.pairing._audit.splits import GroundLedger, TileLedger
from geobench_tools.pairing._sets import LETTERS, SPLITS, PairingSet
from geobench_tools.progress import SILENT, Progress

__all__ = ["certify"]

_CLIQUE_SAMPLER = "clique"
_DISTANCE_TOLERANCE_M = 0.001
_MARGIN_TOLERANCE_M = 0.01


def certify(pairs: PairingSet, progress: Progress = SILENT) -> Certificate:
    """Check exactly, question by question, what a pairing set promises.

    The set is read once, part by part. Ids are compared by 64-bit hashes: among 10 million tiles
    the chance that any two of them collide is 3e-6.

    Args:
        pairs: The set; all three splits and both view tables are read.
        progress: Told of every question.

    Returns:
        The certificate, whatever its outcome.

    Raises:
        InputError: A part or a view table is missing or lacks a column.
    """
    return _Certifier(pairs).run(progress)


class _Certifier:
    """The checks that are done batch by batch, and the ledgers for those that need all of them."""

    def __init__(self, pairs: PairingSet) -> None:
        self.pairs = pairs
        parameters = pairs.manifest.parameters
        self.sampler = str(parameters.get("sampler", ""))
        self.separation_m = float(parameters.get("min_separation_m") or 0.0)
        self.gps_error_m = float(parameters.get("gps_error_m") or 0.0)
        self.satellite = ViewLookup(pairs.folder / "views" / "satellite", satellite=True)
        self.ground = ViewLookup(pairs.folder / "views" / "ground", satellite=False)
        self.views = Tally("views", "questions")
        self.questions = Tally("questions", "questions")
        self.right_tile = Tally("right-tile", "questions")
        self.separation = Tally("separation", "questions")
        self.outside = Tally("camera-outside", "questions")
        self.letters = np.zeros((len(SPLITS), pairs.k), np.int64)

    def run(self, progress: Progress) -> Certificate:
        pairs = self.pairs
        counts = {name: pairs.count(name) for name in SPLITS}
        splits = sum(count > 0 for count in counts.values())
        cliques = CliqueLedger(pairs.k) if self.sampler == _CLIQUE_SAMPLER else None
        grounds = GroundLedger(pairs.k)
        tiles = TileLedger(self.satellite.rows() if splits > 1 else 0)
        with progress.task("certificate", sum(counts.values())) as advance:
            for part in part_names(pairs):
                self.satellite.open_part(part)
                self.ground.open_part(part)
                for batch in read_batches(pairs, part, self.questions, optional=(IMAGES,)):
                    self._look(batch)
                    grounds.add(batch.ground, batch.rotation, batch.split)
                    if cliques is not None:
                        cliques.add(
                            batch.clique, batch.rotation, batch.shown, batch.answer, batch.split
                        )
                    advance(len(batch.rows))
                self.ground.close_part()
                tiles.add(self.satellite.close_part())
        self.ground.close()
        tiles.add(self.satellite.close())
        checks = [
            _complete(counts, pairs.manifest.counts),
            self.views.check(),
            self.questions.check(),
            self.right_tile.check(missing="have a ground view that names no tile"),
            *(cliques.checks() if cliques is not None else []),
            self._letters(),
            self.separation.check(
                promised=self.sampler == _CLIQUE_SAMPLER, missing="name unknown views"
            ),
            self.outside.check(missing="have a candidate without footprint"),
            *grounds.checks(self.ground, splits),
            *tiles.checks(self.satellite, splits),
        ]
        by_name = {check.name: check for check in checks}
        return Certificate(
            sampler=self.sampler,
            k=pairs.k,
            questions=counts,
            cliques=cliques.cliques() if cliques is not None else 0,
            checks=tuple(by_name.get(name) or self._not_promised(name) for name in CLAIMS),
        )

    def _not_promised(self, name: str) -> Check:
        note = f"the sampler {self.sampler!r} does not promise it"
        return Check(name, CLAIMS[name], "no guarantee", 0, 0, "cliques", note)

    def _letters(self) -> Check:
        split = np.flatnonzero(self.letters.min(axis=1) != self.letters.max(axis=1))
        counts = [
            f"{SPLITS[code]}: "
            + ", ".join(
                f"{letter} {count:,}"
                for letter, count in zip(LETTERS, self.letters[code], strict=False)
            )
            for code in split
        ]
        tally = Tally("letters", "questions", checked=int(self.letters.sum()))
        if self.sampler == _CLIQUE_SAMPLER:
            tally.failed, tally.examples = int(self.letters[split].sum()), counts
            return tally.check()
        tally.note = "; ".join(counts)
        return tally.check(promised=not counts)

    def _look(self, batch: Batch) -> None:
        """Check letters, and positions and footprints as the view tables have them."""
        self.letters[batch.split] += np.bincount(batch.answer, minlength=self.pairs.k)
        if not len(batch.rows):
            return
        # Consecutive questions mostly share one set of tiles: look up and measure each set once.
        tiles = np.sort(batch.tiles, axis=1)
        new = np.ones(len(tiles), bool)
        new[1:] = (tiles[1:] != tiles[:-1]).any(axis=1)
        of_set = np.cumsum(new) - 1
        tile, tile_found = self.satellite.find(tiles[new], batch.split)
        camera, camera_found = self.ground.find(batch.ground, batch.split)
        known_set = np.asarray(tile_found.all(axis=1))
        known = known_set[of_set] & camera_found
        self.views.add(~known, batch.name)
        close = _smallest_separation_m(tile) < self.separation_m - _DISTANCE_TOLERANCE_M
        self.separation.add(close[of_set], batch.name, known_set[of_set])
        right = np.take_along_axis(batch.tiles, batch.answer[:, None], axis=1)
        boxed = np.asarray(np.isfinite([tile[side] for side in SIDES]).all(axis=(0, 2)))
        inside = self._inside_wrong(tile, camera, of_set, tiles == right)
        self.outside.add(inside, batch.name, (boxed[of_set] | inside) & camera_found)
        other = camera["tile"] != right[:, 0]
        self.right_tile.add(other, batch.name, camera["tile"] != NO_ID)

    def _inside_wrong(self, tile: Columns, camera: Columns, of_set: I64, right: Bools) -> Bools:
        """Whether a camera lies in the footprint of a wrong candidate, widened by GPS error."""
        error_m = camera["gps_error_m"].astype(np.float64)
        margin_m = np.where(np.isnan(error_m), self.gps_error_m, error_m) - _MARGIN_TOLERANCE_M
        per_lat, per_lon = metres_per_degree(camera["lat"])
        north_margin, east_margin = margin_m / per_lat, margin_m / per_lon
        inside = np.zeros(len(of_set), bool)
        if not np.isfinite(tile["xmin"]).any():
            return inside
        for place in range(right.shape[1]):
            side = {name: values[:, place][of_set] for name, values in tile.items()}
            north = camera["lat"] - side["lat"]
            east = wrap_longitude(camera["lon"] - side["lon"])
            within = (north > side["ymin"] - north_margin) & (north < side["ymax"] + north_margin)
            within &= (east > side["xmin"] - east_margin) & (east < side["xmax"] + east_margin)
            inside |= within & ~right[:, place]
        return inside


def _complete(counts: dict[str, int], declared: Mapping[str, int]) -> Check:
    expected = {name: declared.get(f"questions_{name}", 0) for name in counts}
    tally = Tally("complete", "questions", note="the manifest does not say")
    if any(expected.values()):
        off = [name for name in counts if counts[name] != expected[name]]
        tally.checked, tally.note = sum(counts.values()), ""
        tally.failed = sum(abs(counts[name] - expected[name]) for name in off)
        tally.examples = [f"{name} has {counts[name]:,} of {expected[name]:,}" for name in off]
    return tally.check()


def _smallest_separation_m(tile: Columns) -> Floats:
    points = unit_vectors(tile["lat"], tile["lon"])
    smallest = np.full(len(points), np.inf)
    for i, j in combinations(range(points.shape[1]), 2):
        np.minimum(smallest, ((points[:, i] - points[:, j]) ** 2).sum(axis=1), out=smallest)
    return chord_to_metres(np.sqrt(smallest))
