"""``geor1 push``: publish pairing sets, exports, traces and models on the Hugging Face Hub."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._console import JsonOption, QuietOption, Verbatim, command, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from geobench_tools.hub import PushReport

__all__ = ["register"]

_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("push")(push)


def push(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Pairing set, export, traces, or checkpoint (RUN/final).", show_default=False
        ),
    ],
    repo: Annotated[
        str,
        typer.Argument(
            metavar="OWNER/NAME", help="Repository; made if it is not there.", show_default=False
        ),
    ],
    private: Annotated[
        bool, typer.Option("--private", help="Only its owner may see the repository.")
    ] = False,
    revision: Annotated[
        str | None,
        typer.Option(metavar="BRANCH", help="Branch; made if it is not there.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would go, and send nothing.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Publish although the images' licence is unknown.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Publish a folder on the Hugging Face Hub, its card as the page. The token is HF_TOKEN.

    Example: geor1 push pairs me/my-pairs --private --dry-run
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.hub import PushRequest, push

        request = PushRequest(folder, repo, private, revision, dry_run, yes, bars=not out.quiet)
        report = push(request, out.warn)
        out.result(report.document(), *_shown(report))


def _shown(report: "PushReport") -> "list[RenderableType]":
    contents, request = report.contents, report.request
    shown: list[RenderableType] = [
        table("would go" if request.dry_run else "went", ("file", "bytes"), _files(contents.files))
    ]
    if contents.left_out:
        left = [(one.path, one.reason) for one in contents.left_out]
        shown.append(table("stays here", ("file", "reason"), left[:_SHOWN]))
    what = f"{contents.kind}, {contents.bytes:,} bytes, to {contents.repo_type} {request.repo}"
    shown.append(Verbatim(f"{what}: {report.url or 'nothing was sent'}"))
    return shown


def _files(files: "Mapping[str, int]") -> list[tuple[str, object]]:
    """Return the files, or where they are many, those of a folder in one row."""
    if len(files) <= _SHOWN:
        return list(files.items())
    sizes: dict[str, list[int]] = {}
    for name, size in files.items():
        folder, slash, _ = name.partition("/")
        sizes.setdefault(folder + slash, []).append(size)
    return [
        (f"{name} ({len(some):,} files)" if name.endswith("/") else name, sum(some))
        for name, some in sizes.items()
    ]
