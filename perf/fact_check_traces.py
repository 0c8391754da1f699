"""Reasoning traces written by hand, with a mark on each claim that is false and on true ones.

The files of ``FILES`` hold a trace in a line: ``lat`` and ``lon`` in degrees, ``captured_at``,
``heading_deg`` and the right ``letter`` where they are known, whether it quotes metadata
(``leak``), and ``marked``, its text with marks: ``⟪-kind:words⟫`` is false, ``⟪+kind:words⟫`` is
true, ``⟪~kind:words⟫`` can be read either way. docs/results/fact-check.md says who wrote them, and
what was measured when.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from geobench_tools.evaluation import wilson
from geobench_tools.reasoning import CheckOptions, TraceFacts, check_trace

__all__ = ["FILES", "Mark", "Tally", "Trace", "note", "read_traces", "tally"]

FILES = ("fresh", "held", "dev2", "held2", "third")
"""Their names after ``fact_check_``, oldest first."""

_MARK = re.compile(r"⟪([-+~])(\w+):([^⟪⟫]+)⟫")
_OPTIONS = CheckOptions(template=False)


class Mark(NamedTuple):
    """What the writer says of some words: ``sign`` is "-" false, "+" true, "~" either."""

    sign: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Trace:
    """A trace with its marks.

    Attributes:
        name: Its name in the file.
        text: The words, marks taken out.
        facts: What is known of its view.
        marks: In the order of the text.
        leak: Whether it quotes what no viewer could see.
    """

    name: str
    text: str
    facts: TraceFacts
    marks: tuple[Mark, ...]
    leak: bool


@dataclass
class Tally:
    """What the checker found.

    Attributes:
        false: Marked false claims by kind.
        found: Of them, those in whose words a claim is contradicted.
        contradicted: Contradicted claims, those in words that can be read either way left out.
        right: Of them, those in words that are marked false.
        true: Marked true claims.
        supported: Of them, those in whose words a claim is supported.
        leaks: Traces by whether they quote metadata and whether they are flagged.
        missed: False claims that were let pass: trace, kind and words.
        alarms: Contradicted claims that are not marked false, likewise.
    """

    false: Counter[str]
    found: Counter[str]
    contradicted: int
    right: int
    true: int
    supported: int
    leaks: Counter[tuple[bool, bool]]
    missed: list[tuple[str, str, str]]
    alarms: list[tuple[str, str, str]]


def read_traces(path: Path) -> list[Trace]:
    """Return the traces of a file."""
    return [_trace(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def _trace(row: dict[str, object]) -> Trace:
    marked, parts, marks, at, length = str(row["marked"]), [], [], 0, 0
    for match in _MARK.finditer(marked):
        parts += [marked[at : match.start()], match[3]]
        start = length + len(parts[-2])
        length, at = start + len(match[3]), match.end()
        marks.append(Mark(match[1], match[2], start, length))
    letter = row.get("letter")
    facts = TraceFacts(
        lat=float(str(row["lat"])),
        lon=float(str(row["lon"])),
        captured_at=datetime.fromisoformat(str(row["captured_at"]))
        if "captured_at" in row
        else None,
        heading_deg=float(str(row["heading_deg"])) if "heading_deg" in row else None,
        candidates=tuple("ABCD") if letter else (),
        answer=str(letter) if letter else None,
    )
    text = _MARK.sub(r"\3", marked)
    return Trace(str(row["id"]), text, facts, tuple(marks), bool(row.get("leak")))


def tally(traces: list[Trace]) -> Tally:
    """Check traces and compare the verdicts with the marks."""
    result = Tally(Counter(), Counter(), 0, 0, 0, 0, Counter(), [], [])
    for trace in traces:
        checked = check_trace(trace.text, trace.facts, _OPTIONS)
        result.leaks[trace.leak, bool(checked.leaks)] += 1
        for mark in trace.marks:
            verdicts = {
                claim.verdict
                for claim in checked.claims
                if claim.span[0] < mark.end and mark.start < claim.span[1]
            }
            if mark.sign == "-":
                hit = "contradicted" in verdicts
                result.false[mark.kind] += 1
                result.found[mark.kind] += hit
                if not hit:
                    words = trace.text[mark.start : mark.end]
                    result.missed.append((trace.name, mark.kind, words))
            elif mark.sign == "+":
                result.true += 1
                result.supported += "supported" in verdicts
        for claim in checked.contradictions:
            signs = {
                mark.sign
                for mark in trace.marks
                if claim.span[0] < mark.end and mark.start < claim.span[1]
            }
            if signs == {"~"}:
                continue
            result.contradicted += 1
            result.right += "-" in signs
            if "-" not in signs:
                result.alarms.append((trace.name, claim.kind, claim.text))
    return result


def note(k: int, n: int) -> str:
    """Return a share as counts with its Wilson interval, 95 %."""
    low, high = wilson(k, n)
    return f"{k}/{n}, {low:.3f} to {high:.3f}"


def _main() -> None:
    here = Path(__file__).parent
    for name in FILES:
        result = tally(read_traces(here / f"fact_check_{name}.jsonl"))
        print(name)
        for kind, n in sorted(result.false.items()):
            print(f"  recall, {kind}: {note(result.found[kind], n)}")
        found, false = sum(result.found.values()), sum(result.false.values())
        print(f"  recall: {note(found, false)}")
        print(f"  precision: {note(result.right, result.contradicted)}")
        print(f"  true claims supported: {note(result.supported, result.true)}")
        print(f"  leaks (quoted, flagged): {dict(result.leaks)}")
        for heading, rows in (("missed", result.missed), ("false alarm", result.alarms)):
            for row in rows:
                print(f"  {heading}: {' | '.join(row)}")


if __name__ == "__main__":
    _main()
