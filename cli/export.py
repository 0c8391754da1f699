"""``geor1 export-pairs``: a pairing set in the layout of a trainer or library."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._console import JsonOption, QuietOption, command, table
from ._quantities import parse_bytes

if TYPE_CHECKING:
    from geobench_tools.pairing import ExportReport

__all__ = ["register"]

ROWS, IMAGES = "Rows", "Images"

_IMAGES = {
    "embed": "images in the rows",
    "copy": "images copied",
    "link": "images linked",
    "keep": "images copied or linked",
}


class Target(StrEnum):
    """Export targets by name."""

    vlm_r1 = "vlm-r1"
    trl = "trl"
    verl = "verl"
    ms_swift = "ms-swift"
    llamafactory = "llamafactory"
    webdataset = "webdataset"
    hf = "hf"


class Answer(StrEnum):
    """Ways to label candidates."""

    letters = "letters"
    numbers = "numbers"


class Split(StrEnum):
    """Splits of a pairing set."""

    train = "train"
    val = "val"
    test = "test"


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("export-pairs")(export_pairs)


def export_pairs(
    pairs: Annotated[Path, typer.Argument(help="Folder of the pairing set.", show_default=False)],
    to: Annotated[Target, typer.Option("--to", help="Who is to read it.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to make.", show_default=False)
    ],
    split: Annotated[
        list[Split] | None,
        typer.Option(
            help="Export this split only; repeatable. All that have questions by default.",
            rich_help_panel=ROWS,
            show_default=False,
        ),
    ] = None,
    prompt: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.yaml",
            help="Question template; the built-in one by default.",
            rich_help_panel=ROWS,
            show_default=False,
        ),
    ] = None,
    answer: Annotated[
        Answer, typer.Option(help="How candidates are labelled.", rich_help_panel=ROWS)
    ] = Answer.letters,
    copy_images: Annotated[
        bool | None,
        typer.Option(
            "--copy-images/--link-images",
            help="Put copies of the images, or symbolic links, into OUT/images under names that "
            "say nothing. By default copies, or bytes in the rows where the target holds them.",
            rich_help_panel=IMAGES,
            show_default=False,
        ),
    ] = None,
    image_folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Leave the images where they are, in this folder, and write paths relative to it.",
            rich_help_panel=IMAGES,
            show_default=False,
        ),
    ] = None,
    allow_missing_images: Annotated[
        bool,
        typer.Option(
            "--allow-missing-images",
            help="Write rows whose image files are not there yet (targets that name files).",
            rich_help_panel=IMAGES,
        ),
    ] = False,
    shard_size: Annotated[
        int,
        typer.Option(
            parser=parse_bytes,
            metavar="SIZE",
            help="Greatest size of a Parquet or tar shard.",
            rich_help_panel=IMAGES,
        ),
    ] = "500MB",  # type: ignore[assignment]
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier export at the output.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a pairing set as a trainer or library reads it, with the images at their letters."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.pairing import ExportConfig, export_pairs

        config = ExportConfig(
            pairs=pairs,
            to=to.value,
            out=output,
            splits=tuple(dict.fromkeys(one.value for one in split or ())),
            images=None if copy_images is None else "copy" if copy_images else "link",
            image_folder=image_folder,
            prompt=prompt,
            answer=answer.value,
            allow_missing_images=allow_missing_images,
            shard_bytes=shard_size,
            overwrite=overwrite,
        )
        report = export_pairs(config, progress=out.progress)
        if report.note:
            out.note(report.note)
        out.result(report.document(), table(f"{report.to}: {report.out}", ("", ""), _rows(report)))


def _rows(report: "ExportReport") -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [(f"{name} rows", n) for name, n in report.rows.items()]
    rows.append((_IMAGES[report.images], f"{report.image_files:,}"))
    rows.append(("image bytes", f"{report.image_bytes:,}"))
    if report.missing_images:
        rows.append(("images not there", f"{report.missing_images:,}"))
    rows.append(("question", report.prompt))
    rows.append(("how to use it", str(report.out / "README.md")))
    return rows
