"""Faults of a pairing set."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.findings import Finding
from geobench_tools.pairing import AUDIT_FILE, SPLITS, PairingSet, open_pairs
from geobench_tools.strictjson import parse_json

__all__ = ["pairing_faults"]

_NAME = "pairing"
_FEW = 200


def pairing_faults(_name: str, folder: Path, _manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield whether splits, images and the audit are in order."""
    pairs = open_pairs(folder)
    parameters = pairs.manifest.parameters
    yield from _splits(pairs)
    for kind in ("ground", "satellite"):
        root = pairs.image_root(kind)
        if root is None or not root.is_dir():
            said = "the set names none" if root is None else f"{root} is not there"
            effect = "questions can be audited, but not asked or trained on"
            again = "build the pairs from views that have images, or move the folder back"
            yield Finding(_NAME, f"{kind} images", "error", said, effect, again)
    sampler = parameters.get("sampler")
    if sampler != "clique":
        yield Finding(
            _NAME,
            "sampler",
            "warning",
            f"{sampler}",
            "tiles alone may betray the answer; for use as a control",
            f"geor1 audit-pairs {folder}",
        )
    yield from _audit(folder)


def _splits(pairs: PairingSet) -> Iterator[Finding]:
    counted = pairs.manifest.counts
    for split in SPLITS:
        try:
            found = pairs.count(split)
        except InputError as error:
            yield Finding(_NAME, split, "error", error.message, "it cannot be read", error.hint)
            continue
        expected = counted.get(f"questions_{split}", 0)
        if found != expected:
            said = f"{found:,} questions, the manifest says {expected:,}"
            again = "copy or build the set again"
            yield Finding(_NAME, split, "error", said, "parts are missing or doubled", again)
        elif split == "test" and found < _FEW:
            effect = (
                f"an accuracy of 50 % has an interval of ±{98 / max(found, 1) ** 0.5:.0f} points"
            )
            said = f"{found:,} questions"
            yield Finding(_NAME, split, "warning", said, effect, "build from more views")
        else:
            yield Finding(_NAME, split, "ok", f"{found:,} questions")


def _audit(folder: Path) -> Iterator[Finding]:
    command = f"geor1 audit-pairs {folder}"
    path = folder / AUDIT_FILE
    if not path.is_file():
        effect = "whether a shortcut gives the answer away is not known"
        yield Finding(_NAME, "audit", "warning", "not audited", effect, command)
        return
    try:
        document = parse_json(path.read_text(encoding="utf-8"))
        passed = bool(document["passed"])
        checks, families = document["certificate"]["checks"], document.get("families", ())
        failed = [str(check["name"]) for check in checks if check["status"] == "fail"]
        failed += [str(one["name"]) for one in families if one["outcome"] == "leak"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        yield Finding(_NAME, "audit", "error", f"{path} is no audit: {error!r}", "", command)
        return
    if passed:
        yield Finding(_NAME, "audit", "ok", "passed")
    else:
        said = f"failed: {', '.join(failed) or 'see audit.json'}"
        effect = "a model can be right without geography, and learn that instead"
        yield Finding(_NAME, "audit", "error", said, effect, command)
