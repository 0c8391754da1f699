"""Python and packages: what is required, what each extra adds, what is there."""

import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, version

from geobench_tools.findings import Finding, Level

__all__ = ["package_findings"]

_DISTRIBUTION = "geobench-tools"
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?$")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
_LEAST = re.compile(r">=\s*([0-9][0-9.]*)")
_BELOW = re.compile(r"<\s*([0-9][0-9.]*)")
_DEVELOPMENT = ("dev", "docs")

_ADDS: Mapping[str, str] = {
    "geotiff": "GeoTIFF tiles and orthophotos: geor1 index, fetch-tiles",
    "ray": "build-pairs on several machines: --executor ray",
    "vllm": "vLLM's engine on this machine: --model vllm:PATH",
    "hf": "transformers on this machine: --model hf:PATH",
    "geoclip": "the GeoCLIP baseline: --model geoclip",
    "train": "geor1 train sft and train grpo",
}


@dataclass(frozen=True)
class _Need:
    name: str
    least: str
    below: str
    extra: str


def package_findings(distribution: str = _DISTRIBUTION) -> Iterator[Finding]:
    """Yield one finding for Python, one for the required packages, one for each extra."""
    topic = "Python and packages"
    python = platform.python_version()
    try:
        about = metadata(distribution)
    except PackageNotFoundError:
        yield Finding(
            topic,
            distribution,
            "error",
            "is not installed; only its source is on the path",
            "what it needs is unknown",
            f"pip install {distribution}",
        )
        return
    least = (_LEAST.search(about["Requires-Python"] or "") or ["", "3.11"])[1]
    old = sys.version_info[:2] < _numbers(least)[:2]
    yield Finding(
        topic,
        "Python",
        "error" if old else "ok",
        f"{python} ({sys.executable})",
        next=f"use Python {least} or newer" if old else "",
    )
    needs = _needs(about.get_all("Requires-Dist") or [])
    yield _core(topic, [need for need in needs if not need.extra], about["Version"])
    for extra in about.get_all("Provides-Extra") or []:
        if extra not in _DEVELOPMENT:
            yield _extra(topic, extra, [need for need in needs if need.extra == extra])


def _core(topic: str, needs: Sequence[_Need], own: str) -> Finding:
    wrong = [fault for need in needs if (fault := _fault(need))]
    if not wrong:
        said = f"{own}, with its {len(needs)} required packages"
        return Finding(topic, _DISTRIBUTION, "ok", said)
    again = f"pip install --upgrade {_DISTRIBUTION}"
    return Finding(topic, _DISTRIBUTION, "error", "; ".join(wrong), "commands will fail", again)


def _extra(topic: str, extra: str, needs: list[_Need]) -> Finding:
    adds = _ADDS.get(extra, "")
    wrong = [fault for need in needs if (fault := _fault(need))]
    if not wrong:
        found = ", ".join(f"{need.name} {version(need.name)}" for need in needs)
        return Finding(topic, f"extra {extra}", "ok", found, adds)
    install = f"pip install '{_DISTRIBUTION}[{extra}]'"
    absent = [need for need in needs if _absent(need)]
    level: Level = "note" if len(absent) == len(wrong) else "warning"
    said = "not installed" if absent == needs else "; ".join(wrong)
    return Finding(topic, f"extra {extra}", level, said, f"adds {adds}", install)


def _fault(need: _Need) -> str:
    try:
        found = version(need.name)
    except PackageNotFoundError:
        return f"{need.name} is missing"
    if need.least and _numbers(found) < _numbers(need.least):
        return f"{need.name} is {found}, older than {need.least}"
    if need.below and _numbers(found) >= _numbers(need.below):
        return f"{need.name} is {found}, not below {need.below}"
    return ""


def _absent(need: _Need) -> bool:
    return _fault(need).endswith("is missing")


def _needs(requirements: Sequence[str]) -> list[_Need]:
    needs = []
    for line in requirements:
        if match := _REQUIREMENT.match(line.strip()):
            least, below = _LEAST.search(match[2]), _BELOW.search(match[2])
            extra = _EXTRA.search(match[3] or "")
            if re.sub(r"[-_.]+", "-", match[1]).lower() != _DISTRIBUTION:
                needs.append(_Need(match[1], _first(least), _first(below), _first(extra)))
    return needs


def _first(match: re.Match[str] | None) -> str:
    return match[1] if match else ""


def _numbers(text: str) -> tuple[int, ...]:
    found = [int(part) for part in re.findall(r"\d+", text.split("+")[0])]
    return tuple((*found, 0, 0, 0)[:4])
