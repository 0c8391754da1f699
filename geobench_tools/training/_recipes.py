"""Training recipes: every value of a run with where it comes from.

A recipe is a YAML file (``manifests/training``) with one section for each stage, ``sft`` and
``grpo``; each value stands beside its source. A file may name a ``base`` recipe and give only what
differs. Options on the command line come last, and are recorded as such.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.safeyaml import parse_yaml
from geobench_tools.strictjson import parse_json
from geobench_tools.training._settings import SETTINGS, checked_value, settings_of
from geobench_tools.training.rewards import RewardSpec

__all__ = [
    "Recipe",
    "Setting",
    "list_recipes",
    "load_recipe",
    "parse_settings",
    "shown_recipe",
]

_MAX_BYTES = 256 << 10
_STAGES = ("sft", "grpo")
_KEYS = ("name", "about", "base", *_STAGES)
_FLAG = "given on the command line"


@dataclass(frozen=True)
class Setting:
    """A value of a recipe and where it comes from."""

    value: Any
    source: str


@dataclass(frozen=True)
class Recipe:
    """A resolved recipe of one stage.

    Attributes:
        name: The recipe's own name.
        stage: ``sft`` or ``grpo``.
        about: What it is for, in a sentence.
        settings: Every setting of the stage by name.
        files: SHA-256 of the recipe file and of those it is based on, by name.
    """

    name: str
    stage: str
    about: str
    settings: Mapping[str, Setting]
    files: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        """Return a setting's value."""
        return self.settings[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self.settings)

    @property
    def model(self) -> str:
        """The model to start from.

        Raises:
            InputError: The recipe leaves it to the user.
        """
        model = self["model"]
        if model is None:
            source = self.settings["model"].source
            raise InputError(
                f"recipe {self.name} starts from a model of your own ({source})",
                hint="name it with --model FOLDER",
            )
        return str(model)

    @property
    def batch(self) -> int:
        """Examples (sft) or completions (grpo) of one optimiser step, over all devices."""
        return int(self["devices"] * self["batch_per_device"] * self["accumulation"])

    @property
    def prompts_per_step(self) -> int:
        """Questions of one optimiser step (grpo).

        Raises:
            InputError: The completions of a step are no whole number of groups.
        """
        prompts, rest = divmod(self.batch, int(self["group_size"]))
        if rest or not prompts:
            raise InputError(
                f"a step has {self.batch} completions (devices x batch_per_device x accumulation), "
                f"which are no whole groups of {self['group_size']}",
                hint="change one of group_size, batch_per_device, accumulation and devices",
            )
        return prompts

    def reward(self, k: int) -> RewardSpec:
        """Return the reward of a grpo recipe for questions with ``k`` candidates."""
        return RewardSpec(
            preset=self["reward"],
            weights=self["reward_weights"],
            k=k,
            max_tokens=self["max_completion_tokens"],
            overlong_tokens=self["overlong_tokens"],
        )

    def to_json(self) -> dict[str, Any]:
        """Return the resolved recipe: every value with its source."""
        return {
            "name": self.name,
            "stage": self.stage,
            "about": self.about,
            "files": dict(self.files),
            "settings": {name: asdict(one) for name, one in self.settings.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Recipe":
        """Return the recipe of ``to_json``."""
        settings = {name: Setting(**one) for name, one in document["settings"].items()}
        return cls(
            document["name"], document["stage"], document["about"], settings, document["files"]
        )


def list_recipes() -> dict[str, tuple[str, ...]]:
    """Return the names of the built-in recipes with their stages."""
    return {name: tuple(_sections(name)) for name in _built_in_names()}


def load_recipe(
    name_or_path: str | Path,
    overrides: Mapping[str, object] | None = None,
    *,
    stage: str | None = None,
) -> Recipe:
    """Load a recipe and apply what the user gave.

    Args:
        name_or_path: A built-in recipe's name, a YAML file, or the ``recipe.json`` of a run.
        overrides: Values by setting name; None means not given. Text is read as YAML.
        stage: ``sft`` or ``grpo``; may be left out if the recipe has one stage.

    Raises:
        InputError: The recipe is unknown or no recipe, lacks a setting or has one too many, or a
            value is out of its range.
    """
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    shown = str(name_or_path)
    if shown.endswith(".json"):
        resolved = _read_resolved(Path(name_or_path))
        stage = stage or resolved.stage
        if stage != resolved.stage:
            raise InputError(f"{shown} is a recipe for {resolved.stage}, not for {stage}")
        settings, digests = dict(resolved.settings), dict(resolved.files)
        name, about = resolved.name, resolved.about
    else:
        sections = _sections(shown)
        stage = _stage_of(shown, sections, stage)
        name, about, digests, settings = sections[stage]
    for key, value in given.items():
        settings[_known(key, stage, "option")] = Setting(value, _FLAG)
    checked = {}
    for key in settings_of(stage):
        if key not in settings:
            raise InputError(
                f"recipe {shown} has no {key!r} for {stage}",
                hint="give it with its source, or name a base recipe that has it",
            )
        one = settings[key]
        checked[key] = Setting(checked_value(key, one.value, f"{shown}: {stage}"), one.source)
    least, most = checked["min_pixels"].value, checked["max_pixels"].value
    if least > most:
        raise InputError(
            f"{shown}: {stage}: min_pixels is {least:,} and max_pixels {most:,}",
            hint="images cannot be enlarged beyond what they are shrunk to",
        )
    return Recipe(name, stage, about, checked, digests)


def shown_recipe(name: str, settings: Sequence[str] = (), stage: str | None = None) -> Recipe:
    """Load a recipe with changes given as ``NAME=VALUE``."""
    return load_recipe(name, parse_settings(settings), stage=stage)


def parse_settings(words: Iterable[str]) -> dict[str, str]:
    """Read changes such as ``learning_rate=1e-6``.

    Raises:
        InputError: A word is no ``NAME=VALUE``.
    """
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not (name and sign):
            raise InputError(
                f"{word!r} is not of the form NAME=VALUE", hint="--set learning_rate=1e-6"
            )
        found[name] = value
    return found


_Sections = dict[str, tuple[str, str, dict[str, str], dict[str, Setting]]]


def _sections(name: str, seen: tuple[str, ...] = ()) -> _Sections:
    """Return (name, about, digests, settings) of a recipe by stage, bases included."""
    if name in seen:
        raise InputError(f"recipe {name} is based on itself", hint="remove its base")
    document, digest = _read_file(name)
    own = str(document.get("name") or name)
    about = str(document.get("about") or "")
    base = document.get("base")
    made: _Sections = {}
    inherited = _sections(str(base), (*seen, name)) if base else {}
    for stage in _STAGES:
        section = document.get(stage)
        if section is None:
            continue
        settings: dict[str, Setting] = {}
        digests = {own: digest}
        if stage in inherited:
            digests |= inherited[stage][2]
            settings |= inherited[stage][3]
        settings |= _read_section(name, stage, section)
        made[stage] = (own, about, digests, settings)
    if not made:
        raise InputError(f"recipe {name} has neither a section 'sft' nor 'grpo'")
    return made


def _read_section(name: str, stage: str, section: object) -> dict[str, Setting]:
    if not isinstance(section, dict):
        raise InputError(f"recipe {name}: {stage!r} is not a mapping")
    settings = {}
    for key, entry in section.items():
        known = _known(str(key), stage, f"recipe {name}")
        if not isinstance(entry, dict) or set(entry) != {"value", "source"} or not entry["source"]:
            raise InputError(
                f"recipe {name}: {stage}.{key} needs a value and its source",
                hint=f"{key}: {{value: …, source: where it is from, or 'unknown, ours'}}",
            )
        settings[known] = Setting(entry["value"], str(entry["source"]))
    return settings


def _known(key: str, stage: str, where: str) -> str:
    known = settings_of(stage)
    if key in known:
        return key
    other = f"; it belongs to {'sft' if stage == 'grpo' else 'grpo'}" if key in SETTINGS else ""
    near = get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"settings: {', '.join(known)}"
    raise InputError(f"{where}: {stage} has no setting {key!r}{other}", hint=hint)


def _stage_of(shown: str, sections: _Sections, stage: str | None) -> str:
    have = ", ".join(sections)
    if stage is None and len(sections) > 1:
        raise InputError(f"recipe {shown} has several stages", hint=f"say which: {have}")
    if stage is not None and stage not in sections:
        raise InputError(f"recipe {shown} has no stage {stage!r}", hint=f"it has {have}")
    return stage or next(iter(sections))


def _built_in() -> Traversable:
    return files("geobench_tools.manifests") / "training"


def _built_in_names() -> list[str]:
    names = (entry.name for entry in _built_in().iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def _read_file(name: str) -> tuple[dict[str, Any], str]:
    is_path = name.endswith((".yaml", ".yml")) or "/" in name
    source = Path(name) if is_path else _built_in() / f"{name}.yaml"
    try:
        raw = source.read_bytes()
    except FileNotFoundError:
        known = ", ".join(_built_in_names())
        raise InputError(
            f"no recipe {name!r}", hint=f"built in: {known}; or a .yaml file"
        ) from None
    except OSError as error:
        raise InputError(f"recipe {name} cannot be read: {error.strerror}") from None
    if len(raw) > _MAX_BYTES:
        raise InputError(f"recipe {name} has {len(raw):,} bytes, more than {_MAX_BYTES:,}")
    try:
        document = parse_yaml(raw)
    except ValueError as error:
        raise InputError(f"recipe {name} is not YAML: {error}") from None
    if not isinstance(document, dict):
        raise InputError(f"recipe {name} is not a mapping", hint="copy a built-in recipe")
    if unknown := sorted(set(map(str, document)) - set(_KEYS)):
        raise InputError(
            f"recipe {name} has unknown key {unknown[0]!r}", hint=f"keys: {', '.join(_KEYS)}"
        )
    return document, hashlib.sha256(raw).hexdigest()


def _read_resolved(path: Path) -> Recipe:
    try:
        return Recipe.from_json(parse_json(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            f"{path} is no resolved recipe", hint="name the recipe.json of a run"
        ) from None
