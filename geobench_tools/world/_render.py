"""A whole world on disk: view tables, images, facts and manifest."""

import json
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from geobench_tools.counter_random import mix
from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file, atomic_folder
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, package_versions, write_manifest
from geobench_tools.world._sampling import PROVIDERS, check_leaks, draw_ground, draw_tile
from geobench_tools.world._towns import TOWNS

__all__ = ["RENDERER_VERSION", "WorldSpec", "render_world"]

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
        seed: Seed of geometry and nuisance.
        width: Width of the panoramas, pixels.
        height: Height of the panoramas, pixels; half the width.
        tile_px: Side of the tiles, pixels.
        gsd_m: Ground sample distance of the tiles, metres; None lets a tile span 128 m.
        heading: ``north`` puts north in the middle column, ``random`` turns each panorama.
        difficulty: How alike neighbouring places are, 0 to 1.
        flatten: Remove all geometry from both views and keep the nuisance (the null world).
        leaks: Known shortcuts to inject: strengths in [0, 1] by name, see ``LEAKS``.
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
                raise InputError(f"{name} is {value:g}; it must lie between {low:g} and {high:g}")
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
class _Job:
    """One scene to render: a town, a cell and the number of its views."""

    town: int
    cell: int
    views: int


def plan_jobs(spec: WorldSpec) -> list[_Job]:
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
            jobs.append(_Job(town, cells[k], min(_PER_SCENE, views - k * _PER_SCENE)))
    return jobs


def view_names(spec: WorldSpec, cell: int, place: int) -> tuple[str, str]:
    """Return the names of a ground view and its tile; they have nothing in common."""
    return tuple(  # type: ignore[return-value]
        f"{int(mix(spec.seed, kind, cell, place)):016x}" for kind in (_GROUND, _SATELLITE)
    )


def render_scene(spec: WorldSpec, job: _Job, folder: Path) -> dict[str, Any]:
    """Render one scene into ``folder`` and return its rows and facts."""
    from geobench_tools.world._develop import encode
    from geobench_tools.world._exact import Dice
    from geobench_tools.world._facts import scene_facts, view_facts
    from geobench_tools.world._layout import make_scene
    from geobench_tools.world._paint import survey
    from geobench_tools.world._panorama import render_panorama
    from geobench_tools.world._places import choose_places
    from geobench_tools.world._scene import flatten_scene
    from geobench_tools.world._tile import render_tile

    town = TOWNS[job.town]
    scene = make_scene(spec.seed, job.cell, town, spec.difficulty)
    places = choose_places(scene, job.views, spec.tile_m)
    if spec.flatten:
        scene = flatten_scene(scene)
    rows: list[dict[str, Any]] = []
    views = []
    for number, place in enumerate(places):
        names = view_names(spec, job.cell, number)
        # Geometry and nuisance have seeds of their own: names are hashes of different keys.
        photo_dice, tile_dice = (Dice(int(name, 16), 0x4E) for name in names)
        camera = place.camera
        lat, lon = scene.degrees(camera.east, camera.north)
        photo, photo_sun = draw_ground(photo_dice, town, lat, lon, spec.leaks)
        where = Dice(spec.seed, job.cell, number, 0x4C)
        tile_n, tile_sun = draw_tile(tile_dice, where, town, lat, lon, spec.leaks, photo)
        if spec.heading == "random":
            turn = round(photo_dice.between("heading", 0.0, 360.0), 2)
            camera = replace(camera, heading_deg=turn)
        ground = survey(scene, place.tile, spec.ground_m, spec.tile_px)
        pano = render_panorama(scene, camera, spec.width, spec.height, photo_sun, photo, ground)
        tile = render_tile(
            scene, place.tile, spec.ground_m, spec.tile_px, tile_sun, tile_n, ground
        )
        files = (encode(pano.image, photo), encode(tile.image, tile_n))
        rows += _rows(spec, scene, place, names, (photo, tile_n), camera.heading_deg, photo_dice)
        for row, data in zip(rows[-2:], files, strict=True):
            path = folder / row["image"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            row["bytes"] = len(data)
        here = replace(place, camera=camera)
        views.append(
            {
                "view_id": names[0],
                "tile_id": names[1],
                "cell": f"{job.cell:x}",
                **view_facts(scene, here, pano, photo_sun),
                "tile_sun": asdict(tile_sun),
            }
        )
    return {"rows": rows, "scene": scene_facts(scene), "views": views}


def _rows(
    spec: WorldSpec,
    scene: Any,
    place: Any,
    names: tuple[str, str],
    nuisances: tuple[Any, Any],
    heading: float,
    dice: Any,
) -> list[dict[str, Any]]:
    camera = place.camera
    error = round(dice.between("gps error", 1.5, 6.0), 1)
    # The sum of two uniform numbers: a bounded stand-in for the normal distribution.
    shift = [
        (dice.one("gps", axis) + dice.one("gps", axis + 2) - 1.0) * error * 100.0 for axis in (0, 1)
    ]
    ground_lat, ground_lon = scene.degrees(camera.east + shift[0], camera.north + shift[1])
    lat, lon = scene.degrees(*place.tile)
    half = spec.tile_m * 50.0
    south, west = scene.degrees(place.tile[0] - half, place.tile[1] - half)
    north, east = scene.degrees(place.tile[0] + half, place.tile[1] + half)
    common = [
        {
            "view_id": name,
            "kind": kind,
            "captured_at": n.captured_at.isoformat(),
            "provider": PROVIDERS[kind][n.vendor],
            "place": f"{scene.town.name}, {scene.town.country}",
            "image": f"images/{kind}/{name[:2]}/{name}.jpg",
        }
        for name, kind, n in zip(names, ("ground", "satellite"), nuisances, strict=True)
    ]
    common[0] |= {
        "lat": ground_lat,
        "lon": ground_lon,
        "heading_deg": heading,
        "gps_error_m": error,
        "width": spec.width,
        "height": spec.height,
        "tile_id": names[1],
    }
    common[1] |= {
        "lat": lat,
        "lon": lon,
        "heading_deg": 0.0,
        "gsd_m": spec.ground_m,
        "width": spec.tile_px,
        "height": spec.tile_px,
        "bbox": {"xmin": west, "ymin": south, "xmax": east, "ymax": north},
    }
    return common


def _work(argument: tuple[WorldSpec, _Job, str]) -> tuple[str, dict[str, Any]]:
    """Render one scene in a worker and keep its rows beside the images for a later resume."""
    spec, job, folder = argument
    made = render_scene(spec, job, Path(folder))
    with atomic_file(_done(Path(folder), job)) as temporary:
        temporary.write_text(json.dumps(made))
    return f"{job.cell:x}", made


def _done(folder: Path, job: _Job) -> Path:
    return folder / "scenes" / f"{job.cell:x}.json"


def render_world(
    spec: WorldSpec,
    out: Path,
    progress: Progress = SILENT,
    *,
    workers: int = 1,
    overwrite: bool = False,
) -> Manifest:
    """Render a world.

    The folder holds ``ground.parquet`` and ``satellite.parquet`` (view tables), ``images/``,
    ``scenes.jsonl`` and ``views.jsonl`` (facts) and ``manifest.json``. It gets its name when all is
    done; a run that was killed goes on where it stopped when it is started again.

    Args:
        spec: What to render.
        out: The folder to make.
        progress: Shows the number of views.
        workers: Processes; the bytes do not depend on it.
        overwrite: Replace an existing folder.

    Raises:
        InputError: ``out`` exists, or ``workers`` is less than 1.
    """
    if workers < 1:
        raise InputError(f"workers is {workers}; it must be at least 1")
    jobs = plan_jobs(spec)
    work = out.parent / f".{out.name}.partial"
    if work.exists() and not _same_work(work, spec):
        shutil.rmtree(work)
    with atomic_folder(out, work=work, overwrite=overwrite) as folder:
        (folder / "spec.json").write_text(json.dumps(_work_key(spec)))
        found = dict(_finished(folder, jobs))
        todo = [job for job in jobs if f"{job.cell:x}" not in found]
        with progress.task("Rendering views", spec.views) as advance:
            advance(sum(len(made["views"]) for made in found.values()))
            for cell, made in _render_all(spec, todo, folder, workers):
                found[cell] = made
                advance(len(made["views"]))
        manifest = _assemble(spec, [found[f"{job.cell:x}"] for job in jobs], folder)
        shutil.rmtree(folder / "scenes")
        (folder / "spec.json").unlink()
    return manifest


def _render_all(
    spec: WorldSpec, jobs: list[_Job], folder: Path, workers: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    arguments = [(spec, job, str(folder)) for job in jobs]
    if workers == 1 or len(jobs) < 2:
        yield from map(_work, arguments)
        return
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(_work, arguments)


def _work_key(spec: WorldSpec) -> dict[str, Any]:
    return {
        "renderer": RENDERER_VERSION,
        "spec": spec.parameters(),
        "packages": package_versions(("geobench-tools", "numpy", "pillow", "h3", "astral")),
    }


def _same_work(work: Path, spec: WorldSpec) -> bool:
    try:
        return bool(json.loads((work / "spec.json").read_text()) == _work_key(spec))
    except (OSError, ValueError):
        return False


def _finished(folder: Path, jobs: list[_Job]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the scenes of an earlier run whose images are all there."""
    for job in jobs:
        try:
            made = json.loads(_done(folder, job).read_text())
            whole = all((folder / r["image"]).stat().st_size == r["bytes"] for r in made["rows"])
        except (OSError, ValueError):
            continue
        if whole:
            yield f"{job.cell:x}", made


def _assemble(spec: WorldSpec, made: list[dict[str, Any]], folder: Path) -> Manifest:
    import pyarrow as pa
    import shapely

    from geobench_tools.views import ViewTable, view_schema, write_views

    counts = {"scenes": len(made)}
    for kind in ("ground", "satellite"):
        rows = [row for part in made for row in part["rows"] if row["kind"] == kind]
        rows.sort(key=lambda row: row["view_id"])
        for row in rows:
            row["captured_at"] = datetime.fromisoformat(row["captured_at"])
            box = row.get("bbox")
            shape = shapely.box(*box.values()) if box else shapely.Point(row["lon"], row["lat"])
            row["footprint"] = shapely.to_wkb(shape)
        schema = view_schema()
        table = pa.Table.from_pylist(rows, schema=schema)
        empty = [n for n in schema.names if table[n].null_count == len(table)]
        write_views(ViewTable(table.drop_columns(empty), folder), folder / f"{kind}.parquet")
        counts[kind] = len(rows)
    for name, lines in (
        ("scenes.jsonl", [part["scene"] for part in made]),
        ("views.jsonl", sorted((v for p in made for v in p["views"]), key=lambda v: str(v["view_id"]))),
    ):
        with atomic_file(folder / name) as temporary:
            temporary.write_text("".join(json.dumps(line) + "\n" for line in lines))
    manifest = Manifest(
        kind="world",
        parameters={
            **spec.parameters(),
            "renderer": RENDERER_VERSION,
            "jpeg": _encoder(),
            "files": {
                "ground": "ground.parquet",
                "satellite": "satellite.parquet",
                "scenes": "scenes.jsonl",
                "views": "views.jsonl",
            },
        },
        seed=spec.seed,
        counts=counts,
    )
    write_manifest(manifest, folder / "manifest.json")
    return manifest


def _encoder() -> str:
    """Return the JPEG library that Pillow was built with."""
    from PIL import features

    turbo = features.version("libjpeg_turbo")
    return f"libjpeg-turbo {turbo}" if turbo else f"libjpeg {features.version('jpg')}"
