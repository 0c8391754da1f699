"""Real commands in their own processes, and small inputs."""

import csv
import os
import sys
from collections.abc import Sequence
from pathlib import Path

GEOR1 = (sys.executable, "-m", "geobench_tools")


def environment(**more: str) -> dict[str, str]:
    """Return this process's variables without model endpoints."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "GEOR1_"))}
    return {**kept, **more}


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path
