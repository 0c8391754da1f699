"""Pages of the site that are made from the code: commands, Python reference, measured speed.

MkDocs runs this file as a hook (``hooks`` in ``mkdocs.yml``); nothing it makes is kept in the
repository, so none of it can fall behind the code.
"""

import html
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import griffe
import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from geobench_tools.cli import app

ROOT = Path(__file__).resolve().parents[1]

PACKAGES = (
    "geo", "places", "views", "world", "pairing", "answers", "models", "reasoning", "training",
    "training.rewards", "training.engines", "benchmarks", "evaluation", "reports", "hub", "doctor",
)  # fmt: skip
"""Packages with a Python reference, in the order in which data flows through them."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those of ``docs/``."""
    pages: dict[str, Callable[[], str]] = {
        "reference/cli.md": commands_page,
        "results/speed.md": speed_page,
    }
    for package in PACKAGES:
        pages[f"reference/python/{package}.md"] = lambda name=package: python_page(name)
    for path, make in pages.items():
        files.append(File.generated(config, path, content=make()))
    return files


def python_page(package: str) -> str:
    """Return the page of one package: what its docstrings say, then what has none of its own."""
    name = f"geobench_tools.{package}"
    module = _sources()[package]
    bare = [one for one in module.exports or () if not module[str(one)].has_docstring]
    lines = [f"# {name}", "", f"::: {name}", ""]
    for one in bare:
        lines += [f"::: {name}.{one}", "    options:", "      show_root_heading: true"]
        lines += ["      show_root_toc_entry: true", "      show_root_full_path: false", ""]
    return "\n".join(lines)


@cache
def _sources() -> griffe.Module:
    """Return the package as its source says, without importing it."""
    loader = griffe.GriffeLoader(search_paths=[ROOT])
    loaded = loader.load("geobench_tools")
    loader.resolve_aliases()
    assert isinstance(loaded, griffe.Module)
    return loaded


_COMMON = ("--json", "--quiet", "--help")
_EVERYWHERE = (
    "Every command also has `--json` (one JSON document on stdout, all else on stderr), `--quiet` "
    "or `-q` (nothing but the result) and `--help` or `-h`."
)


def commands_page() -> str:
    """Return the reference of all commands."""
    root = typer.main.get_command(app)
    context = typer.Context(root, info_name="geor1")
    lines = ["# Commands", "", _plain(root.help or ""), "", _plain(root.epilog or ""), ""]
    lines += [_EVERYWHERE, ""]
    lines += _parameters(root, context)
    for command, inner in _leaves(root, context):
        lines += [f"## {inner.command_path}", ""]
        lines += ["```", inner.command_path + _usage(command, inner), "```", ""]
        lines += [*_help(command.help or ""), ""]
        lines += _parameters(command, inner)
    return "\n".join(lines)


def _leaves(command: Any, context: typer.Context) -> Iterator[tuple[Any, typer.Context]]:
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield command, context
        return
    for name, inner in subcommands.items():
        if not inner.hidden:
            yield from _leaves(inner, typer.Context(inner, parent=context, info_name=name))


def _usage(command: Any, context: typer.Context) -> str:
    return "".join(f" {piece}" for piece in command.collect_usage_pieces(context))


def _help(text: str) -> list[str]:
    lines = []
    for paragraph in re.split(r"\n\s*\n", text.replace("\f", "").strip()):
        example = re.match(r"(Examples?):\s*(.*)", paragraph, re.S)
        if example and "geor1" in example[2]:
            lines += ["```sh", *(line.strip() for line in example[2].splitlines()), "```", ""]
        else:
            lines += [_plain(" ".join(paragraph.split())), ""]
    return lines[:-1]


def _parameters(command: Any, context: typer.Context) -> list[str]:
    """Return one table for each panel of options, in the order of the command's help."""
    panels: dict[str, list[str]] = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        hidden = getattr(parameter, "hidden", False) or set(_COMMON) & set(parameter.opts)
        if record is None or hidden:
            continue
        name, text = record
        panel = "Arguments" if parameter.param_type_name == "argument" else "Options"
        panel = getattr(parameter, "rich_help_panel", None) or panel
        row = f"| <code>{html.escape(name).replace('|', '&#124;')}</code> | {_plain(text)} |"
        panels.setdefault(panel, []).append(row)
    lines = []
    for panel, rows in panels.items():
        lines += [f"| {panel} | |", "|---|---|", *rows, ""]
    return lines


def _plain(text: str) -> str:
    """Return text without the markup of terminals, safe in a table of Markdown."""
    text = re.sub(r"\[/?(?:bold|dim|italic|cyan|green|red|yellow|blue)\]", "", text)
    text = html.escape(text, quote=False)
    return re.sub(r"([*_`\[\]|])", r"\\\1", text)


def speed_page() -> str:
    """Return the measurements of ``perf/results.json`` with the command that made each part."""
    parts = json.loads((ROOT / "perf/results.json").read_text(encoding="utf-8"))
    lines = [
        "# Speed",
        "",
        "`make perf` measures everything, each part beside its peer in one run. What follows is",
        "`perf/results.json` as it is, failures included: each part with the command and the",
        "machine that made it. Times are CPU seconds where nothing else is said; the ratios say",
        "more than the seconds.",
        "",
    ]
    for name, part in parts.items():
        lines += [f"## {name}", "", "| what | value | limit | |", "|---|---|---|---|"]
        lines += [_figure(figure) for figure in part["figures"]]
        lines += ["", _machine(part["machine"]), ""]
    return "\n".join(lines)


def _figure(figure: dict[str, Any]) -> str:
    limits = []
    if figure["at_most"] is not None:
        limits.append(f"at most {figure['at_most']:g} {figure['unit']}")
    if figure["at_least"] is not None:
        limits.append(f"at least {figure['at_least']:,g} {figure['unit']}")
    note = f" ({_plain(figure['note'])})" if figure["note"] else ""
    verdict = {"pass": "kept", "FAIL": "**missed**"}.get(figure["verdict"], "")
    value = figure["value"]
    shown = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    cells = (f"{_plain(figure['what'])}{note}", f"{shown} {figure['unit']}", ", ".join(limits))
    return f"| {' | '.join(cells)} | {verdict} |"


def _machine(machine: dict[str, str]) -> str:
    command = machine["command"].replace("__main__.py", "python -m perf")
    return (
        f"`{command}`, {machine['created_at'][:10]}, commit {machine['commit']}: "
        f"{machine['cpus']} cores with a load of {machine['load']}, "
        f"Python {machine['python']}, NumPy {machine['numpy']}."
    )
