"""A whole world on disk: view tables, images, facts and manifest."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geobench_tools.errors import InputError
from geobench_tools.files import atomic_folder, lock_for_appending, write_text
from geobench_tools.processes import in_order, worker_pool
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, package_versions, write_manifest
from geobench_tools.world._sampling import PROVIDERS
from geobench_tools.world._spec import RENDERER_VERSION, Job, WorldSpec, plan_jobs

if TYPE_CHECKING:
    from geobench_tools.world._nuisance import Nuisance
    from geobench_tools.world._pairs import Pair
    from geobench_tools.world._scene import Scene

__all__ = ["render_scene", "render_world"]

_KEPT_BYTES = 24 << 20
_PACKAGES = ("geobench-tools", "numpy", "pillow", "h3", "astral", "pyarrow", "shapely")


def render_scene(spec: WorldSpec, job: Job, folder: Path) -> dict[str, Any]:
    """Render one scene into ``folder`` and return its rows and facts."""
    from geobench_tools.world._develop import encode
    from geobench_tools.world._facts import scene_facts, view_facts
    from geobench_tools.world._pairs import job_pairs, render_pair

    # glibc gives memory back to the system beyond twice the largest block it has ever unmapped;
    # without this block every view faults some 8 MB in again, a tenth of its time.
    np.empty(_KEPT_BYTES, np.uint8)
    scene, pairs = job_pairs(spec, job)
    rows, views = [], []
    for pair in pairs:
        view, tile = render_pair(spec, scene, pair)
        for row, image, nuisance in (
            (_ground_row(spec, scene, pair), view.image, pair.photo),
            (_tile_row(spec, scene, pair), tile.image, pair.above),
        ):
            data = encode(image, nuisance)
            path = folder / row["image"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            rows.append({**row, "bytes": len(data)})
        views.append(
            {
                "view_id": pair.view_id,
                "tile_id": pair.tile_id,
                "cell": f"{scene.cell:x}",
                **view_facts(scene, pair.place, view, pair.photo_sun),
                "tile_sun": asdict(pair.above_sun),
            }
        )
    return {"rows": rows, "scene": scene_facts(scene), "views": views}


def _ground_row(spec: WorldSpec, scene: "Scene", pair: "Pair") -> dict[str, Any]:
    camera, (east, north) = pair.place.camera, pair.gps_shift_cm
    lat, lon = scene.degrees(camera.east + east, camera.north + north)
    return {
        **_row(scene, "ground", pair.view_id, pair.photo, lat, lon),
        "heading_deg": camera.heading_deg,
        "gps_error_m": pair.gps_error_m,
        "width": spec.width,
        "height": spec.height,
        "tile_id": pair.tile_id,
    }


def _tile_row(spec: WorldSpec, scene: "Scene", pair: "Pair") -> dict[str, Any]:
    (x, y), half = pair.place.tile, spec.tile_m * 50.0
    south, west = scene.degrees(x - half, y - half)
    north, east = scene.degrees(x + half, y + half)
    return {
        **_row(scene, "satellite", pair.tile_id, pair.above, *scene.degrees(x, y)),
        "heading_deg": 0.0,
        "gsd_m": spec.ground_m,
        "width": spec.tile_px,
        "height": spec.tile_px,
        "bbox": {"xmin": west, "ymin": south, "xmax": east, "ymax": north},
    }


def _row(
    scene: "Scene", kind: str, name: str, nuisance: "Nuisance", lat: float, lon: float
) -> dict[str, Any]:
    return {
        "view_id": name,
        "kind": kind,
        "lat": lat,
        "lon": lon,
        "captured_at": nuisance.captured_at.isoformat(),
        "provider": PROVIDERS[kind][nuisance.vendor],
        "place": f"{scene.town.name}, {scene.town.country}",
        "image": f"images/{kind}/{name[:2]}/{name}.jpg",
    }


def _work(argument: tuple[WorldSpec, Job, str]) -> tuple[str, dict[str, Any]]:
    """Render one scene in a worker and keep its rows beside the images for a later resume."""
    spec, job, folder = argument
    made = render_scene(spec, job, Path(folder))
    write_text(_done(Path(folder), job), json.dumps(made))
    return f"{job.cell:x}", made


def _done(folder: Path, job: Job) -> Path:
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
        InputError: ``out`` exists, another process renders it, or ``workers`` is less than 1.
    """
    if workers < 1:
        raise InputError(f"workers is {workers}; it must be at least 1")
    jobs = plan_jobs(spec)
    work = out.parent / f".{out.name}.partial"
    with (
        atomic_folder(out, work=work, overwrite=overwrite) as folder,
        (folder / "lock").open("ab") as lock,
    ):
        lock_for_appending(lock, out)
        if not _same_work(work, spec):
            for left in (folder / "scenes", folder / "images"):
                shutil.rmtree(left, ignore_errors=True)
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
        for name in ("spec.json", "lock"):
            (folder / name).unlink()
    return manifest


def _render_all(
    spec: WorldSpec, jobs: list[Job], folder: Path, workers: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    arguments = [(spec, job, str(folder)) for job in jobs]
    if workers == 1 or len(jobs) < 2:
        yield from map(_work, arguments)
        return
    with worker_pool(min(workers, len(jobs))) as pool:
        yield from in_order(pool, _work, arguments)


def _work_key(spec: WorldSpec) -> dict[str, Any]:
    return {
        "renderer": RENDERER_VERSION,
        "spec": spec.parameters(),
        "packages": package_versions(_PACKAGES),
    }


def _same_work(work: Path, spec: WorldSpec) -> bool:
    try:
        return bool(json.loads((work / "spec.json").read_text()) == _work_key(spec))
    except (OSError, ValueError):
        return False


def _finished(folder: Path, jobs: list[Job]) -> Iterator[tuple[str, dict[str, Any]]]:
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
        (
            "views.jsonl",
            sorted((v for p in made for v in p["views"]), key=lambda v: str(v["view_id"])),
        ),
    ):
        write_text(folder / name, "".join(json.dumps(line) + "\n" for line in lines))
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
        packages=package_versions(_PACKAGES),
    )
    write_manifest(manifest, folder / "manifest.json")
    return manifest


def _encoder() -> str:
    """Return the JPEG library that Pillow was built with."""
    from PIL import features

    turbo = features.version("libjpeg_turbo")
    return f"libjpeg-turbo {turbo}" if turbo else f"libjpeg {features.version('jpg')}"
