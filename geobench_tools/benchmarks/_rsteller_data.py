"""RSTeller's patches (arXiv 2408.14744): pictures and NAIP names out of its tar archives.

Each patch is ``N.jpg`` with ``N.json``; its position is nowhere but in the NAIP name, as a cell of
3.75 minutes. The captions in the JSON name roads and places: they are never read.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from geobench_tools.benchmarks._pictures import Archive
from geobench_tools.counter_random import hash_strings, mix
from geobench_tools.errors import InputError
from geobench_tools.geo import NaipCell, read_naip_name
from geobench_tools.models import ImagePart
from geobench_tools.strictjson import parse_json

__all__ = ["Patch", "Patches", "load_patches", "states_of"]

_LAYOUT = "tar archives Patches0000.tar … as published, or N.jpg with N.json"
_US = "US."
_CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


@dataclass(frozen=True, slots=True)
class Patch:
    """One picture and where it lies.

    Attributes:
        patch_id: As the data number it.
        image_name: Of the NAIP image that it was cut from.
        south: Edge of the cell, degrees.
        north: Edge.
        west: Edge.
        east: Edge.
        state: Two-letter code of the state that the cell's centre lies in.
        states: Codes of all states that its centre or a corner lies in.
    """

    patch_id: str
    image_name: str
    south: float
    north: float
    west: float
    east: float
    state: str
    states: tuple[str, ...]


@dataclass(frozen=True)
class Patches:
    """The chosen patches.

    Attributes:
        rows: In the order of their ids.
        picture: From a patch's id to its picture.
        origin: What they were read from.
        sha256: Of the rows.
        left_out: Patches of other names or outside the states.
    """

    rows: Sequence[Patch]
    picture: Callable[[str], ImagePart]
    origin: str
    sha256: str
    left_out: int

    @classmethod
    def of(
        cls,
        rows: Sequence[Patch],
        picture: Callable[[str], ImagePart],
        origin: str,
        left_out: int = 0,
    ) -> "Patches":
        """Digest the rows."""
        text = json.dumps([asdict(row) for row in rows], sort_keys=True)
        return cls(rows, picture, origin, hashlib.sha256(text.encode()).hexdigest(), left_out)


def load_patches(
    folder: Path, shards: Sequence[str], per_state: int, seed: int, origin: str
) -> Patches:
    """Choose patches: in each state those whose ids have the smallest hashes.

    Args:
        folder: Of the archives, or of loose files.
        shards: Names of the archives to choose from; all in the folder if empty.
        per_state: Most patches of one state.
        seed: Of the hash.
        origin: What the result names as its source.

    Raises:
        InputError: An archive is missing or broken, or there are no patches.
    """
    sources = _sources(folder, shards)
    cells: dict[str, tuple[str, NaipCell]] = {}
    unknown = 0
    for patch_id, source in sources.items():
        name = _image_name(source("json"), patch_id)
        try:
            cells[patch_id] = name, read_naip_name(name)
        except InputError:
            unknown += 1
    if not cells:
        raise InputError(f"{folder} holds no patches", hint=_LAYOUT)
    centres = states_of([cell.centre for _, cell in cells.values()])
    located = {key: state for key, state in zip(cells, centres, strict=True) if state}
    chosen = _chosen(located, per_state, seed)
    rows = _patches(chosen, cells, located)
    outside = len(cells) - len(located)
    return Patches.of(rows, partial(_picture, sources), origin, unknown + outside)


def states_of(positions: Sequence[tuple[float, float]]) -> list[str]:
    """Return the two-letter codes of the US states of positions, empty elsewhere."""
    from geobench_tools.places import reverse

    if not positions:
        return []
    codes = reverse(*np.array(positions, float).T).admin1_code
    return [str(code).removeprefix(_US) if str(code).startswith(_US) else "" for code in codes]


def _chosen(states: Mapping[str, str], per_state: int, seed: int) -> list[str]:
    ids = list(states)
    order = np.argsort(mix(seed, hash_strings(ids)), kind="stable")
    taken: dict[str, int] = {}
    chosen = []
    for place in order:
        patch_id = ids[int(place)]
        state = states[patch_id]
        if taken.get(state, 0) < per_state:
            taken[state] = taken.get(state, 0) + 1
            chosen.append(patch_id)
    return sorted(chosen, key=lambda name: (len(name), name))


def _patches(
    ids: Sequence[str], cells: Mapping[str, tuple[str, NaipCell]], states: Mapping[str, str]
) -> list[Patch]:
    boxes = [cells[patch_id][1] for patch_id in ids]
    corners = [
        ((c.south, c.north)[row], (c.west, c.east)[column])
        for c in boxes
        for row, column in _CORNERS
    ]
    beside = iter(states_of(corners))
    rows = []
    for patch_id, cell in zip(ids, boxes, strict=True):
        near = {states[patch_id], *(next(beside) for _ in _CORNERS)} - {""}
        edges = cell.south, cell.north, cell.west, cell.east
        name = cells[patch_id][0]
        rows.append(Patch(patch_id, name, *edges, states[patch_id], tuple(sorted(near))))
    return rows


_Source = Callable[[str], bytes]


def _sources(folder: Path, shards: Sequence[str]) -> dict[str, _Source]:
    """Return for each patch what reads its file of a suffix."""
    archives = {path.name: path for path in sorted(folder.rglob("*.tar"))}
    if missing := [name for name in shards if name not in archives]:
        raise InputError(
            f"{folder} lacks {', '.join(missing)}",
            hint="get them, or take what is there: --set shards=all",
        )
    found: dict[str, _Source] = {}
    for name in shards or archives:
        members = Archive(archives[name])
        for member in members:
            if member.endswith(".json"):
                stem = member.removesuffix(".json")
                found[stem.rsplit("/", 1)[-1]] = partial(_of_tar, members, stem)
    for path in () if shards else sorted(folder.rglob("*.json")):
        if path.stem.isdecimal():
            found.setdefault(path.stem, partial(_of_folder, path))
    return found


def _of_tar(members: Archive, stem: str, suffix: str) -> bytes:
    name = f"{stem}.{suffix}"
    return members.read(name) if name in members else b""


def _of_folder(path: Path, suffix: str) -> bytes:
    file = path.with_suffix(f".{suffix}")
    return file.read_bytes() if file.is_file() else b""


def _picture(sources: Mapping[str, _Source], patch_id: str) -> ImagePart:
    return ImagePart(sources[patch_id]("jpg"))


def _image_name(document: bytes, patch_id: str) -> str:
    try:
        metadata: Any = parse_json(document)["metadata"]
        return str(metadata["image_name"])
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{patch_id}.json is no record of RSTeller", hint=_LAYOUT) from None
