"""Real commands in their own processes, and small inputs."""

import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

GEOR1 = (sys.executable, "-m", "geobench_tools")
PATIENCE_S = 900
"""Ends a test that hangs; no test waits so long on any machine."""


def environment(**more: str) -> dict[str, str]:
    """Return this process's variables without model endpoints; audits are the certificate alone."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "GEOR1_"))}
    return {**kept, "GEOR1_BUILD_PAIRS_AUDIT": "certificate", **more}


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def wait_for(found: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait until something is there, which the process makes before it ends."""
    deadline = time.monotonic() + PATIENCE_S
    over = False
    while not found():
        assert not over, process.communicate()
        assert time.monotonic() < deadline
        over = process.poll() is not None
        time.sleep(0.005)


def wait_for_line(said: str, process: subprocess.Popen[str]) -> None:
    """Wait until a process says something on stderr."""
    assert process.stderr is not None
    assert any(said in line for line in process.stderr), "it ended without a word"


def ended(process: subprocess.Popen[str]) -> str:
    """Wait for the end of a process and return what it said on stderr: never a traceback."""
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in errors, errors
    return errors


def kill_at_random(
    words: Sequence[object],
    folder: Path,
    done: Callable[[], bool],
    check: Callable[[], None],
    kills: int = 8,
) -> int:
    """Kill a command at random times until it was killed so often, then let it come to an end.

    The time of each kill is drawn over the time that a whole run takes. Work that is done before
    the last kill is checked, removed and begun again.

    Returns:
        How often the work was begun with nothing there.
    """
    command = [*GEOR1, *map(str, words)]
    started = time.monotonic()
    subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)
    seconds = time.monotonic() - started
    check()
    rng = random.Random(str(folder.name))
    begun, killed = 1, 0
    while killed < kills:
        if done():
            check()
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            begun += 1
        whole = not any(folder.iterdir())
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            _, errors = process.communicate(timeout=seconds * rng.uniform(0.3, 0.95))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed += 1
        else:
            assert process.returncode == 0, errors.decode()
            seconds = time.monotonic() - started if whole else seconds
    last = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done(), last.stderr
    check()
    return begun
