"""Which traces are kept: each judged by itself, then the set as a whole.

A trace is rejected for the first of these that it fails: answer, facts, template, leak, length. Of
the rest, near-duplicates, those beyond the number wanted of a question, and those of places that
have more than their share are left out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Literal, NamedTuple, get_args

from geobench_tools.answers import Reading
from geobench_tools.counter_random import hash_strings, mix
from geobench_tools.errors import InputError
from geobench_tools.reasoning._claims import CheckedTrace

__all__ = [
    "REASONS",
    "SET_REASONS",
    "Candidate",
    "NearDuplicates",
    "Reason",
    "SelectOptions",
    "judge",
    "problems_of",
    "select",
]

Reason = Literal["answer", "facts", "template", "leak", "length", "duplicate", "surplus", "balance"]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""In the order in which they are tried."""
SET_REASONS: tuple[Reason, ...] = ("duplicate", "surplus", "balance")
"""Those that concern the set as a whole."""

_PERMUTATIONS = 128
_SHINGLE = 5
_LENGTH = ("length:", "repetition")


@dataclass(frozen=True)
class SelectOptions:
    """What is kept.

    Attributes:
        check_facts: Whether contradicted claims reject a trace.
        duplicate_similarity: Estimated Jaccard similarity of the 5-word sequences of two traces
            from which the later one is a duplicate; 1 keeps all but identical ones.
        per_question: Most traces of one question; None for all.
        balance: Most traces of one place, as a multiple of the median over places; 0 for no limit.
        seed: Of the choice among the traces of a place.
    """

    check_facts: bool = True
    duplicate_similarity: float = 0.8
    per_question: int | None = None
    balance: float = 2.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.1 <= self.duplicate_similarity <= 1.0:
            raise InputError(
                f"similarity {self.duplicate_similarity:g} of duplicates",
                hint="a number from 0.1 to 1, as 0.8",
            )
        if self.per_question is not None and self.per_question < 1:
            raise InputError("less than one trace of a question", hint="--per-question 1 or more")
        if self.balance and self.balance < 1.0:
            raise InputError(
                f"balance {self.balance:g} is below 1", hint="1 or more, or 0 for no limit"
            )


def judge(
    reading: Reading, answer: str, checked: CheckedTrace, *, check_facts: bool = True
) -> tuple[Reason | None, str]:
    """Judge one trace by itself.

    Args:
        reading: The answer that was read from it.
        answer: The right letter.
        checked: What the fact checker says.
        check_facts: Whether contradicted claims reject it.

    Returns:
        The first reason to reject it, or None, and what exactly is wrong.
    """
    if reading.value is None:
        return "answer", f"unreadable ({reading.status})"
    if reading.value != answer:
        return "answer", f"{reading.value} instead of {answer}"
    if check_facts and (wrong := checked.contradictions):
        return "facts", ", ".join(dict.fromkeys(claim.kind for claim in wrong))
    problems = checked.template.problems
    if shape := [name for name in problems if not name.startswith(_LENGTH)]:
        return "template", ", ".join(shape)
    if checked.leaks:
        return "leak", ", ".join(dict.fromkeys(leak.kind for leak in checked.leaks))
    if problems:
        return "length", ", ".join(problems)
    return None, ""


def problems_of(checked: CheckedTrace) -> list[str]:
    """Return what is wrong with a trace in words that a teacher can act on.

    Each contradicted claim with what is known instead, each leak, each problem of the template.
    """
    found = []
    for claim in checked.contradictions:
        known = f" (known: {claim.evidence.known})" if claim.evidence.known else ""
        found.append(f'"{claim.text}" is wrong ({claim.kind.replace("_", " ")}){known}.')
    for leak in checked.leaks:
        found.append(f'"{leak.text}" says what no viewer of the images can know; leave it out.')
    found += [_SAID.get(name, f"Template: {name}.") for name in checked.template.problems]
    return found


_SAID = {
    "missing:visual": 'The part "Visual cues:" is missing.',
    "missing:cross_view": 'The part "Cross-view evidence:" is missing.',
    "missing:knowledge": 'The part "Geographic knowledge:" is missing.',
    "missing:conclusion": 'The part "Conclusion:" is missing.',
    "order": "The four parts are not in their order.",
    "answer:disagrees": "The conclusion names another candidate than the answer.",
    "length:short": "The reasoning is too short.",
    "length:long": "The reasoning is too long.",
    "repetition": "The reasoning repeats itself.",
}


class NearDuplicates:
    """Recognises texts that are nearly the same as an earlier one, by MinHash.

    The similarity is the share of 5-word sequences that two texts have in common (Jaccard),
    estimated from 128 permutations (standard error at most 0.044).

    Args:
        similarity: From which on a text is a duplicate.
    """

    def __init__(self, similarity: float) -> None:
        from datasketch import MinHashLSH

        self._similarity = similarity
        # The index only proposes; above this it would have a single band.
        self._index = MinHashLSH(threshold=min(similarity, 0.9), num_perm=_PERMUTATIONS)
        self._kept: dict[str, object] = {}

    def of(self, name: str, text: str) -> str:
        """Return the name of an earlier text that this one repeats; else remember it.

        Args:
            name: Of this text; unique.
            text: Any text; case and punctuation do not count.
        """
        from datasketch import MinHash

        said = text.lower().split()
        runs = {" ".join(said[i : i + _SHINGLE]) for i in range(max(1, len(said) - _SHINGLE + 1))}
        sketch = MinHash(num_perm=_PERMUTATIONS, seed=1)
        sketch.update_batch([run.encode() for run in sorted(runs)])
        for other in sorted(self._index.query(sketch)):
            if sketch.jaccard(self._kept[other]) >= self._similarity:
                return str(other)
        self._index.insert(name, sketch)
        self._kept[name] = sketch
        return ""


class Candidate(NamedTuple):
    """A trace that is good by itself.

    Attributes:
        id: Its name.
        question_id: Its question.
        place: Where the question is.
        text: Its text.
    """

    id: str
    question_id: str
    place: str
    text: str


def select(traces: Iterable[Candidate], options: SelectOptions) -> dict[str, tuple[Reason, str]]:
    """Look at the good traces as a set.

    Args:
        traces: In the order in which they are preferred.
        options: What is kept.

    Returns:
        What is left out, by name: the reason and what exactly.
    """
    rejected: dict[str, tuple[Reason, str]] = {}
    duplicates = NearDuplicates(options.duplicate_similarity)
    of_question: Counter[str] = Counter()
    kept: dict[str, list[str]] = {}
    for trace in traces:
        if options.per_question and of_question[trace.question_id] >= options.per_question:
            rejected[trace.id] = ("surplus", f"more than {options.per_question} of the question")
        elif first := duplicates.of(trace.id, trace.text):
            rejected[trace.id] = ("duplicate", f"of {first}")
        else:
            of_question[trace.question_id] += 1
            kept.setdefault(trace.place, []).append(trace.id)
    if options.balance and kept:
        most = ceil(options.balance * median(len(names) for names in kept.values()))
        for place, names in kept.items():
            for name in _drawn(names, most, options.seed):
                rejected[name] = ("balance", f"{place} has {len(names)}, more than {most}")
    return rejected


def _drawn(names: Sequence[str], most: int, seed: int) -> list[str]:
    """Return the names that are left out where at most so many are kept."""
    if len(names) <= most:
        return []
    keys = mix(seed, hash_strings(list(names)))
    order = sorted(range(len(names)), key=lambda i: (int(keys[i]), names[i]))
    return [names[i] for i in order[most:]]
