"""The fenced blocks and inline commands of the documentation."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from geobench_tools.cli import app

ROOT = Path(__file__).resolve().parents[2]
SHELL = {"sh", "console"}

_FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```", re.M | re.S)
_INLINE = re.compile(r"(?<!`)`(geor1 [^`]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        page: Path from ``docs/``, or ``README.md``.
        line: Where it begins.
        language: What stands after the fence.
        text: Its lines.
    """

    page: str
    line: int
    language: str
    text: str


@dataclass(frozen=True)
class Command:
    """One line of a shell block, continuation lines joined."""

    page: str
    line: int
    text: str

    @property
    def geor1(self) -> list[str] | None:
        """What follows ``geor1``, or None; ``> FILE`` is left out."""
        words = shlex.split(self.text.replace("$(which geor1)", "geor1"), comments=True)
        if words[0] in ("geor1", "accelerate"):
            words = words[words.index("geor1") + 1 :]
            return words[: words.index(">")] if ">" in words else words
        return None


def pages() -> dict[str, str]:
    found = {"README.md": (ROOT / "README.md").read_text(encoding="utf-8")}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        name = path.relative_to(ROOT / "docs").as_posix()
        found[name] = path.read_text(encoding="utf-8")
    return found


def blocks() -> Iterator[Block]:
    for page, text in pages().items():
        for fence in _FENCE.finditer(text):
            line = text.count("\n", 0, fence.start()) + 1
            yield Block(page, line, fence[2].strip(), fence[3])


def commands(block: Block) -> Iterator[Command]:
    """Yield the commands of a shell block; a here-document stays with its command."""
    lines = iter(enumerate(block.text.splitlines(), block.line + 1))
    for number, first in lines:
        text = first.strip().removeprefix("$ ")
        while text.endswith("\\"):
            text = text[:-1].rstrip() + " " + next(lines)[1].strip()
        if here := re.search(r"<<'(\w+)'", text):
            while (more := next(lines)[1]) != here[1]:
                text += "\n" + more
            text += f"\n{here[1]}\n"
        if text and not text.startswith("#"):
            yield Command(block.page, number, text)


def all_commands() -> list[Command]:
    return [c for block in blocks() if block.language in SHELL for c in commands(block)]


def inline_commands() -> Iterator[Command]:
    """Yield ``geor1 …`` in running text, where options may stand without their values."""
    for page, text in pages().items():
        bare = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)
        for match in _INLINE.finditer(bare):
            line = bare.count("\n", 0, match.start()) + 1
            yield Command(page, line, " ".join(match[1].replace("\\|", "|").split()))


def parse(words: list[str]) -> None:
    """Parse a command as ``geor1`` would, values included, without running it."""
    root = typer.main.get_command(app)
    command, context, rest = root, root.make_context("geor1", list(words)), list(words)
    while hasattr(command, "commands"):
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)


def names(words: list[str]) -> tuple[str, set[str], list[str]]:
    """Return the command that words begin with, its options, and the options that they use."""
    command, path = typer.main.get_command(app), ["geor1"]
    known = {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
    for word in words:
        if word not in getattr(command, "commands", {}):
            break
        command = command.commands[word]
        path.append(word)
        known |= {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
    used = [word.split("=")[0] for word in words if re.match(r"--?[a-zA-Z]", word)]
    return " ".join(path), known | {"--help", "-h", "--version"}, used
