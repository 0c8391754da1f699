"""``geor1 audit-pairs``: what a pairing set proves, and what shortcuts can be found in it."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._console import JsonOption, QuietOption, command, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from geobench_tools.pairing import AuditReport, Check, Estimate, FamilyResult

__all__ = ["register", "tables"]

WORK = "Work"


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("audit-pairs")(audit_pairs)


def audit_pairs(
    pairs: Annotated[Path, typer.Argument(help="Folder of the pairing set.", show_default=False)],
    families: Annotated[
        str,
        typer.Option(
            metavar="NAME,…",
            help="Feature families to try; all by default.",
            rich_help_panel=WORK,
            show_default=False,
        ),
    ] = "",
    max_sets: Annotated[
        int,
        typer.Option(
            help="Most cliques that the adversaries see, drawn by seed. The certificate always "
            "counts all.",
            rich_help_panel=WORK,
        ),
    ] = 50_000,
    bootstrap: Annotated[
        int, typer.Option(help="Resamples of places for the intervals.", rich_help_panel=WORK)
    ] = 1000,
    seed: Annotated[
        int, typer.Option(help="Seed of the sample and of the resamples.", rich_help_panel=WORK)
    ] = 0,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Check a pairing set exactly, and look for shortcuts in it by trained adversaries.

    Writes audit.json into the folder. Exit code 1 if a check fails or a leak is found.
    """
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.errors import CheckFailed
        from geobench_tools.pairing import AuditOptions, audit_pairs, open_pairs

        names = tuple(name.strip() for name in families.split(",") if name.strip())
        options = AuditOptions(names, max_sets, bootstrap, seed)
        report = audit_pairs(open_pairs(pairs), options, progress=out.progress)
        out.result(report.document(), *tables(report))
    if not report.passed:
        raise typer.Exit(CheckFailed.exit_code)


def tables(report: "AuditReport") -> "list[RenderableType]":
    """Return the certificate, the adversaries and the conclusions for a terminal."""
    certificate, k = report.certificate, report.certificate.k
    total = sum(certificate.questions.values())
    return [
        table(
            f"Certificate: counted over all {total:,} questions",
            ("", "claim", "counted"),
            [(_loud(one.status), one.claim, _counted(one)) for one in certificate.checks],
        ),
        table(
            f"Adversaries: chance is 1/{k} = {1 / k:.4g}, all there is to know log {k} = "
            f"{math.log(k):.4g} nats",
            ("family", "accuracy [95 %]", "leak, nats [95 %]", "p", "sees", "verdict"),
            [_measured(one) for one in report.families if one.outcome != "not present"],
        ),
        *(_paragraph(name, said) for name, said in report.conclusions().items() if said),
    ]


def _loud(status: str) -> str:
    return status.upper() if status in ("fail", "leak") else status


def _counted(check: "Check") -> str:
    if not check.checked and not check.failed:
        return check.note
    said = f"{check.checked:,} {check.unit}"
    if check.failed:
        said = f"{check.failed:,} of {said}: {'; '.join(check.examples)}"
    return f"{said}; {check.note}" if check.note else said


def _measured(one: "FamilyResult") -> tuple[str, ...]:
    if one.accuracy is None or one.leak is None:
        return (one.name, "", "", "", "", one.outcome)
    return (
        one.name,
        _interval(one.accuracy[one.stronger], 3),
        _interval(one.leak[one.stronger], 4),
        "" if one.p_holm is None else f"{one.p_holm:.2g}" if one.p_holm >= 1e-6 else "<1e-6",
        "" if one.detectable is None else f"{100 * one.detectable[0]:.2g} pt",
        "none found" if one.outcome == "no leak found" else _loud(one.outcome),
    )


def _interval(one: "Estimate", digits: int) -> str:
    low, high = (f"{end:z.{digits}f}".replace("0.", ".", 1) for end in (one.low, one.high))
    return f"{one.value:z.{digits}f} [{low}, {high}]"


def _paragraph(name: str, sentences: Sequence[str]) -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    listed = Table(
        title=f"\n{name.capitalize()}", title_justify="left", box=None, show_header=False
    )
    for sentence in sentences:
        listed.add_row("-", Text(sentence))
    return listed
