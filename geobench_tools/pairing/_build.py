"""Building a pairing set: spill, stages, collection, and the folder's final name."""

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from geobench_tools import __version__
from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file, atomic_folder, lock_for_appending
from geobench_tools.pairing._executors import run_tasks
from geobench_tools.pairing._options import EXECUTORS, PairOptions
from geobench_tools.pairing._sets import MANIFEST_KIND, SPLITS, PairingSet, open_pairs
from geobench_tools.pairing._spill import Plan, spill_views
from geobench_tools.pairing._stages import STAGES
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import InputDigest, Manifest, digest_input, write_manifest
from geobench_tools.views import view_facts

__all__ = ["BuildJob", "build_pairs"]

_ROWS_PER_PARTITION = 500_000
_OWNER = "job.txt"
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of ``mallopt(3)``; 1 << 17 is what both begin with."""


@dataclass(frozen=True)
class BuildJob:
    """What to build, from what, and where.

    Attributes:
        ground: View table (``geor1 index``) with the ground views.
        satellite: View table with the tiles; may be the same file.
        out: Folder of the pairing set.
        options: The parameters.
        executor: ``local`` (this process), ``process`` (several) or ``ray`` (the user's cluster).
        workers: Number of processes; None for the number of cores.
        overwrite: Replace an existing ``out``.
        sources: What the view tables were read from, for the manifest; default: themselves.
    """

    ground: Path
    satellite: Path
    out: Path
    options: PairOptions = field(default_factory=PairOptions)
    executor: str = "local"
    workers: int | None = None
    overwrite: bool = False
    sources: tuple[Path, ...] = ()


def build_pairs(
    job: BuildJob,
    progress: Progress = SILENT,
    finish: Callable[[PairingSet], None] = lambda _pairs: None,
) -> PairingSet:
    """Build a pairing set.

    The same job after an interruption goes on where it stopped: finished partitions are kept in
    ``.<out>.work`` beside the output, under a digest of inputs, parameters and version.

    Args:
        job: What to build.
        progress: Told of every step.
        finish: Called with the whole set just before it gets its final name; may add files.

    Raises:
        InputError: An input or option is bad, the output exists, another process is building it, or
            no candidate set could be made.
    """
    if job.executor not in EXECUTORS:
        raise InputError(f"no executor {job.executor!r}", hint=f"one of {', '.join(EXECUTORS)}")
    if job.out.exists() and not job.overwrite:
        raise InputError(f"{job.out} exists already", hint="choose another -o or pass --overwrite")
    options = job.options.resolved()
    facts = {kind: _input_facts(getattr(job, kind), kind, options) for kind in _KINDS}
    tables = tuple(dict.fromkeys((job.ground, job.satellite)))
    inputs = tuple(digest_input(path) for path in job.sources or tables)
    work, out = (job.out.parent / f".{job.out.name}.{end}" for end in ("work", "out"))
    plan = Plan(work, out, job.ground, job.satellite, options, _partitions(job, options))
    with _claimed(plan, _fingerprint(plan, inputs)), _kept_memory():
        read = _spill(plan, progress)
        for label, stage in STAGES:
            tasks = list(range(plan.partitions))
            run_tasks(stage, plan, tasks, job.executor, job.workers, label, progress)
        counts, dropped, digest = _collect(plan, read)
        if not any(counts.get(f"questions_{split}") for split in SPLITS):
            shutil.rmtree(work)
            shutil.rmtree(out, ignore_errors=True)
            raise InputError(
                "no candidate set could be made: " + _most_common(dropped),
                hint="see --k, --min-separation, --max-distance, --positive-radius and the views",
            )
        roots = {kind: _image_root(getattr(job, kind), facts[kind], job.out) for kind in _KINDS}
        manifest = Manifest(
            kind=MANIFEST_KIND,
            parameters={**asdict(options), "partitions": plan.partitions, "image_roots": roots},
            seed=options.seed,
            inputs=inputs,
            counts=counts,
            dropped=dropped,
            outputs={"questions_digest": f"{digest:016x}"},
        )
        with atomic_folder(job.out, work=out, overwrite=job.overwrite) as folder:
            write_manifest(manifest, folder / "manifest.json")
            finish(open_pairs(folder))
            # From here on the parts are no longer in the work folder.
            (work / _OWNER).unlink()
    shutil.rmtree(work)
    return open_pairs(job.out)


_KINDS = ("ground", "satellite")


def _input_facts(path: Path, kind: str, options: PairOptions) -> dict[str, Any]:
    """Check early what would otherwise fail after minutes: the file and the columns it needs."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except FileNotFoundError:
        raise InputError(
            f"{path} does not exist", hint="geor1 index SOURCE -o views.parquet"
        ) from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{path} is not a view table: {error}", hint=f"geor1 index {path} -o views.parquet"
        ) from None
    facts = view_facts(path, schema)
    needed = ["captured_at"] if options.within_s is not None else []
    if kind == "satellite":
        needed += ["captured_at" if n in ("year", "month") else n for n in options.stratify]
    for name in needed:
        if name not in schema.names:
            asked = "--within" if options.within_s is not None else "--stratify"
            raise InputError(
                f"{path} has no column {name!r}, which {asked} needs",
                hint=f"columns there: {', '.join(schema.names)}",
            )
    return facts


def _partitions(job: BuildJob, options: PairOptions) -> int:
    if options.sampler != "clique":
        if (options.partitions or 1) > 1 or job.executor != "local":
            raise InputError(
                f"the {options.sampler} sampler is a control and runs in one piece",
                hint="drop --partitions and --executor, or use --sampler clique",
            )
        return 1
    if options.partitions is not None:
        return options.partitions
    import pyarrow.parquet as pq

    rows: int = max(pq.read_metadata(path).num_rows for path in (job.ground, job.satellite))
    return max(1, -(-rows // _ROWS_PER_PARTITION))


def _fingerprint(plan: Plan, inputs: tuple[InputDigest, ...]) -> str:
    document = [__version__, asdict(plan.options), plan.partitions]
    document += [entry.sha256 for entry in inputs]
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


@contextmanager
def _kept_memory() -> Iterator[None]:
    """Keep freed memory for the next use until the build is done.

    Arrow's allocator, and the GNU C library's for large blocks, hand it back to the kernel at once,
    which costs a fifth of the build's time.
    """
    import ctypes

    import pyarrow as pa

    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    system = ctypes.CDLL(None)
    adjust = getattr(system, "mallopt", lambda *_: 0)
    adjust(_MMAP_THRESHOLD, 1 << 25)
    adjust(_TRIM_THRESHOLD, 1 << 30)
    try:
        yield
    finally:
        adjust(_MMAP_THRESHOLD, 1 << 17)
        adjust(_TRIM_THRESHOLD, 1 << 17)
        getattr(system, "malloc_trim", lambda *_: 0)(0)
        pa.set_memory_pool(before)


@contextmanager
def _claimed(plan: Plan, fingerprint: str) -> Iterator[None]:
    """Hold the work folder for this process; empty it if it belongs to another job.

    Raises:
        InputError: Another process holds it.
    """
    work = plan.work
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("wb") as lock:
        lock_for_appending(lock, work)
        owner = work / _OWNER
        if not owner.exists() or owner.read_text() != fingerprint:
            shutil.rmtree(plan.out, ignore_errors=True)
            for entry in work.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
            with atomic_file(owner) as temporary:
                temporary.write_text(fingerprint)
        yield


def _spill(plan: Plan, progress: Progress) -> dict[str, int]:
    done = plan.work / "spill" / "done.json"
    if done.exists():
        read: dict[str, int] = json.loads(done.read_text())
        return read
    shutil.rmtree(plan.work / "spill", ignore_errors=True)
    read = {f"{kind}_read": spill_views(plan, kind, progress) for kind in reversed(_KINDS)}
    for kind, n in read.items():
        if not n:
            raise InputError(
                f"{getattr(plan, kind.removesuffix('_read'))} has no {kind[:-5]} views"
            )
    with atomic_file(done) as temporary:
        temporary.write_text(json.dumps(read))
    return read


def _collect(plan: Plan, read: dict[str, int]) -> tuple[dict[str, int], dict[str, int], int]:
    """Add up what the partitions counted and check that every view is accounted for."""
    total: Counter[str] = Counter()
    digest = 0
    for part in range(plan.partitions):
        total.update(json.loads((plan.work / "assigned" / f"{part:05d}.json").read_text()))
        packed = json.loads((plan.work / "packed" / f"{part:05d}.json").read_text())
        total.update(packed["counts"])
        digest = (digest + packed["digest"]) % 2**64
    del total["satellite_read"]
    dropped = {n: c for n, c in sorted(total.items()) if n.startswith(("ground: ", "satellite: "))}
    counts = {**read, **{n: c for n, c in sorted(total.items()) if n not in dropped}}
    for kind in _KINDS:
        left_out = sum(c for n, c in dropped.items() if n.startswith(f"{kind}: "))
        assert counts[f"{kind}_read"] == counts.get(f"{kind}_used", 0) + left_out, (counts, dropped)
    return counts, dropped, digest


def _most_common(dropped: dict[str, int]) -> str:
    ranked = sorted(dropped.items(), key=lambda item: -item[1])
    return "; ".join(f"{name} ({n:,})" for name, n in ranked[:4])


def _image_root(table: Path, facts: dict[str, Any], out: Path) -> str | None:
    root = facts.get("image_root")
    if root is None:
        return None
    return Path(
        os.path.relpath((table.resolve().parent / root).resolve(), out.resolve())
    ).as_posix()
