"""A disk that is full, and one that cannot be written: a clear error, nothing half-written."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from faults import GEOR1, environment

MOUNTED = subprocess.run(
    ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
    capture_output=True,
    check=False,
)
pytestmark = pytest.mark.skipif(
    MOUNTED.returncode != 0, reason="this machine gives no private mounts"
)


def on_small_disk(size: str, script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script in a fresh file system of a size, with ``disk`` as its folder."""
    disk = folder / "disk"
    disk.mkdir()
    whole = (
        f"mount -t tmpfs -o size={size} none {shlex.quote(str(disk))} && cd disk && {{ {script}\n}}"
    )
    return subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", whole],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def shell(words: Sequence[object]) -> str:
    return shlex.join([*GEOR1, *map(str, words)])


@pytest.fixture
def commands(view_tables, world_pairs) -> dict[str, list[object]]:
    ground, satellite = view_tables
    return {
        "index": ["index", ground.with_suffix(".csv"), "-o", "out.parquet"],
        "build-pairs": ["build-pairs", "--ground", ground, "--satellite", satellite, "-o", "out"],
        "eval": ["eval", "imageo-gss", "--model", "majority", "-o", "out"],
        "world": ["world", "render", "--views", 12, "--towns", 1, "--workers", 1, "-o", "out"],
        "plan-tiles": ["plan-tiles", ground, "-o", "out.parquet"],
        "synth-cot": ["synth-cot", "--pairs", world_pairs, "--limit", 4, "-o", "out"],
        "export-pairs": ["export-pairs", world_pairs, "--to", "trl", "-o", "out"],
        "study": ["study", world_pairs, "-o", "out.html"],
        "train": ["train", "grpo", "--pairs", world_pairs, "--model", "org/model", "-o", "out"],
    }


NAMES = (
    *("index", "build-pairs", "eval", "world", "plan-tiles", "synth-cot", "export-pairs", "study"),
)


@pytest.mark.parametrize("name", NAMES)
def test_full(commands, tmp_path, name):
    command = shell([*commands[name], "--quiet"])
    script = f"""
        dd if=/dev/zero of=filler bs=1k count=8k 2> /dev/null
        {command} > ../said; echo code $?; ls -A
        rm filler; mount -o remount,size=64m .
        {command} > ../said; echo code $?; ls -A"""
    done = on_small_disk("8k", script, tmp_path)
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr
    assert "the same command goes on" in done.stderr
    full, free = done.stdout.split("code ")[1:]
    assert full.startswith("2"), done.stderr
    final = str(commands[name][-1])
    assert final not in full.split() or name in ("eval", "synth-cot")
    assert free.startswith("0"), done.stderr
    assert final in free.split()


@pytest.mark.parametrize("name", [*NAMES, "train"])
def test_read_only(commands, tmp_path, name):
    script = f"mount -o remount,ro .; {shell([*commands[name], '--quiet'])}; echo code $?"
    done = on_small_disk("8m", script, tmp_path)
    assert "Traceback" not in done.stderr
    assert "Read-only file system" in done.stderr
    assert done.stdout.endswith("code 2\n")
