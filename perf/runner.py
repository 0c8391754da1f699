"""Runs benchmarks; each measured program is a process of its own.

    python -m perf                the usual ones
    python -m perf build ring     some
    python -m perf --all          the long ones too
    python -m perf --write        also keep the figures in perf/results.json

CPU seconds are user + system of the process and its children, peak memory is the largest resident
set of any one of them, both from ``wait4``. A missed budget is shown and does not change the exit
code. This file imports nothing heavy: a child's peak is never below its parent's.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from geobench_tools.files import atomic_file
from geobench_tools.provenance import package_versions, run_facts

USUAL = (
    "build",
    "ring",
    "eval_client",
    "world",
    "answers",
    "rewards",
    "places",
    "train",
    "fact_check",
)
LONG = ("build10m",)

HERE = Path(__file__).resolve().parent
OUT = HERE / "out"
GEOR1 = str(Path(sys.executable).with_name("geor1"))
PACKAGES = ("geobench-tools", "numpy", "pyarrow", "h3", "scikit-learn")


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes:
        what: What was measured.
        value: The number.
        unit: Its unit; ``x`` for ratios.
        at_most: Budget that it must not exceed, if any.
        at_least: Budget that it must reach, if any.
        note: How it was got, where that is not plain.
    """

    what: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Pass or fail, empty without a budget."""
        if self.at_most is None and self.at_least is None:
            return ""
        low, high = self.at_least or 0.0, self.at_most or float("inf")
        return "pass" if low <= self.value <= high else "FAIL"


@dataclass(frozen=True)
class Usage:
    """What one process took: CPU and wall seconds, peak resident GB; and its standard output."""

    cpu_s: float
    wall_s: float
    peak_gb: float
    stdout: str


def measure(*command: str | Path) -> Usage:
    """Run a program to its end and return what it took; leave if it fails."""
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as stdout:
        started = time.perf_counter()
        process = subprocess.Popen(words, stdout=stdout, cwd=HERE.parent)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(words)} failed with exit code {process.returncode}")
        stdout.seek(0)
        text = stdout.read().decode()
    scale = 1e9 if sys.platform == "darwin" else 1e6 / 1.024
    return Usage(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / scale, text)


def towns(number: int, *, bbox: bool = False) -> tuple[Path, Path]:
    """Return the view tables of synthetic towns, cameras and tiles, made on first use."""
    folder = OUT / f"towns-{number}{'-bbox' if bbox else ''}"
    if not folder.exists():
        options = ["--tiles", str(number), *(["--bbox"] if bbox else [])]
        measure(sys.executable, "-m", "perf.towns", folder, *options)
    return folder / "ground.parquet", folder / "satellite.parquet"


def show(name: str, figures: list[Figure]) -> None:
    """Print the figures of a benchmark as a table."""
    print(f"\n{name}")
    for f in figures:
        limit = f"<= {f.at_most:g}" if f.at_most else f">= {f.at_least:g}" if f.at_least else ""
        line = f"  {f.what:<58}{f.value:>10.4g} {f.unit:<6}{limit:<9}{f.verdict:<5}{f.note}"
        print(line.rstrip(), flush=True)


def main() -> None:
    """Run the benchmarks named on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m perf", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(USUAL + LONG))
    parser.add_argument("--all", action="store_true", help="the long ones too")
    parser.add_argument("--write", action="store_true", help="keep figures in perf/results.json")
    options = parser.parse_args()
    names = options.names or (USUAL + LONG if options.all else USUAL)
    if unknown := set(names) - {*USUAL, *LONG}:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    machine = {
        "cpus": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.1f}",
        **package_versions(PACKAGES),
        **run_facts(),
    }
    results: dict[str, Any] = {}
    for name in names:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
            figures = fresh.submit(_run, name).result()
        show(name, figures)
        results[name] = {
            "figures": [asdict(f) | {"verdict": f.verdict} for f in figures],
            "machine": machine,
        }
    OUT.mkdir(exist_ok=True)
    stamp = machine["created_at"].replace(":", "")
    _write(OUT / f"{stamp}.json", results)
    if options.write:
        kept = HERE / "results.json"
        old = json.loads(kept.read_text()) if kept.exists() else {}
        _write(kept, {**old, **results})


def _run(name: str) -> list[Figure]:
    """Run one benchmark; in a process of its own, what one imports is no peak of the next."""
    figures: list[Figure] = importlib.import_module(f"perf.{name}").run()
    return figures


def _write(path: Path, document: dict[str, Any]) -> None:
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(document, indent=2) + "\n")
