"""``geor1 benchmarks``: what can be evaluated."""

from typing import TYPE_CHECKING, Annotated

import typer

from ._console import JsonOption, QuietOption, command, table

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the group of this file."""
    group = typer.Typer(help="List benchmarks and show what is known of one.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("show")(show)
    app.add_typer(group, name="benchmarks")


def list_(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """List the benchmarks."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.benchmarks import BENCHMARKS, benchmark_info

        found = [benchmark_info(name) for name in sorted(BENCHMARKS)]
        rows = [(i.name, i.title, i.facts.get("rows", ""), i.facts["paper"]) for i in found]
        document = {"benchmarks": [{"name": i.name, "title": i.title, **i.facts} for i in found]}
        out.result(document, table("benchmarks", ("name", "what", "samples", "paper"), rows))


def show(
    name: Annotated[str, typer.Argument(help="As in imageo-gss.", show_default=False)],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show data, licence, prompt and published figures of one benchmark."""
    with command(as_json=as_json, quiet=quiet) as out:
        from rich.text import Text

        from geobench_tools.benchmarks import benchmark_info

        info = benchmark_info(name)
        facts = [(key, _text(value)) for key, value in info.facts.items() if value]
        shown: list[RenderableType] = [table(f"{name}: {info.title}", ("", ""), facts)]
        for key, text in info.prompt.items():
            shown.append(Text(f"prompt, {key}:\n{text}\n"))
        if info.published:
            header, *rows = info.published
            figures = [["" if cell is None else str(cell) for cell in row[1:]] for row in rows]
            title = f"published ({info.published_source})"
            shown.append(table(title, [str(cell) for cell in header[1:]], figures))
        document = {
            "name": name,
            "title": info.title,
            **info.facts,
            "prompt": info.prompt,
            "published": {"source": info.published_source, "rows": info.published},
        }
        out.result(document, *shown)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
