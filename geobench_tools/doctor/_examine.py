"""The examinations: of this installation, and of data."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from geobench_tools.benchmarks import benchmark_info, benchmark_names, known_faults
from geobench_tools.doctor._endpoints import endpoint_findings
from geobench_tools.doctor._examination import Examination
from geobench_tools.doctor._layouts import recognise
from geobench_tools.doctor._machine import machine_findings, storage_findings
from geobench_tools.doctor._packages import package_findings
from geobench_tools.doctor._samples import sample_findings
from geobench_tools.errors import GeobenchError, InputError
from geobench_tools.findings import Finding
from geobench_tools.progress import SILENT, Progress
from geobench_tools.settings import FILE, active

__all__ = ["examine", "examine_data"]

_SETTINGS, _DATA = "Settings", "Data roots"

_SETTINGS_OF: Mapping[str, Mapping[str, str]] = {"rsteller-geo": {"shards": "all"}}
"""How a family's data are opened, where not all of them need be there."""


def examine(problem: GeobenchError | None = None) -> Examination:
    """Examine this installation: packages, machine, storage, settings, endpoints, data roots.

    Endpoints that the environment or the settings name are asked for their list of models; nothing
    else goes over the network.

    Args:
        problem: What is wrong with the settings file, if it could not be loaded.
    """
    return Examination(
        [
            *package_findings(),
            *machine_findings(),
            *storage_findings(),
            *_settings(problem),
            *endpoint_findings(),
            *_roots(),
        ]
    )


def examine_data(
    folder: Path,
    progress: Progress = SILENT,
    *,
    decode: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Examination:
    """Examine the data that a folder holds and say what each fault does to a score.

    Args:
        folder: As ``--data`` takes it.
        progress: Shows samples.
        decode: Decode every picture wholly.
        settings: Of the benchmarks, as where pictures lie; a benchmark without one ignores it.

    Raises:
        InputError: The folder does not exist, or holds no layout that is known.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder", hint="--data takes the folder of a data set")
    families = recognise(folder)
    if not families:
        inner = [path for path in sorted(folder.iterdir()) if path.is_dir() and recognise(path)]
        raise InputError(
            f"{folder} holds no data set that is known here",
            hint=f"did you mean {inner[0]}?"
            if inner
            else "geor1 benchmarks list names them, geor1 benchmarks show NAME says how to get one",
        )
    found: list[Finding] = []
    for family, names in families.items():
        for name in names:
            given = {**_SETTINGS_OF.get(family, {}), **_declared(name, settings or {})}
            found += sample_findings(name, str(folder), progress, decode=decode, settings=given)
            # Where data are too broken to look, sample_findings has said so.
            with suppress(GeobenchError):
                found += known_faults(name, folder)
    return Examination(found)


def _declared(name: str, settings: Mapping[str, str]) -> dict[str, str]:
    known = benchmark_info(name).settings
    return {key: value for key, value in settings.items() if key in known}


def _settings(problem: GeobenchError | None) -> Iterator[Finding]:
    path = active().path
    if problem is not None:
        yield Finding(
            _SETTINGS, FILE, "error", problem.message, "every other command stops", problem.hint
        )
    elif path is None:
        yield Finding(_SETTINGS, FILE, "note", "none is used", "built-in defaults", "geor1 init")
    else:
        sets = ", ".join(active().defaults) or "no command"
        yield Finding(_SETTINGS, FILE, "ok", str(path), f"defaults for {sets}")


def _roots() -> Iterator[Finding]:
    settings = active()
    names = benchmark_names()
    for name, root in settings.data.items():
        label = f"{name} ({settings.where('data', name)})"
        try:
            settings.check_data({*names, *names.values()})
        except InputError as error:
            yield Finding(_DATA, label, "error", error.message, "it is never used", error.hint)
            return
        folder = Path(root)
        if not folder.exists() and not folder.is_absolute():
            yield Finding(_DATA, label, "ok", f"{root} (the Hub is not asked)")
            continue
        if not folder.is_dir():
            yield Finding(
                _DATA, label, "error", f"{root} is no folder", "runs without --data fail", "mend it"
            )
            continue
        held = recognise(folder)
        family = names.get(name, name)
        if family in held:
            said, more = f"{root} holds {family}", f"geor1 doctor --data {root}"
            yield Finding(_DATA, label, "ok", said, next=f"its faults: {more}")
        else:
            found = ", ".join(held) or "nothing that is known"
            yield Finding(
                _DATA, label, "warning", f"{root} holds {found}", "it may not open", "mend the path"
            )
