"""The answer reader: replies per CPU second, and how CPU time grows with the text.

Short replies are those of the project's own cases; a long one is a chain of thought of 4,000
characters with an answer block. Growth is the CPU time at 1 MB over that at 100 kB, the worst of
patterns that keep backtracking readers busy; 10 is linear.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from geobench_tools.answers import read
from perf.runner import HERE, Figure

CASES = HERE.parent / "tests" / "data" / "answer_cases_own.json"
CHOICES = {"A": "Residential area", "B": "Airport", "C": "Commercial area", "D": "Forest"}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "mcq": {"choices": CHOICES},
    "multi": {"choices": CHOICES},
    "index": {"options": 5},
    "count": {"target": "ships"},
}
KINDS = ("mcq", "index", "bool", "count", "bbox", "multi", "country", "place", "latlon")
PATTERNS = (
    "A ", "A or ", "(A) ", "the answer is ", "\\boxed{", "<answer>", "{", '{"a": 1, ', "[", "1, ",
    "1-", "12.5, 13.5 or ", "48.85° N, 2.35° E ", "lat: 1 ", "France or ", "city: Lyon\n",
    "yes or ", "日本", "one hundred and ", "&lt;", "\n", "   ", "there are no ",
    "option b ", "there? yes, ", "1, 2, 3, 1, ",
)  # fmt: skip
SMALL, LARGE = 100_000, 1_000_000


def run() -> list[Figure]:
    """Measure the reader."""
    cases = json.loads(CASES.read_text(encoding="utf-8"))
    figures = [
        Figure(
            f"answers, short {kind} replies per CPU second",
            _per_second(_reader([case for case in cases if case["kind"] == kind])),
            "/s",
            at_least=10_000 if kind == "mcq" else None,
        )
        for kind in KINDS
    ]
    thought = "The road bends east and the roofs are large, so B or C could fit here. " * 56
    long = [
        {"text": f"<think>{thought}</think><answer>B</answer>", "kind": "mcq", "choices": CHOICES}
    ]
    prose = [{"text": thought + "The answer is B.", "kind": "mcq", "choices": CHOICES}]
    figures.append(
        Figure("answers, 4,000 characters of reasoning", _per_second(_reader(long)), "/s")
    )
    figures.append(Figure("answers, 4,000 characters of prose", _per_second(_reader(prose)), "/s"))
    growth, kind, pattern = max(_growth(kind, pattern) for kind in KINDS for pattern in PATTERNS)
    note = f"worst of {len(KINDS)} kinds and {len(PATTERNS)} patterns: {kind}, {pattern!r}"
    figures.append(Figure("answers, CPU at 1 MB / at 100 kB", growth, "x", 20.0, note=note))
    return figures


def _reader(cases: list[dict[str, Any]]) -> Callable[[], int]:
    names = ("choices", "options", "target")
    calls = [(c["text"], c["kind"], {n: c[n] for n in names if n in c}) for c in cases]

    def once() -> int:
        for text, kind, arguments in calls:
            read(text, kind, **arguments)
        return len(calls)

    once()
    return once


def _per_second(once: Callable[[], int]) -> float:
    started, count = time.process_time(), 0
    while time.process_time() - started < 1.0:
        count += once()
    return count / (time.process_time() - started)


def _growth(kind: Any, pattern: str) -> tuple[float, str, str]:
    seconds = []
    for size in (SMALL, LARGE):
        text = pattern * (size // len(pattern))
        started = time.process_time()
        read(text, kind, **ARGUMENTS.get(kind, {}))
        seconds.append(time.process_time() - started)
    return seconds[1] / max(seconds[0], 0.02), kind, pattern
