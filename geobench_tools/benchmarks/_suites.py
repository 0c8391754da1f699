"""Suites: which benchmarks and tasks stand in one table, in the order of a paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, get_args

from geobench_tools.benchmarks._registry import benchmark_names
from geobench_tools.errors import InputError
from geobench_tools.safeyaml import parse_yaml

__all__ = [
    "Suite",
    "SuiteColumn",
    "SuiteSection",
    "chosen_benchmarks",
    "data_by_name",
    "load_suite",
    "suite_names",
]

Layout = Literal["models", "tasks"]
_SECTION_KEYS = (
    *("title", "benchmark", "settings", "layout", "columns", "beside", "wanted", "terminal"),
    "remarks",
)
_FORM = "the form of a suite: docs/how-to/run-the-suite.md"
_COLUMN_KEYS = ("label", "task", "metric", "published", "average")


@dataclass(frozen=True)
class SuiteColumn:
    """One figure of a benchmark.

    Attributes:
        label: For people.
        task: Task of the records that count; empty for all.
        metric: Name in ``scores.json``.
        published: Name of its column in the family's published tables.
        average: Whether it is a mean over tasks and no task itself.
    """

    label: str
    task: str
    metric: str
    published: str
    average: bool = False


@dataclass(frozen=True)
class SuiteSection:
    """One table of a suite.

    Attributes:
        title: Heading.
        benchmark: Name of the benchmark that is run.
        settings: Its settings.
        layout: ``models``: a line for each model, one task in all; ``tasks``: a line for each task.
        columns: The figures.
        beside: Further metrics of each task, as in ``balanced_accuracy``.
        wanted: Models that stand in the table even where no figure of theirs is known.
        terminal: Published models shown in a terminal with layout ``tasks``; a page shows all.
        remarks: What a reader must know.
    """

    title: str
    benchmark: str
    layout: Layout
    columns: tuple[SuiteColumn, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    terminal: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def tasks(self) -> int:
        """Number of tasks; an average over tasks is none."""
        if self.layout == "models":
            return 1
        return sum(not column.average for column in self.columns)


@dataclass(frozen=True)
class Suite:
    """Several tables, and what is known of where they come from."""

    name: str
    title: str
    paper: str
    remarks: tuple[str, ...]
    sections: tuple[SuiteSection, ...]

    @property
    def tasks(self) -> int:
        """Number of tasks of all sections."""
        return sum(section.tasks for section in self.sections)


def suite_names() -> list[str]:
    """Return the names of the suites of this package."""
    folder = files("geobench_tools.manifests") / "suites"
    names = (entry.name.rpartition(".") for entry in folder.iterdir())
    return sorted(name for name, _, suffix in names if suffix == "yaml")


def load_suite(name: str) -> Suite:
    """Load a suite by its name, or from a YAML file of the same form.

    Raises:
        InputError: There is no such suite, or its manifest is wrong.
    """
    path: Path | Traversable = Path(name)
    if not name.endswith((".yaml", ".yml")):
        if name not in suite_names():
            known = ", ".join(suite_names())
            raise InputError(f"there is no suite {name!r}", hint=f"one of {known}, or a FILE.yaml")
        path = files("geobench_tools.manifests") / "suites" / f"{name}.yaml"
    document = _loaded(path)
    sections = tuple(_section(entry, path) for entry in document["sections"])
    names = [section.benchmark for section in sections]
    if twice := sorted({one for one in names if names.count(one) > 1}):
        raise InputError(f"{path}: {twice[0]} stands in two sections", hint="make them one")
    return Suite(
        Path(name).stem if name.endswith((".yaml", ".yml")) else name,
        str(document["title"]),
        str(document.get("paper", "")),
        tuple(str(one) for one in _listed(document, "remarks", str(path))),
        sections,
    )


def chosen_benchmarks(
    names: Sequence[str], suite: str = "", *, against: object = None, force: bool = False
) -> list[str]:
    """Return the benchmarks that a user named, singly, separated by commas, or as a suite.

    Raises:
        InputError: None or both were named, a base without a suite, or force without a base.
    """
    chosen = [name for entry in names for name in entry.split(",") if name]
    if chosen and suite:
        raise InputError("name either benchmarks or a suite", hint="leave one of them out")
    if against is not None and not suite:
        raise InputError("--against goes with --suite", hint="geor1 runs compare A B")
    if force and against is None:
        raise InputError("--force goes with --against", hint="leave it out")
    if suite:
        return [section.benchmark for section in load_suite(suite).sections]
    if not chosen:
        known = ", ".join(suite_names())
        raise InputError(
            "name a benchmark or a suite", hint=f"geor1 benchmarks list; --suite {known}"
        )
    return chosen


def data_by_name(entries: Sequence[str], chosen: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Read what ``--data`` was given: ``PATH`` for all, ``NAME=PATH`` for one.

    Args:
        entries: As typed. ``NAME`` is a benchmark or a family.
        chosen: The benchmarks that are run.

    Returns:
        The path for all (empty if none), and paths by name.

    Raises:
        InputError: Two are for all, a name occurs twice, or is of nothing that is run.
    """
    names = benchmark_names()
    known = {*names, *names.values()}
    common, own = "", dict[str, str]()
    for entry in entries:
        name, sign, path = entry.partition("=")
        if sign and name in known:
            if name in own:
                raise InputError(f"--data names {name} twice", hint="give each once")
            if name not in {*chosen, *(names.get(one) for one in chosen)}:
                raise InputError(
                    f"--data {entry}: no benchmark of {name} is run",
                    hint=f"run: {', '.join(chosen)}",
                )
            own[name] = path
        elif common:
            raise InputError(
                f"--data {common!r} and {entry!r} are both for all benchmarks",
                hint="write NAME=PATH, NAME a benchmark or family: geor1 benchmarks list",
            )
        else:
            common = entry
    return common, own


def _loaded(path: Path | Traversable) -> Mapping[str, Any]:
    try:
        loaded = parse_yaml(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"{path} is no YAML: {error}") from None
    if not isinstance(loaded, dict) or not loaded.get("title"):
        raise InputError(f"{path} has no title", hint=_FORM)
    if not isinstance(loaded.get("sections"), list) or not loaded["sections"]:
        raise InputError(f"{path} has no list of sections", hint=_FORM)
    return loaded


def _section(entry: Any, path: Path | Traversable) -> SuiteSection:
    if not isinstance(entry, dict):
        raise InputError(f"{path}: section {entry!r} is no mapping", hint=_FORM)
    where = f"{path}, section {entry.get('title')!r}"
    if unknown := sorted(map(str, {*entry} - {*_SECTION_KEYS})):
        raise InputError(f"{where}: unknown key {unknown[0]!r}", hint=", ".join(_SECTION_KEYS))
    needed = ("title", "benchmark", "layout", "columns")
    if missing := [key for key in needed if not entry.get(key)]:
        raise InputError(f"{where} lacks {', '.join(missing)}", hint=_FORM)
    if entry["layout"] not in get_args(Layout):
        raise InputError(f"{where}: layout {entry['layout']!r}", hint="models or tasks")
    settings = entry.get("settings") or {}
    if not isinstance(settings, dict):
        raise InputError(f"{where}: settings {settings!r} is no mapping", hint=_FORM)
    return SuiteSection(
        str(entry["title"]),
        str(entry["benchmark"]),
        entry["layout"],
        tuple(_column(column, where) for column in _listed(entry, "columns", where)),
        {str(name): str(value) for name, value in settings.items()},
        *(
            tuple(str(one) for one in _listed(entry, key, where))
            for key in ("beside", "wanted", "terminal", "remarks")
        ),
    )


def _column(column: Any, where: str) -> SuiteColumn:
    if (
        not isinstance(column, dict)
        or not {"label", "metric"} <= {*column}
        or {*column} - {*_COLUMN_KEYS}
    ):
        raise InputError(f"{where}: column {column!r}", hint=f"its keys: {', '.join(_COLUMN_KEYS)}")
    task, metric = str(column.get("task", "")), str(column["metric"])
    published = str(column.get("published") or task or metric)
    return SuiteColumn(str(column["label"]), task, metric, published, bool(column.get("average")))


def _listed(entry: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = entry.get(key) or []
    if not isinstance(value, list):
        raise InputError(f"{where}: {key} {value!r} is no list", hint=_FORM)
    return value
