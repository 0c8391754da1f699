"""How often the audit cries wolf on clean sets, and what it finds in leaking ones.

The figures of docs/results/audit.md:

    python tests/pairing/audit_rates.py clean 100
    python tests/pairing/audit_rates.py leaks
"""

import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from make_sets import Recipe, write_set

from geobench_tools.pairing import AuditOptions, audit_pairs

CLEAN = {
    "cliques, 30 places": Recipe(tiles=40),
    "cliques, 2 photos a tile": Recipe(tiles=40, cameras=2),
    "cliques, one town": Recipe(tiles=2500, towns=1),
    "all families tested, 30 places": Recipe(tiles=160, sampler="pools"),
    "all families tested, 14 places": Recipe(tiles=160, sampler="pools", towns=14),
}
APART = Recipe(tiles=1000, sampler="pools")
LEAKS = (
    ("position", replace(APART, leak="position", strength=0.27)),
    ("position", replace(APART, leak="position", strength=0.30)),
    ("position", replace(APART, leak="position", strength=0.40)),
    ("file", replace(APART, leak="jpeg", strength=1)),
    ("file", replace(APART, leak="jpeg", strength=3)),
    ("file", replace(APART, leak="jpeg", strength=10)),
    ("file", replace(APART, leak="bytes", strength=1.1)),
    ("time-match", Recipe(tiles=250, leak="time")),
    ("name-match", Recipe(tiles=250, leak="names")),
    ("memory", Recipe(tiles=250, leak="question-split")),
    ("geometry", Recipe(tiles=250, sampler="ring")),
    ("frequency", Recipe(tiles=250, sampler="ring")),
)


def audit(recipe, *families):
    with tempfile.TemporaryDirectory() as folder:
        return audit_pairs(write_set(Path(folder), recipe), AuditOptions(families=families))


def clean(sets):
    for name, recipe in CLEAN.items():
        alarms, questions = Counter(), 0
        for seed in range(sets):
            report = audit(replace(recipe, seed=seed))
            questions += report.sample["questions"]
            alarms.update(one.name for one in report.leaks)
            alarms["sets"] += not report.passed
        print(f"{name}: {alarms['sets']} of {sets} sets, {questions // sets} questions", alarms)


def leaks():
    for name, recipe in LEAKS:
        (one,) = audit(recipe, name).families
        hit, gain = one.accuracy[one.stronger], one.leak[one.stronger]
        print(
            f"{recipe.sampler} {recipe.leak} {recipe.strength:g}: {name} {one.outcome}, "
            f"{one.questions} questions, {one.stronger} {hit.value:.3f} [{hit.low:.3f}, "
            f"{hit.high:.3f}], {gain.value:.4f} [{gain.low:.4f}, {gain.high:.4f}] nats"
        )


if __name__ == "__main__":
    clean(int(sys.argv[2])) if sys.argv[1] == "clean" else leaks()
