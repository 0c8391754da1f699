"""What a world is made of: its spec, its scenes and the names of its views."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from geobench_tools.counter_random import mix
from geobench_tools.errors import InputError
from geobench_tools.world._sampling import check_leaks
from geobench_tools.world._towns import TOWNS

__all__ = ["RENDERER_VERSION", "Job", "WorldSpec", "plan_jobs", "view_names"]

RENDERER_VERSION = 1
"""Changes whenever the same spec gives other pixels or tables."""

_PER_SCENE = 12
_RESOLUTION = 8
_GROUND, _SATELLITE = 1, 2


@dataclass(frozen=True)
class WorldSpec:
    """What to render; together with ``RENDERER_VERSION`` it fixes every byte of the images.

    Attributes:
        towns: Number of towns, 1 to ``len(TOWNS)``.
        views: Number of ground views, each with its tile.
        seed: Seed of the geometry, and of the nuisance unless that has its own.
        width: Width of the panoramas, pixels.
        height: Height of the panoramas, pixels; half the width.
        tile_px: Side of the tiles, pixels.
        gsd_m: Ground sample distance of the tiles, metres; None lets a tile span 128 m.
        heading: ``north`` puts north in the middle column, ``random`` turns each panorama.
        difficulty: How alike neighbouring places are, 0 to 1.
        flatten: Remove all geometry from both views and keep the nuisance (the null world).
        leaks: Known shortcuts to inject: strengths in [0, 1] by name, see ``LEAKS``.
        nuisance_seed: Seed of the nuisance; None takes ``seed``.
    """

    towns: int = 12
    views: int = 2000
    seed: int = 0
    width: int = 512
    height: int = 256
    tile_px: int = 256
    gsd_m: float | None = None
    heading: str = "north"
    difficulty: float = 0.3
    flatten: bool = False
    leaks: Mapping[str, float] = field(default_factory=dict)
    nuisance_seed: int | None = None

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: A value lies outside its range.
        """
        for name, value, low, high in (
            ("towns", self.towns, 1, len(TOWNS)),
            ("views", self.views, self.towns, 2_000_000),
            ("width", self.width, 32, 4096),
            ("tile size", self.tile_px, 16, 2048),
            ("difficulty", self.difficulty, 0.0, 1.0),
            ("gsd", self.ground_m, 0.1, 8.0),
            ("tile side in metres", self.tile_m, 16.0, 800.0),
        ):
            if not low <= value <= high:
                bounds = f"{low:.7g} and {high:.7g}"
                raise InputError(f"{name} is {value:.7g}; it must lie between {bounds}")
        if self.width != 2 * self.height:
            raise InputError(
                f"panorama of {self.width}x{self.height} pixels is not twice as wide as high",
                hint=f"--size {self.width}x{self.width // 2}",
            )
        if self.heading not in ("north", "random"):
            raise InputError(f"heading {self.heading!r} is neither 'north' nor 'random'")
        check_leaks(self.leaks)

    @property
    def ground_m(self) -> float:
        """Ground sample distance in force, metres."""
        return 128.0 / self.tile_px if self.gsd_m is None else self.gsd_m

    @property
    def tile_m(self) -> float:
        """Side of a tile on the ground, metres."""
        return self.ground_m * self.tile_px

    def parameters(self) -> dict[str, Any]:
        """Return all values as JSON types, with the ground sample distance resolved."""
        return {**asdict(self), "gsd_m": self.ground_m, "leaks": dict(sorted(self.leaks.items()))}


@dataclass(frozen=True)
class Job:
    """One scene to render: a town, a cell and the number of its views."""

    town: int
    cell: int
    views: int


def plan_jobs(spec: WorldSpec) -> list[Job]:
    """Return the scenes of a world: in each town the cells around its centre, nearest first."""
    from h3.api.basic_int import grid_disk, latlng_to_cell

    jobs = []
    for town in range(spec.towns):
        views = spec.views * (town + 1) // spec.towns - spec.views * town // spec.towns
        scenes = -(-views // _PER_SCENE)
        centre = latlng_to_cell(TOWNS[town].lat, TOWNS[town].lon, _RESOLUTION)
        cells: list[int] = [centre]
        radius = 0
        while len(cells) < scenes:
            radius += 1
            known = set(cells)
            ring = [c for c in grid_disk(centre, radius) if c not in known]
            # Cells of the same ring in an order that does not depend on the library.
            cells += sorted(ring, key=lambda c: int(mix(spec.seed, c)))
        for k in range(scenes):
            jobs.append(Job(town, cells[k], min(_PER_SCENE, views - k * _PER_SCENE)))
    return jobs


def view_names(spec: WorldSpec, cell: int, place: int) -> tuple[str, str]:
    """Return the names of a ground view and its tile; they have nothing in common."""
    ground, satellite = (int(mix(spec.seed, kind, cell, place)) for kind in (_GROUND, _SATELLITE))
    return f"{ground:016x}", f"{satellite:016x}"
