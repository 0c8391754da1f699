"""What every command shares: options, output, progress and the way errors are shown."""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from geobench_tools.errors import GeobenchError, InputError, system_error
from geobench_tools.progress import SILENT, Advance, Progress

from . import _settings

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = [
    "JsonOption",
    "Output",
    "QuietOption",
    "Verbatim",
    "command",
    "fail",
    "print_error",
    "printable",
    "table",
]

OUTPUT_PANEL = "Output"
INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended, as shells have it."""

JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document on stdout.", rich_help_panel=OUTPUT_PANEL),
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Print nothing but the result.", rich_help_panel=OUTPUT_PANEL
    ),
]


class Verbatim(str):
    """A text for humans to copy: printed as it is, long lines unbroken."""


@dataclass(frozen=True)
class Output:
    """Where one command's words go: results to stdout, everything else to stderr."""

    as_json: bool
    quiet: bool
    _warned: set[str] = field(default_factory=set)

    def note(self, message: str) -> None:
        """Print a remark on stderr, unless quiet."""
        if not self.quiet:
            typer.echo(message, err=True)

    def warn(self, message: str) -> None:
        """Print a warning on stderr, always, and each of them once."""
        if message not in self._warned:
            self._warned.add(message)
            _say(f"warning: {message}", "yellow")

    def result(self, document: Mapping[str, Any], *human: "RenderableType") -> None:
        """Print the command's result: ``document`` with ``--json``, else what is for humans.

        Call it once for each command.
        """
        if self.as_json:
            typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False, default=str))
            return
        from rich.console import Console

        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 100
        console = Console(width=width, soft_wrap=False)
        for item in human:
            if isinstance(item, Verbatim):
                typer.echo(item)
            else:
                console.print(item)

    @property
    def progress(self) -> Progress:
        """Progress bars on stderr, or silence when quiet."""
        return SILENT if self.quiet else _RichProgress()


class _RichProgress:
    """A bar with rate and remaining time on a terminal; a line for each finished task elsewhere."""

    def task(self, label: str, total: int | None = None) -> AbstractContextManager[Advance]:
        return self._bar(label, total) if sys.stderr.isatty() else self._lines(label, total)

    @contextmanager
    def _bar(self, label: str, total: int | None) -> Iterator[Advance]:
        from rich import progress as rp
        from rich.console import Console

        columns = (
            rp.TextColumn("{task.description}"),
            rp.BarColumn(),
            rp.MofNCompleteColumn(),
            rp.TextColumn("{task.fields[rate]}"),
            rp.TimeRemainingColumn(),
        )
        with rp.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task(label, total=total, rate="")

            def advance(n: int) -> None:
                bars.advance(task, n)
                speed = bars.tasks[task].speed
                bars.update(task, rate=_rate(speed) if speed else "")

            yield advance

    @contextmanager
    def _lines(self, label: str, total: int | None) -> Iterator[Advance]:
        import time

        started = shown = time.monotonic()
        done = 0

        def advance(n: int) -> None:
            nonlocal done, shown
            done += n
            now = time.monotonic()
            if not done or now - shown < 10:
                return
            shown = now
            rate = done / (now - started)
            of = f"/{total:,}, {max(0, total - done) / rate:,.0f} s left" if total else ""
            typer.echo(f"{label}: {done:,}{of} ({_rate(rate)})", err=True)

        yield advance
        seconds = time.monotonic() - started
        typer.echo(f"{label}: {done:,} in {seconds:,.1f} s", err=True)


def _rate(each_second: float) -> str:
    return f"{each_second:,.0f}/s" if each_second >= 10 else f"{each_second:.2g}/s"


@contextmanager
def command(*, as_json: bool, quiet: bool, settings: bool = True) -> Iterator[Output]:
    """Run one command's body: known errors become a message and an exit code, never a traceback.

    Args:
        as_json: Print one JSON document.
        quiet: Print the result alone.
        settings: Whether a settings file that is wrong is an error here.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if settings and (wrong := _settings.problem()):
            raise wrong
        yield Output(as_json, quiet or as_json)
    except GeobenchError as error:
        fail(error, as_json)
    except BrokenPipeError:
        raise
    except OSError as error:
        fail(system_error(error), as_json)
    except MemoryError:
        hint = "close other programs, or use a larger machine"
        fail(InputError("out of memory", hint=hint), as_json)
    except KeyboardInterrupt:
        typer.echo("stopped; nothing finished is lost: the same command goes on", err=True)
        raise typer.Exit(INTERRUPTED) from None


def fail(error: GeobenchError, as_json: bool) -> NoReturn:
    """Show an error with its next step and leave with its exit code."""
    print_error(error, as_json)
    raise typer.Exit(error.exit_code)


def print_error(error: GeobenchError, as_json: bool) -> None:
    """Show an error with its next step."""
    if not (as_json and _printed({"error": {"message": error.message, "hint": error.hint}})):
        _say(f"error: {error.message}", "red")
        if error.hint:
            typer.echo(f"next:  {error.hint}", err=True)


def _printed(document: Mapping[str, Any]) -> bool:
    """Print a document on stdout, and tell whether it could be written, as on a full disk."""
    try:
        typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False, default=str))
    except BrokenPipeError:
        raise
    except OSError:
        return False
    return True


def _say(message: str, colour: str) -> None:
    """Print a line on stderr, coloured on a terminal that wants colours (no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    typer.secho(message, fg=colour, err=True, color=False if plain else None)


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> "RenderableType":
    """Return a table whose numbers are aligned to the right; without names it has no header row."""
    from rich.table import Table

    numeric = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(header))]
    made = Table(title=title, title_justify="left", show_header=any(header))
    for name, right in zip(header, numeric, strict=True):
        made.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    return made


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    from rich.markup import escape

    return escape("" if value is None else printable(str(value)))


def printable(text: str) -> str:
    """Show control characters, which data may hold, instead of sending them to the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
