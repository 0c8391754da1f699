"""The manifest that every artefact carries: what made it, from what, and what was left out."""

import hashlib
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from geobench_tools import __version__
from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file, sha256_file
from geobench_tools.settings import active
from geobench_tools.strictjson import parse_json

__all__ = ["InputDigest", "Manifest", "digest_input", "read_manifest", "write_manifest"]

FORMAT = 1
_PACKAGES = ("geobench-tools", "numpy", "pyarrow", "h3", "h3ronpy", "pyproj", "shapely", "pillow")


@dataclass(frozen=True)
class InputDigest:
    """One input of an artefact.

    Attributes:
        path: As the user gave it.
        sha256: Of the file's bytes; for a folder, of its sorted paths and digests.
        bytes: Size in bytes, of all files for a folder.
        files: Number of files.
    """

    path: str
    sha256: str
    bytes: int
    files: int = 1


@dataclass(frozen=True)
class Manifest:
    """Provenance of one artefact.

    Everything but ``run`` is a function of inputs, parameters, seed and software, so that two
    manifests can be compared; ``run`` says when and how this very artefact was made.

    Attributes:
        kind: Name of the artefact: ``views``, ``pairing-set``, ``tile-plan`` …
        parameters: All parameters as resolved, defaults included.
        seed: The seed, or None where nothing is random.
        inputs: The inputs with their digests.
        counts: What was read and written, by name.
        dropped: Rows left out, by reason.
        outputs: Digests of what was made, by name.
        packages: Versions of the packages that shape the output.
        run: Time (UTC), command line, Python, platform, settings file and source commit.
        format: Version of this manifest's layout.
    """

    kind: str
    parameters: Mapping[str, Any]
    seed: int | None = None
    inputs: tuple[InputDigest, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=lambda: package_versions(_PACKAGES))
    run: Mapping[str, str] = field(default_factory=lambda: run_facts())
    tool: str = f"geobench-tools {__version__}"
    format: int = FORMAT


def digest_input(path: Path) -> InputDigest:
    """Hash a file, or a folder as the sorted list of its files' relative paths and hashes.

    Raises:
        InputError: ``path`` does not exist.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist", hint="check the path")
    if path.is_file():
        return InputDigest(str(path), sha256_file(path), path.stat().st_size)
    digest, total = hashlib.sha256(), 0
    files = sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        total += file.stat().st_size
        name = os.fsencode(file.relative_to(path).as_posix())
        digest.update(name + b"\0" + sha256_file(file).encode() + b"\n")
    return InputDigest(str(path), digest.hexdigest(), total, len(files))


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed versions of the named packages, leaving out those not installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def run_facts() -> dict[str, str]:
    """Return time, command line, platform, settings file and, in a checkout, the commit.

    The time follows ``SOURCE_DATE_EPOCH`` where that is set (reproducible-builds.org).

    Raises:
        InputError: It is no time.
    """
    facts = {
        "created_at": _now().isoformat(timespec="seconds"),
        "command": shlex.join([_program(), *sys.argv[1:]]),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    if commit := _commit():
        facts["commit"] = commit
    if settings := active().path:
        facts["settings"] = str(settings)
    return facts


def _now() -> datetime:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        raise InputError(
            f"SOURCE_DATE_EPOCH is {epoch!r}", hint="seconds since 1970, or unset it"
        ) from None


def _program() -> str:
    """Return the program's name; ``python -m geobench_tools`` is ``geor1``."""
    path = Path(sys.argv[0])
    ours = path.name == "__main__.py" and path.parent.name == "geobench_tools"
    return "geor1" if ours else path.name


def _commit() -> str:
    source = Path(__file__).resolve().parent.parent
    if not (source / ".git").exists():
        return ""
    result = subprocess.run(
        ["git", "-C", str(source), "describe", "--always", "--dirty", "--abbrev=12"],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip()


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write the manifest as JSON, atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n")


def read_manifest(path: Path, kind: str) -> Manifest:
    """Read a manifest and check that it describes an artefact of ``kind``.

    Raises:
        InputError: The file is missing, is no manifest, or describes something else.
    """
    try:
        data = parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{path} does not exist", hint=f"name a folder of the kind {kind}"
        ) from None
    except ValueError as error:
        raise InputError(f"{path} is not a manifest: {error}") from None
    if not isinstance(data, dict) or data.get("kind") != kind:
        found = data.get("kind") if isinstance(data, dict) else type(data).__name__
        raise InputError(
            f"{path} describes {found!r}, not {kind!r}", hint=f"name a folder of the kind {kind}"
        )
    if data.get("format") != FORMAT:
        raise InputError(f"{path} has format {data.get('format')!r}; this version reads {FORMAT}")
    try:
        data["inputs"] = tuple(InputDigest(**entry) for entry in data.get("inputs", ()))
        made = Manifest(**data)
    except TypeError as error:
        raise InputError(f"{path} is not a manifest: {error}") from None
    for name in ("parameters", "counts", "dropped", "outputs", "packages", "run"):
        if not isinstance(getattr(made, name), dict):
            raise InputError(f"{path} is not a manifest: its {name} are no object")
    return made
