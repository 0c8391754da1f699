"""``geor1 benchmarks``: what can be evaluated."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ._console import JsonOption, QuietOption, command, table
from ._families import FamilyOption, add_families

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from geobench_tools.benchmarks import Published

__all__ = ["register"]

_MOST_COLUMNS = 8
_MOST_MODELS = 4


def register(app: typer.Typer) -> None:
    """Add the group of this file."""
    group = typer.Typer(help="List benchmarks and show what is known of one.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("show")(show)
    app.add_typer(group, name="benchmarks")


def list_(
    family: FamilyOption = None, as_json: JsonOption = False, quiet: QuietOption = False
) -> None:
    """List the benchmarks."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.benchmarks import benchmark_info, benchmark_names

        add_families(family)
        found = [benchmark_info(name) for name in sorted(benchmark_names())]
        rows = [(i.name, i.title, i.facts.get("rows", ""), i.facts["paper"]) for i in found]
        document = {"benchmarks": [{"name": i.name, "title": i.title, **i.facts} for i in found]}
        out.result(document, table("benchmarks", ("name", "what", "samples", "paper"), rows))


def show(
    name: Annotated[str, typer.Argument(help="As in imageo-gss.", show_default=False)],
    family: FamilyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show data, licence, prompt and published figures of one benchmark."""
    with command(as_json=as_json, quiet=quiet) as out:
        from rich.text import Text

        from geobench_tools.benchmarks import benchmark_info

        add_families(family)
        info = benchmark_info(name)
        facts = [(key, _text(value)) for key, value in info.facts.items() if value]
        shown: list[RenderableType] = [table(f"{name}: {info.title}", ("", ""), facts)]
        for key, text in info.prompt.items():
            shown.append(Text(f"prompt, {key}:\n{text}\n"))
        if info.settings:
            rows = [(key, s["default"], _choices(s), s["help"]) for key, s in info.settings.items()]
            shown.append(table("--set NAME=VALUE", ("name", "default", "choices", "what"), rows))
        for one in info.published:
            shown.extend(_published(one))
        document = {
            "name": name,
            "title": info.title,
            **info.facts,
            "prompt": info.prompt,
            "settings": info.settings,
            "published": [asdict(one) for one in info.published],
        }
        out.result(document, *shown)


def _published(one: "Published") -> "list[RenderableType]":
    """One table with a line for each model, or, where metrics are many, a line for each of them."""
    title = f"published, protocol {one.protocol} ({one.source})"
    figures = [["" if cell is None else str(cell) for cell in row] for row in one.rows]
    if len(one.columns) <= _MOST_COLUMNS:
        return [table(title, one.columns, figures)]
    parts = [figures[i : i + _MOST_MODELS] for i in range(0, len(figures), _MOST_MODELS)]
    return [
        table(
            title if part is parts[0] else "",
            ("metric", *(row[0] for row in part)),
            [(name, *(row[i] for row in part)) for i, name in enumerate(one.columns) if i],
        )
        for part in parts
    ]


def _choices(setting: "Mapping[str, Any]") -> str:
    return ", ".join(map(str, setting.get("choices") or ()))


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_text(inner)}" for key, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
