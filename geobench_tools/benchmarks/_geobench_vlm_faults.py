"""Faults of GEOBench-VLM's records and pictures (arXiv 2411.19325)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geobench_tools.benchmarks._geobench_vlm_data import GeobenchSet, load_geobench
from geobench_tools.findings import Finding

__all__ = ["geobench_faults"]

_WORDINGS = 5
_MISSPELT = ("Marine Debirs Counting", "Sptatial Relation Classification")
_XVIEW2 = "get hold and test from https://xview2.org and pass --set xbd=FOLDER"


def geobench_faults(name: str, folder: Path, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield missing xBD pictures, counts of tasks, wordings and names with typing errors."""
    entry = manifest["subsets"][name]
    data = load_geobench(
        str(folder), None, entry["archive"], entry["kind"], "", str(manifest["data"])
    )
    yield from _xbd(name, data)
    yield from _counts(name, data, entry.get("tasks") or {})
    odd = sum(len(one.prompts) != _WORDINGS for one in data.questions)
    if odd:
        yield Finding(
            name,
            "wordings",
            "note",
            f"{odd:,} questions have not {_WORDINGS} wordings",
            "vote and mean are over those that are there",
        )
    misspelt = [task for task in _MISSPELT if any(one.task == task for one in data.questions)]
    if misspelt:
        yield Finding(
            name,
            "names of tasks",
            "note",
            f"typing errors of the release: {', '.join(misspelt)}",
            "kept: published tables have them too",
        )
    words = [one.name for one in data.questions if entry["kind"] == "choice" and not one.options]
    if words:
        yield Finding(
            name,
            "options",
            "error",
            f"{len(words):,} questions list none: {', '.join(words[:3])}",
            "they cannot be answered",
            "get the data again",
        )


def _xbd(name: str, data: GeobenchSet) -> Iterator[Finding]:
    removed = [one for one in data.questions if one.is_xbd]
    missing = [
        one
        for one in removed
        if isinstance(source := data.pictures[one.images[0]].source, Path) and not source.exists()
    ]
    if missing:
        by_task = Counter(one.task for one in missing)
        total = Counter(one.task for one in data.questions)
        shown = ", ".join(f"{n:,} of {total[task]:,} {task}" for task, n in by_task.items())
        yield Finding(
            name,
            "xBD pictures",
            "warning",
            f"{len(missing):,} questions lack theirs: {shown}",
            "taken out of the release at their owners' request; strict counts them as wrong, and "
            "no average over all tasks is comparable without them",
            _XVIEW2,
        )
    elif removed:
        yield Finding(name, "xBD pictures", "ok", f"all {len(removed):,} are here")


def _counts(name: str, data: GeobenchSet, expected: dict[str, int]) -> Iterator[Finding]:
    found = Counter(one.task for one in data.questions)
    wrong = [
        f"{task}: {found[task]:,}, not {count:,}"
        for task, count in expected.items()
        if found[task] != count
    ]
    wrong += [
        f"{task}: {n:,}, unknown" for task, n in found.items() if expected and task not in expected
    ]
    if wrong:
        yield Finding(
            name,
            "questions by task",
            "warning",
            "; ".join(wrong),
            "accuracies are over other questions than the published ones",
            "get the release at the pinned commit",
        )
