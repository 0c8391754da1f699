"""What a teacher model is asked: the question, the paradigm, the answer or not, and hints."""

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

from geobench_tools.errors import InputError
from geobench_tools.files import within_root
from geobench_tools.models import ImagePart, Message
from geobench_tools.pairing import PairingPrompt
from geobench_tools.places import Place, country_name, reverse_one
from geobench_tools.reasoning._facts import TraceFacts
from geobench_tools.reasoning._synth_questions import TraceQuestion
from geobench_tools.safeyaml import read_template

__all__ = [
    "HINTS",
    "Mode",
    "Teacher",
    "TeacherPrompt",
    "hint_values",
    "load_teacher_prompt",
    "teacher_template",
]

Mode = Literal["rationalise", "blind"]

_BUILT_IN = files("geobench_tools.manifests") / "prompts" / "teacher.yaml"
_PLACEHOLDERS: Mapping[str, tuple[str, ...]] = {
    "system": (),
    "paradigm": (),
    "rationalise": ("answer",),
    "blind": (),
    "hints": ("hints",),
    "hint": ("name", "value"),
    "repair": ("problems",),
    "problem": ("problem",),
}
"""Each text of a template with the placeholders that it must have."""
_KNOWS_K = ("system", "paradigm", "rationalise", "blind")


@dataclass(frozen=True)
class TeacherPrompt:
    """The texts around a question.

    Attributes:
        name: The template's own name.
        sha256: Of the template file's bytes.
        texts: By key.
    """

    name: str
    sha256: str
    texts: Mapping[str, str]


def load_teacher_prompt(path: Path | None = None) -> TeacherPrompt:
    """Read a teacher template.

    Args:
        path: A YAML file laid out like the built-in ``manifests/prompts/teacher.yaml``; that file
            itself where None is given.

    Raises:
        InputError: The file is missing, too large, no YAML, or lacks or misuses a placeholder.
    """
    source = path or _BUILT_IN
    shown = str(path or "teacher.yaml")
    digest, data = read_template(source, shown)
    if not isinstance(data, dict):
        raise InputError(f"{shown} is not a mapping", hint="copy the built-in teacher.yaml")
    if unknown := sorted(str(key) for key in set(data) - {*_PLACEHOLDERS, "name"}):
        known = ", ".join(_PLACEHOLDERS)
        raise InputError(f"{shown} has unknown key {unknown[0]!r}", hint=f"keys: name, {known}")
    for key in ("name", *_PLACEHOLDERS):
        if not isinstance(data.get(key), str) or not data[key]:
            raise InputError(f"{shown} has no text {key!r}", hint="copy the built-in teacher.yaml")
    for key, required in _PLACEHOLDERS.items():
        _check(shown, key, data[key], required)
    name = data.pop("name")
    return TeacherPrompt(name, digest, data)


def teacher_template() -> str:
    """Return the text of the built-in teacher template, comments and all."""
    return _BUILT_IN.read_text(encoding="utf-8")


def _check(shown: str, key: str, text: str, required: Sequence[str]) -> None:
    try:
        found = [field for _, *field in string.Formatter().parse(text) if field[0] is not None]
    except ValueError as error:
        raise InputError(f"{shown}: {key!r}: {error}", hint="write {{ for a brace") from None
    allowed = {*required, *(["k"] if key in _KNOWS_K else [])}
    for name, spec, conversion in found:
        if name not in allowed or spec or conversion:
            shown_names = ", ".join(f"{{{one}}}" for one in sorted(allowed))
            raise InputError(
                f"{shown}: {key!r} cannot use {{{name}}}", hint=f"allowed: {shown_names}"
            )
    for name in required:
        if name not in {field[0] for field in found}:
            raise InputError(f"{shown}: {key!r} must have {{{name}}}")


@dataclass(frozen=True)
class Teacher:
    """How questions are put to a teacher.

    Attributes:
        prompt: The texts around the question.
        question: The question template.
        mode: ``rationalise`` tells the answer, ``blind`` does not.
        hints: Names of ``HINTS``.

    Raises:
        InputError: There is no hint of a name.
    """

    prompt: TeacherPrompt
    question: PairingPrompt
    mode: Mode = "rationalise"
    hints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise InputError(f"no mode {self.mode!r}", hint=f"one of {', '.join(get_args(Mode))}")
        if unknown := [name for name in self.hints if name not in HINTS]:
            raise InputError(f"there is no hint {unknown[0]!r}", hint=f"of {', '.join(HINTS)}")

    def ask(self, asked: TraceQuestion, roots: Mapping[str, Path | None]) -> tuple[Message, ...]:
        """Return the conversation that asks for a trace.

        Args:
            asked: The question.
            roots: Folders that image paths are relative to, by kind.

        Raises:
            InputError: The set names no images, or a path leaves its root.
        """
        k = len(asked.question.images) - 1
        known = hint_values(asked.facts, self.hints)
        told = [self._text("paradigm", k=k), self._text(self.mode, k=k, answer=asked.answer)]
        if known:
            lines = [self._text("hint", name=name, value=value) for name, value in known.items()]
            told.append(self._text("hints", hints="\n".join(lines)))
        parts: list[str | ImagePart] = [
            part if isinstance(part, str) else _image(asked, part, roots)
            for part in self.question.interleaved(k, "letters")
        ]
        last = parts.pop() if isinstance(parts[-1], str) else ""
        parts.append("\n\n".join(filter(None, (str(last), *told))))
        system = Message("system", (self._text("system", k=k),))
        return (system, Message("user", tuple(parts)))

    def repair(self, reply: str, problems: Sequence[str]) -> tuple[Message, ...]:
        """Return what goes on after a rejected reply: the reply itself and what is wrong with it.

        Args:
            reply: As it came.
            problems: In words.
        """
        lines = [self._text("problem", problem=problem) for problem in problems]
        said = self._text("repair", problems="\n".join(lines))
        return (Message("assistant", (reply,)), Message("user", (said,)))

    def _text(self, key: str, **values: object) -> str:
        return self.prompt.texts[key].format_map(values)


def _image(asked: TraceQuestion, number: int, roots: Mapping[str, Path | None]) -> ImagePart:
    ref = asked.question.images[number]
    root = roots[ref.kind]
    if root is None or ref.path is None:
        raise InputError(
            f"the set names no {ref.kind} images", hint="build it from views that have images"
        )
    return ImagePart(within_root(root, ref.path))


def _position(facts: TraceFacts) -> str:
    if facts.position is None:
        return ""
    lat, lon = facts.position
    return f"{abs(lat):.2f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.2f}° {'E' if lon >= 0 else 'W'}"


def _time(facts: TraceFacts) -> str:
    return f"{facts.captured_at:%Y-%m-%d %H:%M} UTC" if facts.captured_at else ""


def _heading(facts: TraceFacts) -> str:
    return "" if facts.heading_deg is None else f"{facts.heading_deg:.0f}° clockwise from north"


def _there(facts: TraceFacts) -> Place | None:
    return None if facts.position is None else reverse_one(*facts.position)


def _country(facts: TraceFacts) -> str:
    place = _there(facts)
    if place is None or not place.country:
        return ""
    region = f"{place.admin1}, " if place.admin1 else ""
    return region + (country_name(place.country) or place.country)


def _climate(facts: TraceFacts) -> str:
    place = _there(facts)
    return f"Köppen class {place.koppen}" if place and place.koppen else ""


def _driving(facts: TraceFacts) -> str:
    place = _there(facts)
    return f"traffic keeps {place.driving_side}" if place and place.driving_side else ""


HINTS: Mapping[str, Callable[[TraceFacts], str]] = {
    "place": lambda facts: "; ".join(facts.places),
    "country": _country,
    "climate": _climate,
    "driving-side": _driving,
    "position": _position,
    "time": _time,
    "heading": _heading,
}
"""What a teacher may be told about the photo, by name; empty where it is not known."""


def hint_values(facts: TraceFacts, names: Sequence[str]) -> dict[str, str]:
    """Return what is known for the named hints, leaving out those about which nothing is."""
    return {name: value for name in names if (value := HINTS[name](facts))}
