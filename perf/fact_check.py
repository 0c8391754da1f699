"""The fact checker: errors it finds in passages about real places, false alarms, speed.

True passages have one fact of a kind swapped for a false one. Recall of a kind: swapped facts that
are contradicted in their own sentence. Precision of a kind: contradicted claims of that kind which
are swapped facts, over true and false passages. The same of traces written by hand in the styles of
models, where each false claim is marked. Intervals are Wilson's, 95 %. By now the rules have been
mended by all of these texts: the figures are in-sample. False alarms are claims of any kind found
in licences and in Python's own documentation.
"""

import ast
import sys
import sysconfig
import time
from collections import Counter
from pathlib import Path

from geobench_tools.reasoning import CheckOptions, check_trace
from perf.fact_check_passages import Passage, make_passages
from perf.fact_check_traces import FILES, note, read_traces, tally
from perf.runner import Figure

PLACES, SEED = 400, 20261122
OPTIONS = CheckOptions(template=False)


def run() -> list[Figure]:
    """Measure the checker."""
    true, false = make_passages(PLACES, SEED)
    figures = [*_errors(true, false), *_by_hand()]
    words, claims, contradicted = _prose()
    figures += [
        Figure("fact check, claims in prose per 1,000 words", 1000 * claims / words, "", 0.3,
               note=f"{words:,} words of documentation and licences"),
        Figure("fact check, of them contradicted per 1,000 words", 1000 * contradicted / words, ""),
        Figure("fact check, first trace after import", _load_s(), "s", 1.0),
        Figure("fact check, traces per CPU second", _rate(true), "/s", at_least=1000,
               note=f"{sum(len(p.text.split()) for p in true) / len(true):.0f} words each"),
    ]  # fmt: skip
    return figures


def _errors(true: list[Passage], false: list[Passage]) -> list[Figure]:
    swapped: Counter[tuple[str, str]] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for passage in [*true, *false]:
        swapped[passage.kind, passage.mode] += 1
        hit = False
        for claim in check_trace(passage.text, passage.facts, OPTIONS).contradictions:
            start, end = passage.span
            own = passage.kind != "" and start <= claim.span[0] < end
            hit = hit or own
            (right if own else wrong)[claim.kind] += 1
        found[passage.kind, passage.mode] += hit
    del swapped["", ""]
    figures = []
    kinds = sorted({kind for kind, _ in swapped})
    for kind in kinds:
        for mode in sorted({m for k, m in swapped if k == kind}):
            n, k = swapped[kind, mode], found[kind, mode]
            figures.append(
                Figure(f"recall, {kind}: {mode}", k / n, "", at_least=0.95, note=note(k, n))
            )
    for kind in sorted({*right, *wrong}):
        n = right[kind] + wrong[kind]
        figures.append(
            Figure(f"precision, {kind}", right[kind] / n, "", at_least=0.95,
                   note=note(right[kind], n))
        )  # fmt: skip
    hits, all_ = sum(found.values()), sum(swapped.values())
    good, bad = sum(right.values()), sum(wrong.values())
    figures += [
        Figure("recall, all kinds", hits / all_, "", at_least=0.95, note=note(hits, all_)),
        Figure("precision, all kinds", good / (good + bad), "", at_least=0.95,
               note=note(good, good + bad)),
    ]  # fmt: skip
    return figures


def _by_hand() -> list[Figure]:
    figures = []
    for name in FILES:
        found = tally(read_traces(Path(__file__).with_name(f"fact_check_{name}.jsonl")))
        hits, all_ = sum(found.found.values()), sum(found.false.values())
        figures += [
            Figure(f"recall, traces by hand, {name}", hits / all_, "", at_least=0.95,
                   note=note(hits, all_)),
            Figure(f"precision, traces by hand, {name}", found.right / found.contradicted, "",
                   at_least=0.95, note=note(found.right, found.contradicted)),
        ]  # fmt: skip
    return figures


def _prose() -> tuple[int, int, int]:
    from geobench_tools.reasoning import TraceFacts

    facts = TraceFacts(lat=45.764, lon=4.8357)
    words = claims = contradicted = 0
    for text in _documentation():
        words += len(text.split())
        checked = check_trace(text, facts, OPTIONS)
        claims += len(checked.claims)
        contradicted += len(checked.contradictions)
    return words, claims, contradicted


def _documentation() -> list[str]:
    """Return licences and the documentation strings of the standard library."""
    licences = sorted(Path("/usr/share/common-licenses").glob("*"))
    texts = [path.read_text("utf-8", "replace") for path in licences if path.is_file()]
    stdlib = Path(sysconfig.get_path("stdlib"))
    for source in sorted(stdlib.glob("*.py")):
        tree = ast.parse(source.read_text("utf-8", "replace"))
        nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        found = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, nodes)]
        texts.append("\n\n".join(doc for doc in found if doc))
    return texts


def _load_s() -> float:
    import subprocess

    code = (
        "import time\nfrom geobench_tools.reasoning import TraceFacts, check_trace\n"
        "s = time.process_time()\n"
        "check_trace('The photo shows Lyon, France.', TraceFacts(lat=45.76, lon=4.84))\n"
        "print(time.process_time() - s)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _rate(passages: list[Passage]) -> float:
    for passage in passages:
        check_trace(passage.text, passage.facts, OPTIONS)
    started, count = time.process_time(), 0
    while time.process_time() - started < 3.0:
        for passage in passages:
            check_trace(passage.text, passage.facts, OPTIONS)
        count += len(passages)
    return count / (time.process_time() - started)
