"""How GEOBench-VLM's choices are scored: per task, averaged over tasks and over questions."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._geobench_vlm_data import LETTERS
from geobench_tools.benchmarks._geobench_vlm_letters import LETTER_RULES, VOTE_RULES
from geobench_tools.benchmarks._readings import letters_table, value_of
from geobench_tools.evaluation import (
    ANSWERED,
    Breakdown,
    Estimate,
    Items,
    Metric,
    Policies,
    SampleRecord,
    Scores,
    estimate,
    estimate_of_means,
)

__all__ = [
    "ChoiceRules",
    "choice_items",
    "choice_scores",
    "macro_micro",
    "slug",
    "unanswered",
]

Floats = npt.NDArray[np.float64]
Letters = Sequence[str | None]

_RULES_IN_WORDS = {
    "first": "the first of five wordings",
    "vote": "the plurality over five wordings, the earliest of equals",
    "mean": "the mean over five wordings",
}
_MISSING = Breakdown(
    "Questions without a reply", ("task", "questions", "with an xBD picture, taken out"), ()
)


@dataclass(frozen=True)
class ChoiceRules:
    """How one run's choices are scored.

    Attributes:
        rule: ``first``, ``vote`` or ``mean``.
        letters: Whose rule reads the official column; empty where it cannot be read.
        categories: Tasks by category.
        xbd: Tasks most of whose pictures were taken out of the release.
    """

    rule: str
    letters: str
    categories: Mapping[str, Sequence[str]]
    xbd: Sequence[str]


def macro_micro(
    shares: Mapping[str, float], counts: Mapping[str, int]
) -> tuple[float | None, float | None]:
    """Return the mean over tasks and the mean over questions of accuracies by task.

    Args:
        shares: Accuracy by task.
        counts: Number of questions by task.
    """
    total = sum(counts[task] for task in shares)
    if not total:
        return None, None
    macro = sum(shares.values()) / len(shares)
    return macro, sum(share * counts[task] for task, share in shares.items()) / total


def slug(task: str) -> str:
    """Return the name of a task's metric."""
    return task.lower().replace(" ", "_")


def choice_items(records: Sequence[SampleRecord], rules: ChoiceRules) -> Items:
    """Return strict verdicts: one for each question (with ``mean`` for each of its wordings)."""
    values = _decided(records, _read(records), rules.rule)
    made = {"micro": values, "average": values}
    for task, rows in _tasks(records).items():
        made[slug(task)] = _only(values, rows)
    return Items.of(records, made, {"average": [(record.task,) for record in records]})


def choice_scores(
    name: str, records: Sequence[SampleRecord], rules: ChoiceRules, *, sample: bool
) -> Scores:
    """Score a run: every question counts, an answer that is missing is wrong."""
    items = Items.of(records, {})
    own = _official(records, rules.letters) if rules.letters else None
    columns = (
        _decided(records, _read(records), rules.rule),
        None if own is None else _decided(records, own, rules.rule),
    )
    tasks = _tasks(records)
    kept = [task for task in tasks if task not in rules.xbd]
    parts: list[tuple[str, str, Sequence[str], bool]] = [
        ("average", f"Average of {len(tasks)} task{'s' * (len(tasks) != 1)}", list(tasks), True)
    ]
    if 0 < len(kept) < len(tasks):
        label = f"Average of {len(kept)} without xBD"
        parts.append(("average_without_xbd", label, kept, True))
    parts.append(("micro", "All questions alike", list(tasks), False))
    for category, members in rules.categories.items():
        present = [task for task in members if task in tasks]
        if present:
            parts.append((slug(category), f"{category} (pooled)", present, False))
    parts += [(slug(task), task, [task], False) for task in sorted(tasks)]
    most = _commonest(records)
    metrics = []
    for metric, label, members, macro in parts:
        rows = [i for task in members for i in tasks[task]]
        strict, official = (
            None if column is None else _estimate(records, column, rows, items, macro)
            for column in columns
        )
        line = _line(records, {task: tasks[task] for task in members}, most, macro)
        metrics.append(
            Metric(metric, label, "share", "higher", strict, official, line, 1 / len(LETTERS))
        )
        if metric == "average" and rules.rule != "first":
            metrics += _other_rules(records, rules, items, own)
    return Scores.of(
        name,
        records,
        metrics,
        sample=sample,
        breakdowns=[letters_table(records, LETTERS), *unanswered(records)],
        policy=_policy(rules),
        policies=_policies(rules),
    )


def unanswered(records: Sequence[SampleRecord]) -> list[Breakdown]:
    """Return a table of questions that have no reply, as those without a picture, if any."""
    lost: dict[str, set[str]] = defaultdict(set)
    xbd: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if record.status not in ANSWERED:
            question = str(record.metadata.get("question"))
            lost[record.task].add(question)
            if record.metadata.get("xbd"):
                xbd[record.task].add(question)
    rows = tuple((task, len(lost[task]), len(xbd[task])) for task in sorted(lost))
    return [Breakdown(_MISSING.title, _MISSING.header, rows)] if rows else []


def _read(records: Sequence[SampleRecord]) -> Letters:
    """The letters of this project's reader; nothing where there is none."""
    return [str(value_of(record) or "") for record in records]


def _official(records: Sequence[SampleRecord], rule: str) -> Letters:
    """The letters of a harness's rule; None for requests without a reply, which it never sees."""
    read = LETTER_RULES[rule]
    return [read(r.text) if r.status in ANSWERED else None for r in records]


def _decided(records: Sequence[SampleRecord], letters: Letters, rule: str) -> Floats:
    """What each question is worth, at its first wording that counts; NaN elsewhere."""
    values = np.full(len(records), math.nan)
    if rule == "mean":
        for i, letter in enumerate(letters):
            if letter is not None:
                values[i] = float(letter == records[i].target)
        return values
    decide: Callable[[Sequence[str], str], float] = VOTE_RULES[rule]
    for rows in _questions(records).values():
        if rule == "first":
            rows = [i for i in rows if records[i].metadata.get("prompt") == 1]
        given = [letter for i in rows if (letter := letters[i]) is not None]
        if given:
            counted = next(i for i in rows if letters[i] is not None)
            values[counted] = decide(given, str(records[counted].target))
    return values


def _questions(records: Sequence[SampleRecord]) -> dict[tuple[int, str], list[int]]:
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for i, record in enumerate(records):
        found[record.run_index, str(record.metadata.get("question"))].append(i)
    for rows in found.values():
        rows.sort(key=lambda i: int(str(records[i].metadata.get("prompt", 0))))
    return found


def _tasks(records: Sequence[SampleRecord]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for i, record in enumerate(records):
        found[record.task].append(i)
    return dict(sorted(found.items()))


def _only(values: Floats, rows: Sequence[int]) -> Floats:
    kept = np.full(len(values), math.nan)
    kept[rows] = values[rows]
    return kept


def _estimate(
    records: Sequence[SampleRecord],
    values: Floats,
    rows: Sequence[int],
    items: Items,
    macro: bool,
) -> Estimate:
    """The mean over questions, or over tasks with the interval of the mean of their means."""
    kept = _only(values, rows)
    if not macro:
        return estimate(kept, items)
    return estimate_of_means(kept, [(record.task,) for record in records], items)


def _other_rules(
    records: Sequence[SampleRecord], rules: ChoiceRules, items: Items, own: Letters | None
) -> list[Metric]:
    made = []
    for rule in VOTE_RULES:
        if rule == rules.rule:
            continue
        strict, official = (
            None
            if letters is None
            else _estimate(
                records, _decided(records, letters, rule), range(len(records)), items, True
            )
            for letters in (_read(records), own)
        )
        label = f"… by {_RULES_IN_WORDS[rule].partition(',')[0]}"
        made.append(Metric(f"average_{rule}", label, "share", "higher", strict, official))
    return made


def _commonest(records: Sequence[SampleRecord]) -> str:
    counts = Counter(str(record.target) for record in records)
    return min(counts, key=lambda letter: (-counts[letter], letter), default="")


def _line(
    records: Sequence[SampleRecord], tasks: Mapping[str, Sequence[int]], letter: str, macro: bool
) -> float | None:
    """What always answering one letter scores."""
    shares = {
        task: sum(str(records[i].target) == letter for i in rows) / len(rows)
        for task, rows in tasks.items()
    }
    by_task, by_question = macro_micro(shares, {task: len(rows) for task, rows in tasks.items()})
    return by_task if macro else by_question


def _policies(rules: ChoiceRules) -> dict[str, Policies]:
    rule = f"mean over tasks; {_RULES_IN_WORDS[rules.rule]}"
    named = {"strict": Policies(missing="wrong", aggregation=f"{rule}; letters by our reader")}
    if rules.letters:
        named["official"] = Policies(
            missing="left out: only requests with a reply",
            aggregation=f"{rule}; letters by {_readers(rules.letters)}",
        )
    return named


def _readers(rule: str) -> str:
    return "the authors' scripts" if rule == "official" else rule


def _policy(rules: ChoiceRules) -> dict[str, str]:
    official = (
        f"letters by the rule of {_readers(rules.letters)}; a question whose picture is missing "
        "is left out, as the authors' scripts drop it"
        if rules.letters
        else "none: the authors' rule keeps a reply's first character, which reasoning is not"
    )
    said: dict[str, Any] = {
        "strict": "all questions count, also those whose pictures are missing; no letter is wrong",
        "official": official,
        "average": "unweighted mean of the tasks' accuracies, the paper's headline",
        "five wordings": f"{_RULES_IN_WORDS[rules.rule]}; which rule the paper used is not stated",
        "categories": "questions of their tasks pooled, as in the paper",
        "majority": "the commonest right letter always",
        "chance": "1 / 5",
        "intervals": "95 %: Wilson, or Poisson bootstrap clustered by picture",
    }
    if rules.xbd:
        said["xBD"] = f"without xBD: without {', '.join(rules.xbd)}"
    return said
