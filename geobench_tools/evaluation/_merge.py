"""Several run directories of one run, such as its shards, made into one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.evaluation._head import RUN, read_run
from geobench_tools.evaluation._lines import to_line
from geobench_tools.evaluation._log import PROMPTS, SAMPLES, final_records, read_prompts
from geobench_tools.evaluation._record import ANSWERED, SampleRecord, Shard
from geobench_tools.evaluation._totals import Totals, total_of
from geobench_tools.files import atomic_folder
from geobench_tools.provenance import Manifest, digest_input, run_facts, write_manifest

__all__ = ["MergeResult", "merge_runs"]


@dataclass(frozen=True)
class MergeResult:
    """What a merge made.

    Attributes:
        folder: The new run directory.
        totals: Of its records.
        repeated: Records left out, as another directory has the same sample and run index.
        missing: Shards that no directory holds, as in ``3/8``; empty for a whole run.
    """

    folder: Path
    totals: Totals
    repeated: int
    missing: tuple[str, ...]


def merge_runs(
    folders: Sequence[Path],
    output: Path,
    *,
    allow_missing: bool = False,
    overwrite: bool = False,
) -> MergeResult:
    """Merge run directories that differ in nothing but their shard.

    Of two records for the same sample and run index the one with a reply counts, else the first.
    The order of the folders does not matter otherwise.

    Args:
        folders: Two or more run directories.
        output: The new one.
        allow_missing: Merge although shards are missing.
        overwrite: Replace an existing output.

    Raises:
        InputError: A folder is no run, they differ, shards are missing, or the output exists.
    """
    if not folders:
        raise InputError("there is nothing to merge", hint="name the directories of the shards")
    manifests = {folder: read_run(folder) for folder in folders}
    for folder in folders:
        _check_alike(folders[0], folder, manifests)
    missing = _missing_shards(manifests)
    if missing and not allow_missing:
        raise InputError(
            f"shards are missing: {', '.join(missing)}", hint="run them, or pass --allow-missing"
        )
    records, repeated = _chosen_records(folders)
    with atomic_folder(output, overwrite=overwrite) as work:
        with (work / SAMPLES).open("wb") as samples:
            for _, record in sorted(records.items(), key=lambda item: item[0]):
                samples.write(to_line(record))
        prompts: dict[str, Any] = {}
        for folder in folders:
            prompts |= read_prompts(folder)
        with (work / PROMPTS).open("w", encoding="utf-8", errors="replace") as lines:
            for prompt, messages in sorted(prompts.items()):
                entry = {"prompt": prompt, "messages": messages}
                lines.write(json.dumps(entry, ensure_ascii=False) + "\n")
        totals = total_of(work)
        write_manifest(_manifest(manifests, totals, missing), work / RUN)
    return MergeResult(output, totals, repeated, tuple(missing))


_Place = tuple[int, int, str, str]


def _chosen_records(folders: Sequence[Path]) -> tuple[dict[_Place, SampleRecord], int]:
    records: dict[_Place, SampleRecord] = {}
    repeated = 0
    for folder in folders:
        for record in final_records(folder):
            place = (record.run_index, record.index, record.benchmark, record.sample_id)
            old = records.get(place)
            repeated += old is not None
            if old is None or (old.status not in ANSWERED and record.status in ANSWERED):
                records[place] = record
    return records, repeated


def _check_alike(first: Path, other: Path, manifests: Mapping[Path, Manifest]) -> None:
    one, two = (
        {name: value for name, value in _identity(manifests[path]).items() if name != "shard"}
        for path in (first, other)
    )
    for name in sorted({*one, *two}):
        if one.get(name) != two.get(name):
            raise InputError(
                f"{first} and {other} are different runs: {name} is {json.dumps(one.get(name))} "
                f"and {json.dumps(two.get(name))}",
                hint="merge shards of one run; to set runs side by side, compare them",
            )
    one_limit, two_limit = (manifests[path].parameters["limit"] for path in (first, other))
    if one_limit != two_limit:
        raise InputError(f"{first} has limit {one_limit}, {other} has limit {two_limit}")


def _missing_shards(manifests: Mapping[Path, Manifest]) -> list[str]:
    names = [_identity(manifest)["shard"] for manifest in manifests.values()]
    if None in names:
        return []
    shards = {Shard.parse(str(name)) for name in names}
    counts = {shard.count for shard in shards}
    if len(counts) > 1:
        raise InputError(f"the shards are of different counts: {sorted(counts)}")
    (count,) = counts
    have = {shard.number for shard in shards}
    return [f"{number}/{count}" for number in range(1, count + 1) if number not in have]


def _identity(manifest: Manifest) -> Mapping[str, Any]:
    identity = manifest.parameters["identity"]
    return identity if isinstance(identity, dict) else {}


def _manifest(
    manifests: Mapping[Path, Manifest], totals: Totals, missing: Sequence[str]
) -> Manifest:
    first = next(iter(manifests.values()))
    parameters = {
        **first.parameters,
        "identity": {**_identity(first), "shard": None},
        "missing_shards": list(missing),
    }
    facts = {**run_facts(), "state": "merged"}
    if totals.cost is not None and "cost" in first.run:
        facts["cost"] = f"{totals.cost:.6f} {first.run['cost'].partition(' ')[2]}"
    return replace(
        first,
        parameters=parameters,
        inputs=tuple(digest_input(folder) for folder in manifests),
        counts=totals.document(),
        outputs={},
        run=facts,
    )
