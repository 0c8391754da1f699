"""Options of ``geor1 train`` that hand a run over to another trainer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ._console import Output, Verbatim, table

if TYPE_CHECKING:
    from geobench_tools.training import TrainRequest
    from geobench_tools.training.engines import HandedOver

__all__ = [
    "BinOption",
    "DryRunOption",
    "Engine",
    "EngineOption",
    "HomeOption",
    "LaunchOption",
    "NodesOption",
    "by_engine",
]

ENGINE = "Engine"

Engine = Literal["trl", "verl", "ms-swift", "llamafactory", "vlm-r1"]

EngineOption = Annotated[
    Engine,
    typer.Option(
        help="trl trains here. The others run in an environment of their own: their data, "
        "configuration and launch.sh are written.",
        rich_help_panel=ENGINE,
    ),
]
NodesOption = Annotated[
    int,
    typer.Option(
        min=1, help="Machines that the recipe's devices are spread over.", rich_help_panel=ENGINE
    ),
]
BinOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where the engine's commands are, as in ENVIRONMENT/bin.",
        rich_help_panel=ENGINE,
        show_default=False,
    ),
]
HomeOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Checkout of VLM-R1.", rich_help_panel=ENGINE, show_default=False
    ),
]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Print the engine's files and command and write nothing.",
        rich_help_panel=ENGINE,
    ),
]
LaunchOption = Annotated[
    bool,
    typer.Option(
        "--launch", help="Start the engine once its files are written.", rich_help_panel=ENGINE
    ),
]


def by_engine(
    out: Output,
    request: "TrainRequest",
    engine: Engine,
    nodes: int,
    bin_folder: Path | None,
    home: Path | None,
    *,
    dry_run: bool,
    launch: bool,
    controls: bool = False,
) -> bool:
    """Hand the run over and show what was written; False where it is to be trained here."""
    from geobench_tools.training.engines import EngineOptions, check_in_process, hand_over

    options = EngineOptions(engine, nodes, bin_folder, home, dry_run, launch, controls)
    if engine == "trl":
        check_in_process(options)
        return False
    done = hand_over(request, options, progress=out.progress, note=out.note)
    if not done.written:
        out.result(done.document(), *_printed(done))
        return True
    rows = [(name, f"{len(text):,} characters") for name, text in done.plan.files.items()]
    rows.append(("start", f"sh {done.folder}/launch.sh"))
    title = f"{engine}, {done.plan.stage}: {done.folder}"
    out.result(done.document(), table(title, ("", ""), rows), done.plan.nodes)
    return True


def _printed(done: "HandedOver") -> list[Verbatim]:
    shown = []
    for name, text in {**done.plan.files, "launch.sh": done.plan.script()}.items():
        body = text if len(text) < 20_000 else f"({len(text):,} characters of Python)\n"
        shown.append(f"--- {done.folder}/{name}\n{body}")
    shown += [f"not in {done.plan.engine}: {k}: {v}" for k, v in done.plan.left_out.items()]
    return [Verbatim(one) for one in (*shown, *done.plan.notes)]
