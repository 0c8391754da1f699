"""The laptop level as files: views, a pairing set of cliques, and traces that read and compare.

A neighbourhood is one H3 cell with as many places as a question has candidates. All its places have
the same things, arranged otherwise, so that neither colours nor counts tell them apart: only what
stands where does, and that is the same in both views.
"""

import hashlib
import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from geobench_tools.counter_random import mix, uniform
from geobench_tools.geo import metres_per_degree
from geobench_tools.pairing import (
    BuildJob,
    PairingSet,
    PairOptions,
    build_pairs,
    candidate_labels,
    certify,
    load_prompt,
)
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, write_manifest
from geobench_tools.training._data import prompt_message
from geobench_tools.training._laptop_draw import SIDE_PX, THINGS, draw_ground, draw_tile
from geobench_tools.world import cache_folder

__all__ = [
    "LaptopLevel",
    "LaptopSpec",
    "laptop_level",
    "laptop_prompt_file",
    "laptop_texts",
    "trace",
]

LEVEL_VERSION = 2
_PROMPT = "short.yaml"
_CENTRE = (47.0, 8.0)
_DISK_RESOLUTION, _CELL_RESOLUTION = 6, 8
_OFFSET_M = 130.0
_TILE_M = 80.0
_QUALITY = 90
_NAME_BYTES = 8
_CAPTURED = datetime(2024, 6, 1, tzinfo=UTC)
_GROUND, _TILE, _DEAL, _ORDER, _LETTER = range(5)


@dataclass(frozen=True)
class LaptopSpec:
    """Which level.

    Attributes:
        neighbourhoods: Number of cliques.
        k: Candidates of each question: places of a neighbourhood.
        seed: Seed of what stands where and of the pictures.
        empty: The null world: nothing stands anywhere; light, tint and noise as ever.
        sampler: Of the pairing set: ``clique``, or ``ring`` as a control.
        split: Shares of train, val and test.
        told: Share of the traces that end with the right letter; the others end with one drawn by
            chance, so that fine-tuning teaches to read and compare, and leaves the choice open.
    """

    neighbourhoods: int = 1600
    k: int = 4
    seed: int = 0
    empty: bool = False
    sampler: str = "clique"
    split: tuple[float, float, float] = (0.85, 0.0, 0.15)
    told: float = 0.7


@dataclass(frozen=True)
class LaptopLevel:
    """A level on disk.

    Attributes:
        folder: ``ground.parquet``, ``satellite.parquet``, ``images/``, ``sft/``, ``pairs/``.
        things: For each view the index into ``THINGS`` of what stands in each quarter.
    """

    folder: Path
    things: dict[str, tuple[int, ...]] = field(repr=False)

    @property
    def pairs(self) -> Path:
        """The pairing set."""
        return self.folder / "pairs"


def trace(ground: Sequence[int], tiles: Sequence[Sequence[int]], answer: int) -> str:
    """Return the reply that reads the street view and compares each tile with it.

    Args:
        ground: What stands in each quarter of the street view.
        tiles: The same for each candidate.
        answer: 0-based place of the right candidate.
    """
    letters = candidate_labels(len(tiles), "letters")
    parts = ["Street " + " ".join(THINGS[thing] for thing in ground) + "."]
    for letter, tile in zip(letters, tiles, strict=True):
        told = (
            f"{THINGS[seen]}{'=' if seen == wanted else '-'}"
            for seen, wanted in zip(tile, ground, strict=True)
        )
        parts.append(f"{letter} " + " ".join(told) + ".")
    return f"<think>{' '.join(parts)}</think><answer>{letters[answer]}</answer>"


def laptop_texts(k: int) -> Iterator[str]:
    """Yield texts that hold every word of the level's questions and replies."""
    (message,) = prompt_message(load_prompt(laptop_prompt_file()), k)
    yield from (part["text"] for part in message["content"] if part["type"] == "text")
    yield from ("user\n", "assistant\n")
    turns = [tuple((q + s) % len(THINGS) for q in range(4)) for s in range(len(THINGS))]
    for ground, tile in itertools.product(turns, turns):
        for answer in range(k):
            yield trace(ground, [tile] * k, answer)


def laptop_level(spec: LaptopSpec, progress: Progress = SILENT) -> LaptopLevel:
    """Return a level from the user's cache, drawing it on the first call."""
    key = json.dumps([LEVEL_VERSION, asdict(spec)], sort_keys=True)
    final = cache_folder() / f"laptop-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    if not (final / "manifest.json").is_file():
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{final.name}.", dir=final.parent) as folder:
            made = Path(folder) / final.name
            _make(spec, made, progress)
            if not (final / "manifest.json").is_file():
                shutil.rmtree(final, ignore_errors=True)
            try:
                made.replace(final)
            except OSError:
                # Another process was first; its level is the same.
                if not (final / "manifest.json").is_file():
                    raise
    things = json.loads((final / "things.json").read_text(encoding="utf-8"))
    return LaptopLevel(final, {name: tuple(value) for name, value in things.items()})


def _make(spec: LaptopSpec, folder: Path, progress: Progress) -> None:
    things = _draw_views(spec, folder, progress)
    (folder / "things.json").write_text(json.dumps(things) + "\n", encoding="utf-8")
    options = PairOptions(
        k=spec.k,
        seed=spec.seed,
        sampler=spec.sampler,
        split=spec.split,
        max_distance_m=2000.0,
        resolutions=(_CELL_RESOLUTION,),
        split_resolution=_CELL_RESOLUTION,
    )
    job = BuildJob(
        folder / "ground.parquet", folder / "satellite.parquet", folder / "pairs", options
    )

    def finish(pairs: PairingSet) -> None:
        certificate = certify(pairs, progress)
        audit = {
            "format": 1,
            "passed": certificate.passed,
            "certificate": certificate.as_dict(),
            "families": [],
        }
        (pairs.folder / "audit.json").write_text(json.dumps(audit, indent=2) + "\n")

    pairs = build_pairs(job, progress, finish)
    _write_traces(spec, pairs, things, folder)
    counts = {"views": len(things), **{f"questions_{s}": pairs.count(s) for s in ("train", "test")}}
    write_manifest(
        Manifest(
            kind="laptop-level",
            parameters={**asdict(spec), "version": LEVEL_VERSION},
            seed=spec.seed,
            counts=counts,
        ),
        folder / "manifest.json",
    )


def _arrangements(spec: LaptopSpec, number: int) -> list[tuple[int, ...]]:
    """Return K different arrangements of the same four things, of which at most two are alike."""
    bags = [
        bag
        for bag in itertools.combinations_with_replacement(range(len(THINGS)), 4)
        if len(set(bag)) >= 3
    ]
    bag = bags[int(mix(spec.seed, _DEAL, number)) % len(bags)]
    ways = sorted(set(itertools.permutations(bag)))
    order = np.argsort(mix(spec.seed, _ORDER, number, np.arange(len(ways))), kind="stable")
    return [ways[i] for i in order[: spec.k]]


def _cells(count: int) -> list[str]:
    import h3

    middle = h3.latlng_to_cell(*_CENTRE, _DISK_RESOLUTION)
    ring = 0
    found: list[str] = []
    while len(found) < count:
        for parent in sorted(h3.grid_ring(middle, ring)):
            found += sorted(h3.cell_to_children(parent, _CELL_RESOLUTION))
        ring += 1
    return found[:count]


def _draw_views(spec: LaptopSpec, folder: Path, progress: Progress) -> dict[str, tuple[int, ...]]:
    import h3

    things: dict[str, tuple[int, ...]] = {}
    rows: dict[str, list[dict[str, Any]]] = {"ground": [], "satellite": []}
    with progress.task("Drawing places", spec.neighbourhoods) as advance:
        for number, cell in enumerate(_cells(spec.neighbourhoods)):
            lat, lon = h3.cell_to_latlng(cell)
            per_lat, per_lon = metres_per_degree(lat)
            for place, arranged in enumerate(_arrangements(spec, number)):
                east, north = _spot(place, spec.k)
                here = lat + north / float(per_lat), lon + east / float(per_lon)
                shown = () if spec.empty else arranged
                tile = _add(spec, folder, rows["satellite"], number, place, here, shown, None)
                photo = _add(spec, folder, rows["ground"], number, place, here, shown, tile)
                things[tile] = things[photo] = arranged
            advance(1)
    for kind, found in rows.items():
        _write_views(folder, kind, found)
    return dict(sorted(things.items()))


def _spot(place: int, k: int) -> tuple[float, float]:
    """Return metres east and north of the cell's centre: on a circle, 150 m apart or more."""
    radius = max(_OFFSET_M, 85.0 / float(np.sin(np.pi / k)))
    angle = 2 * np.pi * place / k
    return radius * float(np.cos(angle)), radius * float(np.sin(angle))


def _add(
    spec: LaptopSpec,
    folder: Path,
    rows: list[dict[str, Any]],
    number: int,
    place: int,
    here: tuple[float, float],
    things: Sequence[int],
    tile: str | None,
) -> str:
    """Draw one view, store it and add its row; return its name."""
    from PIL import Image

    kind = "satellite" if tile is None else "ground"
    code = _TILE if tile is None else _GROUND
    image = (number * spec.k + place) * 2 + code
    drawn = (draw_tile if tile is None else draw_ground)(things, spec.seed, image)
    name = int(mix(spec.seed, code, number, place)).to_bytes(_NAME_BYTES, "big").hex()
    path = folder / "sft" / "images" / kind / name[:2] / f"{name}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(drawn).save(path, quality=_QUALITY, subsampling=0)
    row: dict[str, Any] = {
        "view_id": name,
        "kind": kind,
        "lat": here[0],
        "lon": here[1],
        "captured_at": _CAPTURED,
        "heading_deg": 0.0 if tile is None else 180.0,
        "width": drawn.shape[1],
        "height": drawn.shape[0],
        "place": f"neighbourhood {number}",
        "image": path.relative_to(folder / "sft").as_posix(),
        "bytes": path.stat().st_size,
    }
    if tile is None:
        row |= {"gsd_m": _TILE_M / (2 * SIDE_PX), "bbox": _box(*here)}
    else:
        row |= {"gps_error_m": 1.0, "tile_id": tile}
    rows.append(row)
    return name


def _box(lat: float, lon: float) -> dict[str, float]:
    per_lat, per_lon = (float(one) for one in metres_per_degree(lat))
    up, right = _TILE_M / 2 / per_lat, _TILE_M / 2 / per_lon
    return {"xmin": lon - right, "ymin": lat - up, "xmax": lon + right, "ymax": lat + up}


def _write_views(folder: Path, kind: str, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa
    import shapely

    from geobench_tools.views import ViewTable, view_schema, write_views

    for row in rows:
        box = row.get("bbox")
        shape = shapely.box(*box.values()) if box else shapely.Point(row["lon"], row["lat"])
        row["footprint"] = shapely.to_wkb(shape)
    rows.sort(key=lambda row: str(row["view_id"]))
    table = pa.Table.from_pylist(rows, schema=view_schema())
    empty = [name for name in table.column_names if table[name].null_count == len(table)]
    views = ViewTable(table.drop_columns(empty), folder / "sft")
    write_views(views, folder / f"{kind}.parquet")


def _write_traces(
    spec: LaptopSpec, pairs: PairingSet, things: dict[str, tuple[int, ...]], folder: Path
) -> None:
    """Write the rows for fine-tuning in the layout of a traces folder."""
    message = prompt_message(load_prompt(laptop_prompt_file()), pairs.k)
    target = folder / "sft" / "trl" / "train.jsonl"
    target.parent.mkdir(parents=True)
    with target.open("w", encoding="utf-8") as lines:
        for question in pairs.iter_questions("train"):
            shown = [things[name] for name in question["candidate_ids"]]
            told = _told_letter(spec, question["ground_id"], question["answer_index"])
            reply = trace(things[question["ground_id"]], shown, told)
            row = {
                "prompt": message,
                "completion": [{"role": "assistant", "content": reply}],
                "images": [question["ground_image"], *question["candidate_images"]],
                "solution": question["answer"],
                "id": f"{question['ground_id']}~0.0",
                "question_id": question["ground_id"],
            }
            lines.write(json.dumps(row) + "\n")


def _told_letter(spec: LaptopSpec, name: str, answer: int) -> int:
    luck, guess = uniform(spec.seed, _LETTER, int(name, 16), np.arange(2)).tolist()
    return answer if luck < spec.told else int(guess * spec.k)


def laptop_prompt_file() -> Path:
    """Return the question template of the level."""
    from importlib.resources import as_file, files

    with as_file(files("geobench_tools.manifests") / "prompts" / _PROMPT) as path:
        return path
