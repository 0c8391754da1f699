"""What names the weights of a model on this machine."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from geobench_tools.errors import GeobenchError, InputError
from geobench_tools.files import sha256_file
from geobench_tools.models._types import JSON

__all__ = ["checkpoint_identity", "said", "split_revision"]

_PIECE_BYTES, _PIECES = 1 << 16, 128
_SAID_CHARS = 500
_WEIGHTS = (".safetensors", ".bin", ".pt", ".gguf")


def split_revision(name: str) -> tuple[str, str | None]:
    """Split ``org/model@revision``; a folder that exists is taken as it is."""
    if Path(name).is_dir():
        return name, None
    base, at, revision = name.rpartition("@")
    return (base, revision) if at else (name, None)


def checkpoint_identity(name: str) -> dict[str, JSON]:
    """Return what tells checkpoints apart: for a folder a digest, for the hub name and revision.

    The digest is over all small files' content and over names, sizes and 128 evenly spaced pieces
    of the weights (64 kB each), so that gigabytes need not be read.

    Raises:
        InputError: The name looks like a path and there is no such folder, or it has no config.
    """
    folder = Path(name)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise InputError(f"{folder} has no config.json", hint="give a checkpoint's folder")
        return {"checkpoint": folder.resolve().name, "sha256": _digest(folder)}
    base, revision = split_revision(name)
    if name.startswith((".", "/", "~")) or base.count("/") != 1:
        raise InputError(f"{name} is neither a folder nor a hub name such as org/model@revision")
    return {"checkpoint": base, "revision": revision}


def said(error: BaseException) -> str:
    """Return what a library raised, on one line, with the kind of error where that says more."""
    if isinstance(error, GeobenchError):
        return error.message
    text = " ".join(str(error).split())
    if not isinstance(error, OSError | ValueError | ImportError) or not text:
        text = f"{type(error).__name__}: {text}"
    return text[:_SAID_CHARS]


def _digest(folder: Path) -> str:
    digests: Mapping[str, str] = {
        path.name: _pieces(path) if path.suffix in _WEIGHTS else sha256_file(path)
        for path in sorted(folder.iterdir())
        if path.is_file()
        and (path.suffix in _WEIGHTS or path.suffix in (".json", ".jinja", ".model", ".txt"))
    }
    lines = "\n".join(f"{name} {digest}" for name, digest in digests.items())
    return hashlib.sha256(lines.encode()).hexdigest()


def _pieces(path: Path) -> str:
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    last = max(0, size - _PIECE_BYTES)
    with path.open("rb") as stream:
        for start in sorted({last * number // (_PIECES - 1) for number in range(_PIECES)}):
            stream.seek(start)
            digest.update(stream.read(_PIECE_BYTES))
    return digest.hexdigest()
