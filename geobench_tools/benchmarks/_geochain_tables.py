"""GeoChain's further tables: by question, names, difficulty and city."""

import numpy as np
import numpy.typing as npt

from geobench_tools.answers import Reading, read_with
from geobench_tools.benchmarks._geochain_marked import Marked
from geobench_tools.evaluation import Breakdown, Items, accuracy_rows
from geobench_tools.models import JSON

__all__ = ["geochain_tables"]

Floats = npt.NDArray[np.float64]

_BY_NAME = {"country", "state", "city"}


def geochain_tables(marked: Marked, items: Items, majority: Floats) -> list[Breakdown]:
    """Return the tables; ``majority`` is what each question's commonest answer scores."""
    made = [_by_question(marked, items, majority)]
    named = [rows for rows in marked.by_question().values() if marked.kinds[rows[0]] in _BY_NAME]
    if named:
        header = ("question", "n", "accuracy with aliases", "accuracy by plain equality")
        table = tuple(
            (
                marked.records[rows[0]].task,
                len(rows),
                float(marked.right[rows].mean()),
                sum(_plain(marked.records[i].text) == _folded(marked.truth(i)) for i in rows)
                / len(rows),
            )
            for rows in named
        )
        made.append(Breakdown("Names: with aliases, and by plain equality", header, table))
    header = ("n", "accuracy", "95 % low", "95 % high")
    for title, key in (("locatability", "difficulty"), ("city", "place")):
        labels = [str(record.metadata.get(key, "")) for record in marked.records]
        if len(set(labels) - {""}) > 1:
            shown = accuracy_rows(labels, marked.right, items)
            made.append(Breakdown(f"Pass Score, by {title}", (title, *header), shown))
    return made


def _by_question(marked: Marked, items: Items, majority: Floats) -> Breakdown:
    labels = [record.task for record in marked.records]
    known = {str(row[0]): row for row in accuracy_rows(labels, marked.right, items)}
    weights, closed = marked.weights(), marked.closed()
    total = sum(map(len, closed.values()))
    header = (
        *("question", "n", "accuracy", "95 % low", "95 % high", "share of the commonest"),
        *("accuracy, balanced", "MCC", "share readable"),
    )
    table = []
    for number, rows in marked.by_question().items():
        balanced: JSON = "n/a"
        correlation: JSON = "n/a"
        if number in closed:
            scale = len(closed) * len(rows) / total
            balanced = float((marked.right * weights)[rows].mean() * scale)
            correlation = marked.correlation(rows)
        readable = sum(marked.answers[i] is not None for i in rows) / len(rows)
        figures = known[marked.records[rows[0]].task][1:]
        table.append(
            (
                *(marked.records[rows[0]].task, *figures, float(majority[rows].mean())),
                *(balanced, correlation, readable),
            )
        )
    return Breakdown("By question (n/a: free text, or all truths are alike)", header, tuple(table))


def _plain(text: str) -> str:
    return str(read_with(text, lambda region: Reading(_folded(region), "ok")).value)


def _folded(text: str) -> str:
    return text.strip(" \t\r\n.*\"'`").casefold()
