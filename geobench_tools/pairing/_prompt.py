"""The question in words: one template file, with images in place or all before the text."""

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from geobench_tools.errors import InputError
from geobench_tools.pairing._sets import LETTERS
from geobench_tools.safeyaml import read_template

__all__ = ["LABEL_STYLES", "LabelStyle", "PairingPrompt", "candidate_labels", "load_prompt"]

LabelStyle = Literal["letters", "numbers"]
LABEL_STYLES: tuple[LabelStyle, ...] = ("letters", "numbers")

_COUNTS = frozenset({"k", "n", "first", "last"})
_PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "interleaved": ("ground", "candidates"),
    "candidate": ("label", "image"),
    "images_first": ("order",),
    "order": ("number", "label"),
    "answer.letters": (),
    "answer.numbers": (),
    "instruction": (),
}
"""Each text of a template with the placeholders that it must have once."""

_MARKERS = re.compile(r"<(?:image|video|audio)>|<\|")
"""Trainers cut the text at these, or read them as special tokens."""


@dataclass(frozen=True)
class _Slot:
    name: str


def candidate_labels(k: int, style: LabelStyle) -> tuple[str, ...]:
    """Return the labels of K candidates in order: letters, or numbers from 1."""
    return tuple(LETTERS[:k]) if style == "letters" else tuple(str(i + 1) for i in range(k))


@dataclass(frozen=True)
class PairingPrompt:
    """A question template.

    Attributes:
        name: The template's own name.
        sha256: Of the template file's bytes.
        texts: The template's texts by key; those under ``answer`` as ``answer.letters`` and
            ``answer.numbers``.
    """

    name: str
    sha256: str
    texts: Mapping[str, str]

    def interleaved(self, k: int, style: LabelStyle) -> tuple[str | int, ...]:
        """Return the question as texts and image numbers in reading order.

        Image 0 is the ground view, image i the i-th candidate.
        """
        values = _counts(k, style)
        parts: list[str | int] = []
        for piece in _pieces(self.texts["interleaved"], values):
            if piece == _Slot("ground"):
                parts.append(0)
            elif piece == _Slot("candidates"):
                for number, entry in enumerate(_entries(k, style), 1):
                    parts += ["\n"] if number > 1 else []
                    line = _pieces(self.texts["candidate"], values | entry)
                    parts += [number if isinstance(part, _Slot) else part for part in line]
            else:
                parts.append(str(piece))
        parts.append("\n" + self._ending(values, style, instruction=True))
        return tuple(_joined(parts))

    def images_first(self, k: int, style: LabelStyle, *, instruction: bool = True) -> str:
        """Return the question for trainers that place all images before the text.

        Args:
            k: Number of candidates; the ground view is image 1, they are images 2 to k + 1.
            style: How the candidates are labelled.
            instruction: Whether to end with the format instruction.
        """
        values = _counts(k, style)
        order = ", ".join(
            self.texts["order"].format_map(values | entry) for entry in _entries(k, style)
        )
        question = self.texts["images_first"].format_map(values | {"order": order})
        return f"{question}\n{self._ending(values, style, instruction=instruction)}"

    def _ending(self, values: Mapping[str, str], style: LabelStyle, *, instruction: bool) -> str:
        keys = [f"answer.{style}", *(["instruction"] if instruction else [])]
        return " ".join(self.texts[key].format_map(values) for key in keys)


def load_prompt(path: Path | None = None) -> PairingPrompt:
    """Read a question template.

    Args:
        path: A YAML file laid out like the built-in ``manifests/prompts/pairing.yaml``; that file
            itself where None is given.

    Raises:
        InputError: The file is missing, too large, no YAML, or lacks or misuses a placeholder.
    """
    source = path or files("geobench_tools.manifests") / "prompts" / "pairing.yaml"
    shown = str(path or "pairing.yaml")
    digest, data = read_template(source, shown)
    texts = _flattened(shown, data)
    for key, required in _PLACEHOLDERS.items():
        _check(shown, key, texts.get(key), required)
    name = texts.pop("name", "")
    if not name:
        raise InputError(f"{shown} has no name", hint="name: my-question-1")
    return PairingPrompt(name, digest, texts)


def _flattened(shown: str, data: object) -> dict[str, str]:
    if not isinstance(data, dict):
        raise InputError(f"{shown} is not a mapping", hint="copy the built-in pairing.yaml")
    answer = data.get("answer")
    nested = {f"answer.{key}": v for key, v in answer.items()} if isinstance(answer, dict) else {}
    flat = {str(key): value for key, value in data.items() if key != "answer"} | nested
    if unknown := sorted(set(flat) - set(_PLACEHOLDERS) - {"name"}):
        known = ", ".join(_PLACEHOLDERS)
        raise InputError(f"{shown} has unknown key {unknown[0]!r}", hint=f"keys: name, {known}")
    if wrong := [key for key, value in flat.items() if not isinstance(value, str)]:
        raise InputError(f"{shown}: {wrong[0]!r} is not a text", hint="put it in quotes")
    return flat


def _check(shown: str, key: str, text: str | None, required: Sequence[str]) -> None:
    if not text:
        raise InputError(f"{shown} has no {key!r}", hint="copy it from the built-in pairing.yaml")
    if marker := _MARKERS.search(text):
        raise InputError(
            f"{shown}: {key!r} contains {marker[0]!r}, which trainers take for an image or a token",
            hint="use the placeholders {ground} and {candidates}",
        )
    try:
        fields = [field for _, *field in string.Formatter().parse(text) if field[0] is not None]
    except ValueError as error:
        raise InputError(f"{shown}: {key!r}: {error}", hint="write {{ for a brace") from None
    for name, spec, conversion in fields:
        if name not in _COUNTS | set(required) or spec or conversion:
            allowed = ", ".join(f"{{{field}}}" for field in sorted(_COUNTS | set(required)))
            raise InputError(f"{shown}: {key!r} cannot use {{{name}}}", hint=f"allowed: {allowed}")
    names = [name for name, _, _ in fields]
    for name in required:
        if names.count(name) != 1:
            raise InputError(f"{shown}: {key!r} must have {{{name}}} exactly once")


def _counts(k: int, style: LabelStyle) -> dict[str, str]:
    labels = candidate_labels(k, style)
    return {"k": str(k), "n": str(k + 1), "first": labels[0], "last": labels[-1]}


def _entries(k: int, style: LabelStyle) -> Iterator[dict[str, str]]:
    for number, label in enumerate(candidate_labels(k, style), 2):
        yield {"label": label, "number": str(number)}


def _pieces(text: str, values: Mapping[str, str]) -> Iterator[str | _Slot]:
    for literal, name, _, _ in string.Formatter().parse(text):
        yield literal
        if name is not None:
            yield values[name] if name in values else _Slot(name)


def _joined(parts: Sequence[str | int]) -> Iterator[str | int]:
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
        text = ""
        yield part
    yield text
