"""What is checked about the data before the first step."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.pairing import LETTERS, NAME_FAMILIES, PairingSet, certify
from geobench_tools.progress import SILENT, Progress
from geobench_tools.strictjson import parse_json
from geobench_tools.training._data import Row

__all__ = ["check_audit", "check_images", "check_letters"]

_SHOWN = 3


def check_audit(
    pairs: PairingSet, *, allow_leak: bool, progress: Progress = SILENT
) -> dict[str, Any]:
    """Refuse a pairing set that fails its audit; one without an audit is certified now.

    Names that tell the right tile are no failure: no prompt shows them.

    Returns:
        For the manifest: ``passed``, ``source`` and, if it failed, ``failed`` and ``allowed``.

    Raises:
        InputError: The audit fails and ``allow_leak`` is false, or ``audit.json`` is damaged.
    """
    path = pairs.folder / "audit.json"
    if path.is_file():
        try:
            audit = parse_json(path.read_text(encoding="utf-8"))
            failed, leaks = _failures(audit)
            only_names = bool(leaks) and not failed and set(leaks) <= set(NAME_FAMILIES)
            passed = bool(audit["passed"]) or only_names
            failed += leaks
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path} is not an audit: {error!r}", hint=f"geor1 audit-pairs {pairs.folder}"
            ) from None
        source = "audit.json"
    else:
        certificate = certify(pairs, progress)
        passed, source = certificate.passed, "certificate"
        failed = [check.name for check in certificate.checks if check.status == "fail"]
    if passed:
        return {"passed": True, "source": source}
    if not allow_leak:
        raise InputError(
            f"{pairs.folder} fails its audit: {', '.join(failed) or 'see audit.json'}; a model "
            "could earn the reward by a shortcut",
            hint=f"geor1 audit-pairs {pairs.folder} shows why; --allow-leak trains all the same",
        )
    return {"passed": False, "source": source, "failed": failed, "allowed": True}


def _failures(audit: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the names of the checks that failed and of the families that leak."""
    checks = audit["certificate"]["checks"]
    failed = [str(check["name"]) for check in checks if check["status"] == "fail"]
    leaks = [str(one["name"]) for one in audit.get("families", ()) if one["outcome"] == "leak"]
    return failed, leaks


def check_images(rows: Iterable[Row], *, whole: bool = False) -> int:
    """Check that every image is there and begins as one, before the first step.

    Args:
        rows: Whose images.
        whole: Decode them to their last pixel, which takes milliseconds for each.

    Returns:
        The number of distinct files.

    Raises:
        InputError: Some are missing, empty or damaged; the first are named.
    """
    known: set[Path] = set()
    wrong: list[str] = []
    for row in rows:
        for path in row.images:
            if path not in known:
                known.add(path)
                if fault := _fault(path, whole):
                    wrong.append(f"{path} ({row.id}): {fault}")
    if wrong:
        more = f" and {len(wrong) - _SHOWN:,} more" if len(wrong) > _SHOWN else ""
        raise InputError(
            f"{len(wrong):,} of {len(known):,} images cannot be read: "
            f"{'; '.join(wrong[:_SHOWN])}{more}",
            hint="restore them, or build the pairs again without these views",
        )
    return len(known)


def _fault(path: Path, whole: bool) -> str:
    """Return what is wrong with an image, or nothing."""
    from PIL import Image, UnidentifiedImageError

    if not path.is_file():
        return "missing"
    try:
        with Image.open(path) as picture:
            if whole:
                picture.load()
    except UnidentifiedImageError:
        return "no image"
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        return str(error)
    return ""


def check_letters(rows: Sequence[Row], k: int | None = None) -> Counter[str]:
    """Check that every row has K candidates and that its letter is one of them.

    Args:
        rows: The rows.
        k: Candidates of each question; by default those of the first row.

    Returns:
        How often each letter is right.

    Raises:
        InputError: A row does not fit.
    """
    if not rows:
        raise InputError("there are no rows to train on", hint="name another split or set")
    k = k or len(rows[0].images) - 1
    letters = LETTERS[:k]
    for row in rows:
        if len(row.images) != k + 1 or row.solution not in tuple(letters):
            raise InputError(
                f"{row.id} has {len(row.images) - 1} candidates and answer {row.solution!r}; "
                f"K is {k}, letters {letters[0]} to {letters[-1]}",
                hint="train on questions of one K",
            )
    return Counter(row.solution for row in rows)
