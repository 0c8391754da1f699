"""Views that are there twice, within one source or across several."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from geobench_tools.views._validate import Checked

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["refuse_duplicates"]

_POSITION = ("kind", "lat", "lon", "captured_at", "heading_deg", "gsd_m")


def refuse_duplicates(sources: Sequence[Checked], *, positions: bool = True) -> None:
    """Refuse views whose id, or whose position and time, an earlier view has.

    Ids must differ within a kind. Views of one kind at one position and time are the same unless
    their heading or GSD differ; where no time is known nothing is said but a note. The first view
    in the order of the sources and their rows stays. Without ``positions`` only ids are compared.
    """
    _refuse(sources, ("kind", "view_id"), "duplicate-id", "the id is that")
    if positions:
        _refuse(sources, _POSITION, "duplicate-view", "the position and time are those")


def _refuse(sources: Sequence[Checked], keys: Sequence[str], kind: str, what: str) -> None:
    import pyarrow as pa

    by_id = kind == "duplicate-id"
    tables = [_keys(at, checked, keys) for at, checked in enumerate(sources) if checked.table]
    if not tables:
        return
    rows = pa.concat_tables(tables)
    repeats: dict[int, dict[int, tuple[int, int]]] = {}
    for group in _groups(rows, keys):
        first, *others = sorted((rows["source"][i].as_py(), rows["row"][i].as_py()) for i in group)
        for at, row in others:
            repeats.setdefault(at, {})[row] = first
    for at, found in repeats.items():
        checked = sources[at]
        if checked.table is None:
            continue
        where = np.zeros(checked.table.num_rows, bool)
        where[list(found)] = True
        if not by_id and "captured_at" in checked.table.column_names:
            timed = checked.table["captured_at"].is_valid().to_numpy()
        else:
            timed = np.full(len(where), by_id)
        note = "views at a position that another view has, of unknown time"
        checked.findings.note(note, (where & ~timed).sum())
        messages = [""] * len(where)
        values = [""] * len(where)
        for row, (other, earlier) in found.items():
            here, _ = checked.findings.place(row)
            file, number = sources[other].findings.place(earlier)
            place = (
                file if not number else f"row {number}" if file == here else f"{file} row {number}"
            )
            messages[row] = f"{what} of {place}"
            values[row] = _value(checked.table, row, by_id)
        used = checked.columns.used
        column = used.get("view_id", "") if by_id else used.get("lat", "")
        remedy = "give each view its own id" if by_id else "leave one of the two out"
        checked.findings.refuse(where & timed, kind, column, values, messages, remedy)


def _keys(at: int, checked: Checked, keys: Sequence[str]) -> "pa.Table":
    import pyarrow as pa

    from geobench_tools.views._schema import view_schema

    rows = np.flatnonzero(~checked.findings.bad)
    table = checked.table.take(rows) if checked.table is not None else None
    schema = view_schema()
    columns = {
        key: table[key]
        if table is not None and key in table.column_names
        else pa.nulls(len(rows), schema.field(key).type)
        for key in keys
    }
    return pa.table({**columns, "source": np.full(len(rows), at), "row": rows})


def _groups(rows: "pa.Table", keys: Sequence[str]) -> Iterator[list[int]]:
    """Yield the row numbers of each group of two or more with equal keys."""
    import pyarrow.compute as pc

    numbered = rows.select(keys).append_column("at", [np.arange(rows.num_rows)])
    groups = numbered.group_by(list(keys), use_threads=False).aggregate([("at", "list")])
    if groups.num_rows == rows.num_rows:
        return
    members = groups["at_list"].filter(pc.greater(pc.list_value_length(groups["at_list"]), 1))
    yield from members.to_pylist()


def _value(table: "pa.Table", row: int, by_id: bool) -> str:
    if by_id:
        return str(table["view_id"][row].as_py())
    return f"{table['lat'][row].as_py():.6f}, {table['lon'][row].as_py():.6f}"
