"""The machine: processors, GPUs, disk space, caches."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from geobench_tools.findings import Finding, Level
from geobench_tools.world import cache_folder

__all__ = ["machine_findings", "storage_findings"]

_GIB = 1 << 30
_LITTLE_BYTES, _TOO_LITTLE_BYTES = 5 * _GIB, _GIB // 4
_SMI_S, _TORCH_S = 20, 120
_SMI = ("--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
_ASK_TORCH = """
import json, torch
cuda = torch.cuda.is_available()
count = torch.cuda.device_count() if cuda else 0
gpus = [torch.cuda.get_device_properties(i) for i in range(count)]
print(json.dumps({
    "built": torch.version.cuda or torch.version.hip or "",
    "gpus": [[gpu.name, gpu.total_memory] for gpu in gpus],
    "bf16": bool(cuda and torch.cuda.is_bf16_supported()),
    "mps": torch.backends.mps.is_available(),
}))
"""
_NO_GPU = "hf: and training run on the CPU, fit for tiny models alone; vllm: needs a GPU"


def machine_findings() -> Iterator[Finding]:
    """Yield processors and memory, the driver's GPUs, and what PyTorch sees of them."""
    topic = "Machine"
    yield Finding(topic, "processors", "ok", f"{_processors()} cores{_memory()}")
    gpus, fault = _driver()
    if fault:
        yield Finding(topic, "nvidia-smi", "warning", fault, _NO_GPU, "check the driver")
    elif gpus:
        yield Finding(topic, "nvidia-smi", "ok", "; ".join(gpus))
    else:
        use = "use an endpoint: --model openai:NAME --base-url URL"
        yield Finding(topic, "nvidia-smi", "note", "no NVIDIA GPU", _NO_GPU, use)
    yield from _torch(topic, bool(gpus))


def storage_findings() -> Iterator[Finding]:
    """Yield the folders that are written to: whether they can be, and the space there."""
    topic = "Storage"
    yield _folder(topic, "working folder", Path.cwd(), "runs/ and outputs are written here", "")
    how = "GEOR1_CACHE names another"
    yield _folder(topic, "cache", cache_folder(), "the rendered world is kept here", how)
    home = os.environ.get("HF_HOME") or os.environ.get("XDG_CACHE_HOME") or ""
    hub = Path(home or Path.home() / ".cache")
    hub = hub if os.environ.get("HF_HOME") else hub / "huggingface"
    yield _folder(topic, "Hub cache", hub, "data sets and checkpoints go here", "HF_HOME names it")


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _memory() -> str:
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return ""
    return f", {pages * size / _GIB:,.0f} GiB memory"


def _driver() -> tuple[list[str], str]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return [], ""
    try:
        done = subprocess.run(
            [program, *_SMI], capture_output=True, text=True, timeout=_SMI_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], f"nvidia-smi does not answer: {error}"
    if done.returncode:
        return [], f"nvidia-smi fails: {(done.stdout or done.stderr).strip()[:200]}"
    return [line.strip() for line in done.stdout.splitlines() if line.strip()], ""


def _torch(topic: str, driver: bool) -> Iterator[Finding]:
    try:
        installed = version("torch")
    except PackageNotFoundError:
        return
    said, fault = _asked()
    if said is None:
        again = "install PyTorch again: pytorch.org/get-started"
        yield Finding(
            topic, "PyTorch", "error", f"{installed} does not start: {fault}", _NO_GPU, again
        )
        return
    built = f"built for CUDA {said['built']}" if said["built"] else "built without CUDA"
    if said["gpus"]:
        shown = ", ".join(f"{name} {total / _GIB:,.0f} GiB" for name, total in said["gpus"])
        bf16 = "bf16" if said["bf16"] else "no bf16"
        yield Finding(topic, "PyTorch", "ok", f"{installed}, {built}: {shown}, {bf16}")
    elif driver:
        again = "install a CUDA build of PyTorch that fits the driver: pytorch.org/get-started"
        found = f"{installed}, {built}, sees no GPU although the driver does"
        yield Finding(topic, "PyTorch", "warning", found, _NO_GPU, again)
    else:
        more = ", Apple GPU" if said["mps"] else ""
        yield Finding(topic, "PyTorch", "ok", f"{installed}, {built}{more}")


def _asked() -> tuple[dict[str, Any] | None, str]:
    """What PyTorch says of itself in a process of its own, which may crash or hang."""
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _ASK_TORCH],
            capture_output=True,
            text=True,
            timeout=_TORCH_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, str(error)
    try:
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        return None, last[0][:200]
    return said, ""


def _folder(topic: str, name: str, folder: Path, use: str, how: str) -> Finding:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        said = f"{folder} cannot be written ({there})"
        return Finding(topic, name, "error", said, use, how or "change to another folder")
    free = shutil.disk_usage(there).free
    said = f"{folder}, {free / _GIB:,.1f} GiB free"
    if free < _LITTLE_BYTES:
        level: Level = "error" if free < _TOO_LITTLE_BYTES else "warning"
        return Finding(topic, name, level, said, use, "; ".join(filter(None, ("free space", how))))
    return Finding(topic, name, "ok", said, use)
