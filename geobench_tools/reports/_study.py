"""The study: every artefact of an experiment on one page, beside the paper's figures."""

from collections.abc import Callable, Sequence
from pathlib import Path

from geobench_tools.reports._page import Html, Page, asset, escape, facts, write_page
from geobench_tools.reports._study_find import Study, find_artefacts
from geobench_tools.reports._study_parts import (
    audit_part,
    curves_part,
    maps_part,
    provenance_part,
    stages_part,
    traces_part,
)
from geobench_tools.reports._study_tables import benchmarks_part, controls_part, pairing_part

__all__ = ["write_study"]

_PARTS: Sequence[tuple[str, str, Callable[[Study, Path], Html]]] = (
    ("stages", "What was done", stages_part),
    ("pairing", "Pairing: which tile shows the place?", pairing_part),
    ("controls", "Controls", controls_part),
    ("curves", "Training", curves_part),
    ("benchmarks", "Benchmarks", benchmarks_part),
    ("maps", "Maps of errors", maps_part),
    ("audit", "Audit of the pairing sets", audit_part),
    ("traces", "Reasoning traces", traces_part),
    ("provenance", "Provenance", provenance_part),
)
_STYLES = ("run.css", "curves.css", "suite.css", "synth.css", "study.css")


def write_study(folders: Sequence[Path], path: Path, *, title: str = "Study") -> Path:
    """Write one page about all artefacts in and below folders.

    The page loads nothing from the network; pictures of traces and links to reports point to the
    artefacts where they lie.

    Args:
        folders: Folders made by ``build-pairs``, ``synth-cot``, ``train``, ``eval``.
        path: The page.
        title: Its heading.

    Raises:
        InputError: A folder does not exist, or nothing was found in them.
    """
    study = find_artefacts(folders)
    base = path.resolve().parent
    parts = [(name, heading, make(study, base)) for name, heading, make in _PARTS]
    shown = [part for part in parts if part[2]]
    links = "".join(f'<li><a href="#{name}">{escape(head)}</a></li>' for name, head, _ in shown)
    sections = "".join(
        f'<section id="{name}" aria-labelledby="{name}-h"><h2 id="{name}-h">{escape(head)}</h2>'
        f"{content}</section>"
        for name, head, content in shown
    )
    counts: dict[str, object] = {
        "pairing sets": len(study.of("pairing-set")),
        "trace sets": len(study.of("traces")),
        "training runs": len(study.of("training-run")),
        "evaluation runs": len(study.of("evaluation-run")),
    }
    nav = f'<nav class="contents" aria-label="Contents"><ol>{links}</ol></nav>'
    body = Html(f"{nav}{facts(counts)}{sections}")
    subtitle = "Figures of this experiment beside the published ones; unknown cells say unknown."
    write_page(Page(title, subtitle, body, styles=[asset(name) for name in _STYLES]), path)
    return path
