"""A leak that no image can carry: the place of the right answer in the list."""

import shutil
from dataclasses import replace
from os.path import relpath
from pathlib import Path
from typing import Any

import numpy as np

from geobench_tools.counter_random import hash_strings, uniform
from geobench_tools.errors import InputError
from geobench_tools.files import atomic_folder
from geobench_tools.provenance import Manifest, read_manifest, run_facts, write_manifest

__all__ = ["inject_position_leak"]

_DERIVED = ("audit.json", "card.md", "map.html")


def inject_position_leak(pairs: Path, out: Path, strength: float, seed: int = 0) -> Manifest:
    """Copy a pairing set and move right answers to the first place.

    Each question changes with probability ``strength``: its right candidate trades places with the
    first one. Everything else stays, so that a policy which always answers A scores
    ``strength + (1 - strength) / K`` on the copy. The pages and the audit of the original are not
    copied, for they would not be true of the copy.

    Args:
        pairs: A pairing set.
        out: The folder to make.
        strength: Share of the questions that change, 0 to 1.
        seed: Chooses them.

    Returns:
        The copy's manifest; ``parameters["injected"]`` names the leak.

    Raises:
        InputError: ``pairs`` is no pairing set, ``out`` exists, or ``strength`` is out of range.
    """
    import pyarrow.parquet as pq

    if not 0.0 <= strength <= 1.0:
        raise InputError(f"strength {strength} lies outside 0 to 1")
    manifest = read_manifest(pairs / "manifest.json", "pairing-set")
    roots = manifest.parameters.get("image_roots") or {}
    moved = {
        kind: relpath((pairs / root).resolve(), out.resolve()) if root else root
        for kind, root in roots.items()
    }
    parameters = {
        **manifest.parameters,
        "image_roots": moved,
        "injected": {"position": strength, "seed": seed},
    }
    # The digest of the questions would name the original's.
    changed = replace(manifest, parameters=parameters, outputs={}, run=run_facts())
    with atomic_folder(out) as folder:
        shutil.copytree(pairs, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_DERIVED))
        for split in ("train", "val", "test"):
            for part in sorted((folder / split).glob("part-*.parquet")):
                pq.write_table(_lean(pq.read_table(part), strength, seed), part, compression="zstd")
        write_manifest(changed, folder / "manifest.json")
    return changed


def _lean(table: Any, strength: float, seed: int) -> Any:
    import pyarrow as pa

    rotation = table["rotation"].to_numpy().astype(np.int64)
    draw = uniform(seed, hash_strings(table["ground_id"]), rotation)
    answer = table["answer_index"].to_numpy()
    chosen = (draw < strength) & (answer > 0)

    def swapped(name: str) -> Any:
        lists = table[name].to_pylist()
        for row in np.flatnonzero(chosen).tolist():
            items, right = lists[row], int(answer[row])
            if items:
                items[0], items[right] = items[right], items[0]
        return pa.array(lists, table.schema.field(name).type)

    columns = {
        "candidate_ids": swapped("candidate_ids"),
        "candidate_images": swapped("candidate_images"),
        "answer_index": pa.array(
            np.where(chosen, 0, answer), table.schema.field("answer_index").type
        ),
        "answer": pa.array(
            np.where(chosen, "A", table["answer"].to_numpy(zero_copy_only=False)), pa.string()
        ),
    }
    for name, values in columns.items():
        index = table.schema.get_field_index(name)
        table = table.set_column(index, table.schema.field(name), values)
    return table
