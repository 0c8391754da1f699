"""Views that are there twice, within one source or across several."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from geobench_tools.views._rows import ID, POSITION
from geobench_tools.views._schema import view_schema
from geobench_tools.views._validate import Checked

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["refuse_duplicates"]


def refuse_duplicates(sources: Sequence[Checked], *, positions: bool = True) -> None:
    """Refuse views whose id, or whose position and time, an earlier view has.

    Ids must differ within a kind. Views of one kind at one position and time are the same unless
    their heading or GSD differ; where no time is known nothing is said but a note. The first view
    in the order of the sources and their rows stays. Without ``positions`` only ids are compared.
    """
    _refuse(sources, ID)
    if positions:
        _refuse(sources, POSITION)


def _refuse(sources: Sequence[Checked], keys: Sequence[str]) -> None:
    by_id = keys == ID
    rows = _candidates(sources, keys)
    groups = _groups(rows, keys) if rows is not None else []
    if rows is None or not groups:
        return
    source, number = rows["source"].to_numpy(), rows["row"].to_numpy()
    repeats: dict[int, dict[int, int]] = {}
    for first, *others in groups:
        for other in others:
            repeats.setdefault(int(source[other]), {})[other] = first
    for at, found in repeats.items():
        store = sources[at].rows
        findings, used = sources[at].findings, sources[at].columns.used
        where = np.zeros(len(findings.bad), bool)
        messages: dict[int, str] = {}
        values: dict[int, str] = {}
        for other, first in found.items():
            row = int(number[other])
            if not (by_id or rows["captured_at"][other].is_valid):
                continue
            where[row] = True
            here, _ = findings.place(row)
            file, line = sources[int(source[first])].findings.place(int(number[first]))
            place = file if not line else f"row {line}" if file == here else f"{file} row {line}"
            what = "the id is that" if by_id else "the position and time are those"
            messages[row] = f"{what} of {place}"
            values[row] = _value(rows, other, by_id)
        untimed = len(found) - len(messages)
        findings.note("views at a position that another view has, of unknown time", untimed)
        kind, column = ("duplicate-id", "view_id") if by_id else ("duplicate-view", "lat")
        remedy = "give each view its own id" if by_id else "leave one of the two out"
        findings.refuse(where, kind, used.get(column, ""), values, messages, remedy)
        findings.settle()
        if messages and store is not None:
            store.drop(findings.bad)


def _candidates(sources: Sequence[Checked], keys: Sequence[str]) -> "pa.Table | None":
    """Return the rows whose hash another row has, in the order of the sources."""
    import pyarrow as pa

    stores = [(at, source.rows) for at, source in enumerate(sources) if source.rows is not None]
    hashes = [store.hashes(keys) for _, store in stores]
    ordered = np.sort(np.concatenate([np.zeros(0, np.uint64), *hashes]))
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return None
    schema = view_schema()
    tables = []
    for (at, store), words in zip(stores, hashes, strict=True):
        hit = twice[np.minimum(np.searchsorted(twice, words), len(twice) - 1)] == words
        done = 0
        for numbers, batch in store.read(keys):
            which = np.flatnonzero(hit[done : done + len(numbers)])
            done += len(numbers)
            which = which[~sources[at].findings.bad[numbers[which]]]
            taken = {name: batch[name].take(which) for name in batch.schema.names}
            columns = {
                key: taken.get(key, pa.nulls(len(which), schema.field(key).type)) for key in keys
            }
            whence = {"source": np.full(len(which), at), "row": numbers[which]}
            tables.append(pa.table({**columns, **whence}))
    return pa.concat_tables(tables)


def _groups(rows: "pa.Table", keys: Sequence[str]) -> list[list[int]]:
    """Return the places of each group of two or more rows with equal keys."""
    import pyarrow.compute as pc

    numbered = rows.select(keys).append_column("at", [np.arange(rows.num_rows)])
    groups = numbered.group_by(list(keys), use_threads=False).aggregate([("at", "list")])
    members = groups["at_list"].filter(pc.greater(pc.list_value_length(groups["at_list"]), 1))
    return [sorted(group) for group in members.to_pylist()]


def _value(rows: "pa.Table", at: int, by_id: bool) -> str:
    if by_id:
        return str(rows["view_id"][at].as_py())
    return f"{rows['lat'][at].as_py():.6f}, {rows['lon'][at].as_py():.6f}"
