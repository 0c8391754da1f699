"""Controls: the same training where there is nothing to learn, or where a shortcut is open.

- shuffled-labels: the right letters are dealt anew among the questions.
- format-only: only the template is rewarded.
- null-world: nothing stands in any picture; light, tint and noise as ever.
- tiles-only: the street view is grey.
- ring: negatives from other neighbourhoods, so that counting things is often enough; what was
  learned is then asked on cliques.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.progress import SILENT, Progress
from geobench_tools.training._data_controls import SHUFFLED_LABELS, TILES_ONLY
from geobench_tools.training._recipes import Recipe, Setting
from geobench_tools.training._run_folder import RunFolder
from geobench_tools.training._sources import TrainJob
from geobench_tools.training._trl import TrainReport, train

__all__ = ["CONTROLS", "ControlReport", "run_controls"]

FORMAT_ONLY, NULL_WORLD, RING = "format-only", "null-world", "ring"
CONTROLS = (SHUFFLED_LABELS, FORMAT_ONLY, NULL_WORLD, TILES_ONLY, RING)
_LEVEL_ONLY = (NULL_WORLD, RING)
_MAY_RISE = (RING,)
_OWN = "control"

Note = Callable[[str], None]


@dataclass(frozen=True)
class ControlReport:
    """A control beside the run that it belongs to.

    Attributes:
        name: The control.
        report: Its training run.
        holds: Whether accuracy did not rise to more than chance, greedy or sampled; None where it
            may.
    """

    name: str
    report: TrainReport
    holds: bool | None

    def document(self) -> dict[str, Any]:
        """Return the control for JSON."""
        return {"control": self.name, "holds": self.holds, **self.report.document()}


def run_controls(
    job: TrainJob, progress: Progress = SILENT, note: Note = lambda _said: None
) -> Iterator[ControlReport]:
    """Train each control from the model that ``job`` starts from, for as many steps.

    The runs lie in ``controls`` in the job's folder and are resumed like any other. Those that need
    a level of their own are left out where the pairing set is the user's.

    Raises:
        InputError: The job has no held-out questions, or as ``train`` raises it.
    """
    if not job.held_out:
        raise InputError("controls are judged on held-out questions", hint="--held-out 600")
    for name in CONTROLS:
        if name in _LEVEL_ONLY and job.pairs is not None:
            note(f"control {name} is left out: it needs the drawn level")
            continue
        note(f"control {name}")
        report = train(control_job(job, name), progress, note)
        yield ControlReport(name, report, None if name in _MAY_RISE else not _rises(report))


def _rises(report: TrainReport) -> bool:
    """Tell whether accuracy rose, to surely more than chance.

    A model that meets pictures unlike those it knows may begin below chance, with replies that
    cannot be read; coming back to chance is no rise.
    """
    manifest = RunFolder(report.folder).read("run.json") or {}
    chance = 1 / manifest["parameters"]["k"]
    changes = (report.result["change"][kind] for kind in ("greedy", "sampled"))
    return any(one["difference"]["low"] > 0 and one["after"]["low"] > chance for one in changes)


def control_job(job: TrainJob, name: str) -> TrainJob:
    """Return the job of a control."""
    own = replace(job, output=job.output / "controls" / name, control=name)
    match name:
        case "format-only":
            weights = {"accuracy": 0.0, "format": 1.0, "length": 0.0, "repetition": 0.0}
            return replace(own, recipe=_with(job.recipe, "reward_weights", weights))
        case "null-world":
            return replace(own, level=replace(job.level, empty=True))
        case "ring":
            return replace(own, level=replace(job.level, sampler="ring"), asked_on=job.level)
        case _:
            return own


def _with(recipe: Recipe, name: str, value: object) -> Recipe:
    return replace(recipe, settings={**recipe.settings, name: Setting(value, _OWN)})
