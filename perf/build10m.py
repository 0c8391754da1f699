"""The builder on 10M tiles, against bare reading and writing of the same files.

The peer is pyarrow in one process: it reads the two input files row group by row group and writes
every Parquet file of the finished set again, with the same row groups, dictionaries and codec. It
must read the set in order to write it; that time is not counted.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from perf.build import build_alone
from perf.runner import OUT, Figure, measure, towns

SMALL, LARGE = 1_000_000, 10_000_000


def run() -> list[Figure]:
    """Measure the command at both sizes and bare input and output at the larger."""
    small, large = build_alone(SMALL), build_alone(LARGE)
    folder = OUT / f"alone-{LARGE}"
    bare = measure(sys.executable, "-m", "perf.build10m", *towns(LARGE), folder)
    uncounted = json.loads(bare.stdout)["uncounted_cpu_s"]
    bare_cpu = bare.cpu_s - uncounted
    growth = large.cpu_s / small.cpu_s / (LARGE / SMALL)
    return [
        Figure("builder, 10M tiles: CPU", large.cpu_s, "s"),
        Figure("builder, 10M tiles: wall", large.wall_s, "s"),
        Figure("builder, 10M tiles: peak memory", large.peak_gb, "GB", at_most=1.2),
        Figure("pyarrow, bare read and write of the same files: CPU", bare_cpu, "s"),
        Figure("builder CPU / bare read and write CPU", large.cpu_s / bare_cpu, "x", 3.0),
        Figure("CPU per tile at 10M / at 1M", growth, "x"),
    ]


def bare(inputs: list[Path], folder: Path) -> None:
    """Read the inputs, write the set's files again, print the CPU seconds that do not count."""
    import pyarrow.parquet as pq

    for path in inputs:
        file = pq.ParquetFile(path)
        for number in range(file.num_row_groups):
            file.read_row_group(number)
    uncounted = 0.0
    copy = OUT / "copy.parquet"
    for path in sorted(folder.rglob("*.parquet")):
        file = pq.ParquetFile(path)
        chunks = [file.metadata.row_group(0).column(i) for i in range(file.metadata.num_columns)]
        dictionary = [chunk.path_in_schema for chunk in chunks if chunk.has_dictionary_page]
        layout: dict[str, Any] = {
            "compression": chunks[0].compression,
            "use_dictionary": dictionary,
        }
        with pq.ParquetWriter(copy, file.schema_arrow, **layout) as writer:
            for number in range(file.num_row_groups):
                started = time.process_time()
                table = file.read_row_group(number)
                uncounted += time.process_time() - started
                writer.write_table(table, row_group_size=len(table))
    copy.unlink(missing_ok=True)
    print(json.dumps({"uncounted_cpu_s": uncounted}))


if __name__ == "__main__":
    *files, last = map(Path, sys.argv[1:])
    bare(files, last)
