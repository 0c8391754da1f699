"""A pairing set on disk: the folder that ``build-pairs`` writes and everything else reads.

    pairs/
      train/ val/ test/   part-00000.parquet …     questions, schema below
      views/satellite/ views/ground/  part-*.parquet   every view that a question names
      manifest.json  audit.json  card.md  map.html

Part files are named by partition; their rows, taken in the order of the names, are the same for any
number of partitions. A question is named by (ground_id, rotation).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.provenance import Manifest, read_manifest

__all__ = ["LETTERS", "SPLITS", "PairingSet", "open_pairs", "question_schema"]

SPLITS = ("train", "val", "test")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MANIFEST_KIND = "pairing-set"
_BATCH_ROWS = 2048
_AGAIN = "build the pairs again"
_IMAGE_COLUMNS = ("ground_image", "candidate_images")


def question_schema() -> Any:
    """Return the Arrow schema of the questions of a pairing set.

    ``candidate_ids`` has K entries in the order shown to the model; ``answer_index`` is the 0-based
    place of the right one, ``answer`` its letter. ``min_separation_m`` and ``max_separation_m`` are
    the smallest and largest distance between two candidates' centres, ``camera_distance_m`` from
    the camera to the right tile's centre, ``negative_distance_m`` to the nearest wrong one's.
    ``clique_id`` is shared by the K (or K x m) questions of a clique and unique to each question of
    the other samplers; ``cell`` is the H3 cell of the clique (of the camera for other samplers);
    ``split_cell`` the index parent by which it was split.
    """
    import pyarrow as pa

    return pa.schema(
        [
            ("ground_id", pa.string()),
            ("rotation", pa.int8()),
            ("candidate_ids", pa.list_(pa.string())),
            ("answer_index", pa.int8()),
            ("answer", pa.string()),
            ("clique_id", pa.uint64()),
            ("cell", pa.uint64()),
            ("split_cell", pa.uint64()),
            ("min_separation_m", pa.float32()),
            ("max_separation_m", pa.float32()),
            ("camera_distance_m", pa.float32()),
            ("negative_distance_m", pa.float32()),
            ("ground_image", pa.string()),
            ("candidate_images", pa.list_(pa.string())),
        ]
    )


@dataclass(frozen=True)
class PairingSet:
    """A pairing set that is open for reading.

    Attributes:
        folder: Where it lies.
        manifest: Parameters, inputs and counts. ``manifest.parameters`` has ``k``, ``seed``,
            ``sampler``, ``min_separation_m``, ``gps_error_m`` and ``image_roots`` (``ground`` and
            ``satellite``: folders that image paths are relative to, themselves relative to
            ``folder``, or null).
    """

    folder: Path
    manifest: Manifest

    @property
    def k(self) -> int:
        """Number of candidates of each question."""
        return int(self.manifest.parameters["k"])

    def parts(self, split: str) -> list[Path]:
        """Return the part files of a split in row order; empty if the split is empty."""
        return sorted((self.folder / split).glob("part-*.parquet"))

    def questions(self, split: str) -> Any:
        """Return all questions of a split as one ``pyarrow.Table``."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        tables = [pq.read_table(part) for part in self.parts(split)]
        return pa.concat_tables(tables) if tables else question_schema().empty_table()

    def count(self, split: str) -> int:
        """Return the number of questions of a split without reading them.

        Raises:
            InputError: A part is not a Parquet file.
        """
        total = 0
        for part in self.parts(split):
            with _opened(part) as file:
                total += file.metadata.num_rows
        return total

    def iter_questions(self, split: str) -> Iterator[dict[str, Any]]:
        """Yield the questions of a split as dictionaries, reading part by part."""
        for batch in self.question_batches(split):
            yield from batch.to_pylist()

    def question_batches(
        self, split: str, columns: Sequence[str] | None = None, *, rows: int = _BATCH_ROWS
    ) -> Iterator[Any]:
        """Yield the questions of a split as record batches of at most ``rows`` rows.

        The two image columns are absent where the set has no images.

        Raises:
            InputError: A part is not a Parquet file or lacks a column.
        """
        for part in self.parts(split):
            yield from _batches(part, columns or question_schema().names, _IMAGE_COLUMNS, rows)

    def view_batches(
        self, kind: str, columns: Sequence[str], *, rows: int = _BATCH_ROWS
    ) -> Iterator[Any]:
        """Yield those of the named columns that a kind's used views have, as record batches.

        Raises:
            InputError: A part is not a Parquet file.
        """
        for part in sorted((self.folder / "views" / kind).glob("part-*.parquet")):
            yield from _batches(part, columns, columns, rows)

    def views(self, kind: str) -> Any:
        """Return the used views of a kind as one ``pyarrow.Table`` (columns of the view schema)."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        parts = sorted((self.folder / "views" / kind).glob("part-*.parquet"))
        return pa.concat_tables([pq.read_table(part) for part in parts])

    def image_root(self, kind: str) -> Path | None:
        """Return the folder that the image paths of a kind are relative to."""
        root = (self.manifest.parameters.get("image_roots") or {}).get(kind)
        return (self.folder / root).resolve() if root else None


def _batches(
    part: Path, columns: Sequence[str], optional: Sequence[str], rows: int
) -> Iterator[Any]:
    with _opened(part) as file:
        present = [name for name in columns if name in file.schema_arrow.names]
        if missing := sorted(set(columns) - set(present) - set(optional)):
            raise InputError(f"{part} has no column {', '.join(missing)}", hint=_AGAIN)
        yield from file.iter_batches(batch_size=rows, columns=present)


@contextmanager
def _opened(part: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(part) as file:
            yield file
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{part} cannot be read: {error}", hint=_AGAIN) from None


def open_pairs(folder: Path) -> PairingSet:
    """Open a pairing set.

    Raises:
        InputError: The folder is missing or holds no finished pairing set.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder", hint=f"geor1 build-pairs -o {folder}")
    return PairingSet(folder, read_manifest(folder / "manifest.json", MANIFEST_KIND))
