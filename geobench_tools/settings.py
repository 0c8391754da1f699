"""``geor1.toml``: data roots, models and defaults of options, for one folder and all below it.

An option on the command line is stronger than the environment, and the environment stronger than
the file. The commands look for the file and make it the active one; code that uses the package
without them has empty settings unless it calls :func:`activate`. Keys and tokens are refused:
they belong in the environment.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.plaintext import words

__all__ = [
    "FILE",
    "NamedModel",
    "Settings",
    "activate",
    "active",
    "find_settings",
    "load_settings",
    "user_settings",
]

FILE = "geor1.toml"
NO_FILE = "none"
TABLES = ("data", "models", "defaults")

_MODEL_KEYS = ("model", "base-url")
_BASELINES = ("majority", "random", "geoclip")
_WITH_PATH = ("hf", "vllm", "replay")
_LARGEST_BYTES = 1 << 20
_DEEPEST = 8
_NO_PATHS = ("hub", "sample")
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(?::[\w.-]+)?")
_SECRET_WORDS = words(
    "key keys apikey token secret password passwd passphrase credential credentials authorization "
    "auth bearer cookie"
)
_SECRET_VALUE = re.compile(
    r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|\bhf_[A-Za-z0-9]{16,}|\bgh[pousr]_[A-Za-z0-9]{16,}"
    r"|\bBearer\s+\S{8,}|\bAIza[0-9A-Za-z_-]{30,}|://[^/\s:@]+:[^/\s@]+@"
    r"|[?&](?:key|api_?key|access_token|token|sig|signature)=[^&\s{]+",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\s*(\[[^\[].*\])\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")


@dataclass(frozen=True)
class NamedModel:
    """A model that the file names.

    Attributes:
        model: As ``--model`` takes it.
        base_urls: Its endpoints, for ``openai:NAME``.
    """

    model: str
    base_urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What a settings file says.

    Attributes:
        path: The file; None where there is none.
        data: Data root by name of a benchmark or of its family.
        models: By the name that ``--model`` takes.
        default_model: Where no model is named: one of ``models``, or as ``--model`` takes it.
        defaults: Options by command, as in ``{"eval": {"concurrency": 64}}``; unchecked.
        lines: Line of each key, by its path.
    """

    path: Path | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, NamedModel] = field(default_factory=dict)
    default_model: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    def where(self, *keys: str) -> str:
        """Return ``FILE:LINE`` of a key, or of the innermost table around it."""
        path = self.path or Path(FILE)
        for length in range(len(keys), 0, -1):
            if keys[:length] in self.lines:
                return f"{path}:{self.lines[keys[:length]]}"
        return str(path)

    def data_root(self, names: Collection[str]) -> str:
        """Return the root of the first of several names that the file has; empty if none."""
        return next((self.data[name] for name in names if name in self.data), "")

    def check_data(self, known: Collection[str]) -> None:
        """Check the names of the data roots.

        Raises:
            InputError: One is not among ``known``.
        """
        for name in self.data:
            if name not in known:
                raise InputError(
                    f"{self.where('data', name)}: there is no benchmark or family {name!r}",
                    hint=_did_you_mean(name, known),
                )


_active = Settings()


def active() -> Settings:
    """Return the settings that are in force."""
    return _active


def activate(settings: Settings) -> None:
    """Put settings in force for this process."""
    global _active
    _active = settings


def user_settings() -> Path:
    """Return where a user's own settings lie, used where no folder above has a file."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "geor1" / FILE


def find_settings(named: str = "", start: Path | None = None) -> Path | None:
    """Return the settings file to use.

    Args:
        named: A file, ``none`` for no file, or empty to look in ``start``, the folders above it,
            and then at :func:`user_settings`.
        start: A folder; the working directory by default.

    Raises:
        InputError: The named file does not exist, or a file that was found belongs to another user.
    """
    if named == NO_FILE:
        return None
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise InputError(f"there is no settings file {path}", hint="write one: geor1 init")
        return path
    folder = (start or Path.cwd()).resolve()
    for path in (*(above / FILE for above in (folder, *folder.parents)), user_settings()):
        if path.is_file():
            _check_owner(path)
            return path
    return None


def load_settings(path: Path) -> Settings:
    """Read and check a settings file. Relative data roots are taken from the file's folder.

    Raises:
        InputError: It cannot be read, has an unknown key or a value of the wrong kind, or holds
            what looks like a key; names the line.
    """
    text = _text(path)
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not TOML: {error}", hint="see: geor1 init --print") from None
    lines = _lines(text)
    reader = _Reader(path, Settings(path, lines=lines).where)
    reader.refuse_secrets(document)
    for name in document:
        reader.known(name, TABLES)
    data = {
        name: str(_from_file(path, root))
        for name, root in reader.table(document, "data").items()
        if reader.is_text(root, "data", name)
    }
    models, default = reader.models(reader.table(document, "models"))
    defaults = reader.table(document, "defaults")
    for command in defaults:
        reader.table(defaults, command, ("defaults",))
    return Settings(path, data, models, default, defaults, lines)


@dataclass(frozen=True)
class _Reader:
    path: Path
    where: Callable[..., str]

    def known(self, name: str, known: Collection[str], *above: str) -> None:
        if name not in known:
            said = ".".join((*above, name))
            raise InputError(
                f"{self.where(*above, name)}: unknown key {said!r}",
                hint=_did_you_mean(name, known),
            )

    def table(
        self, document: Mapping[str, Any], name: str, above: tuple[str, ...] = ()
    ) -> Mapping[str, Any]:
        value = document.get(name, {})
        if not isinstance(value, Mapping):
            said = ".".join((*above, name))
            raise InputError(
                f"{self.where(*above, name)}: {said!r} is no table", hint=f"write [{said}]"
            )
        return value

    def is_text(self, value: object, *keys: str) -> bool:
        if isinstance(value, str) and value:
            return True
        raise InputError(
            f"{self.where(*keys)}: {'.'.join(keys)} is {value!r}, not a text",
            hint=f'write {keys[-1]} = "…"',
        )

    def models(self, table: Mapping[str, Any]) -> tuple[dict[str, NamedModel], str]:
        found: dict[str, NamedModel] = {}
        for name, entry in table.items():
            if name == "default":
                continue
            fields = self.table(table, name, ("models",))
            for key in fields:
                self.known(key, _MODEL_KEYS, "models", name)
            if "model" not in fields:
                raise InputError(
                    f"{self.where('models', name)}: models.{name} names no model",
                    hint='write model = "openai:NAME", "hf:PATH" or "vllm:PATH"',
                )
            self.is_text(fields["model"], "models", name, "model")
            given = entry.get("base-url", [])
            urls = given if isinstance(given, list) else [given]
            for url in urls:
                self.is_text(url, "models", name, "base-url")
            found[name] = NamedModel(self.model(fields["model"]), tuple(urls))
        default = table.get("default", "")
        if "default" in table:
            self.is_text(default, "models", "default")
        if default and ":" not in default and default not in (*found, *_BASELINES):
            raise InputError(
                f"{self.where('models', 'default')}: there is no model {default!r}",
                hint=f"one of {', '.join((*found, *_BASELINES))}, or openai:NAME",
            )
        return found, default if default in found else self.model(default)

    def model(self, text: str) -> str:
        """A model whose path is taken from the file's folder where it exists there."""
        kind, _, rest = text.partition(":")
        if kind in _WITH_PATH and rest and not Path(rest).is_absolute():
            beside = self.path.parent / Path(rest).expanduser()
            return f"{kind}:{beside}" if beside.exists() else text
        return text

    def refuse_secrets(self, document: Mapping[str, Any]) -> None:
        for keys, value in _leaves(document):
            found = set(re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1-\2", keys[-1]).lower()))
            named = bool(found & _SECRET_WORDS) and isinstance(value, str)
            if named or (isinstance(value, str) and _SECRET_VALUE.search(value)):
                raise InputError(
                    f"{self.where(*keys)}: {'.'.join(keys)} looks like a key or password; "
                    "a settings file must hold none",
                    hint="delete the line and use the environment: export OPENAI_API_KEY=… "
                    "(HF_TOKEN for the Hub)",
                )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise InputError(f"{path} is larger than {_LARGEST_BYTES:,} bytes")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 at byte {error.start}") from None


def _check_owner(path: Path) -> None:
    """Refuse a file that another user put where it is found: it could redirect keys."""
    if not hasattr(os, "getuid"):
        return
    owner = path.stat().st_uid
    if owner not in (0, os.getuid()):
        raise InputError(
            f"{path} belongs to another user (uid {owner}) and is not used unasked",
            hint=f"geor1 --config {path} … uses it, geor1 --config {NO_FILE} … does without",
        )


def _from_file(path: Path, root: str) -> Path | str:
    """A root as the file means it; ``hub``, ``sample`` and OWNER/NAME[:SPLIT] stay as they are."""
    found = Path(root).expanduser()
    if found.is_absolute():
        return found
    beside = path.parent / found
    if not beside.exists() and (root in _NO_PATHS or _HUB_NAME.fullmatch(root)):
        return root
    return beside


def _leaves(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Values with their path; without recursion, as a file may be nested as deep as it likes."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), document)]
    while waiting:
        keys, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [((*keys[-_DEEPEST:], name), inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(keys, inner) for inner in value]
        else:
            yield keys, value


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of each table and key; of the first where something is repeated inside a value."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _path_of(header[1])
            keys = table
        elif key := _KEY.match(line):
            keys = (*table, *_path_of(f"{key[1]} = 0"))
        else:
            continue
        for length in range(1, min(len(keys), _DEEPEST) + 1):
            found.setdefault(keys[:length], number)
    return found


def _path_of(line: str) -> tuple[str, ...]:
    try:
        inner: object = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    keys: list[str] = []
    while isinstance(inner, Mapping) and inner:
        name, inner = next(iter(inner.items()))
        keys.append(name)
    return tuple(keys)


def _did_you_mean(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
