"""The summary of a set, against counts made the plain way."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_set import edit_manifest, write_set

from geobench_tools.errors import InputError
from geobench_tools.pairing import SPLITS, summarise
from geobench_tools.pairing._stats import DISTANCES


@pytest.fixture
def pairs(tmp_path):
    return write_set(tmp_path, cliques={"train": 7, "test": 2}, rotations=True, images=False)


def test_counts(pairs):
    stats = summarise(pairs)
    assert stats.questions == {"train": 28, "test": 32}
    assert stats.cameras == {"train": 28, "test": 8}
    assert stats.cliques == {"train": 7, "test": 2}
    rows = {split: pairs.questions(split).to_pylist() for split in SPLITS}
    for split, cells in stats.cells.items():
        assert cells == len({row["cell"] for row in rows[split]})
    assert stats.resolutions == {7: 9}
    assert stats.letters["train"] == dict.fromkeys("ABCD", 7)
    assert stats.letters["test"] == dict.fromkeys("ABCD", 8)
    assert sum(stats.places.values()) == 36
    assert list(stats.places.values()) == sorted(stats.places.values(), reverse=True)
    assert stats.providers == {"ground": {"walkers": 36}, "satellite": {"aerial": 36}}


def test_totals_add_up(pairs):
    totals = summarise(pairs).totals
    assert totals["ground"].read == 36 + 12
    assert list(totals["ground"].dropped.items()) == [
        ("no tile shows it", 9),
        ("its tile is in no clique", 3),
    ]
    assert totals["ground"].add_up
    assert totals["satellite"].add_up
    changed = summarise(edit_manifest(pairs, counts={"ground_read": 47}))
    assert changed.totals["ground"].add_up is False
    assert changed.totals["satellite"].add_up is None


def test_periods(pairs):
    periods = summarise(pairs).periods
    assert periods["ground"].known == 36
    assert periods["ground"].years == {2022: 36}
    assert periods["satellite"].first.isoformat() == "2020-09-13T12:26:40+00:00"
    assert (periods["satellite"].last - periods["satellite"].first).days == 8


def test_views_without_optional_columns(pairs):
    for part in (pairs.folder / "views" / "ground").glob("*.parquet"):
        table = pq.read_table(part)
        pq.write_table(table.drop_columns(["captured_at", "place", "provider"]), part)
    stats = summarise(pairs)
    assert stats.places == {"": 36}
    assert stats.periods["ground"].missing == 36
    assert stats.periods["ground"].first is None


def with_lengths(pairs, values):
    """Replace all distances of the training questions."""
    (part,) = pairs.parts("train")
    table = pq.read_table(part)
    table = table.take(pa.array(np.zeros(len(values), int)))
    for name in DISTANCES:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, pa.array(values, pa.float32()))
    pq.write_table(table, part, row_group_size=1000)
    return pairs


@pytest.mark.parametrize("shape", ["lognormal", "uniform", "same", "far"])
def test_distances_are_those_of_numpy(tmp_path, shape):
    rng = np.random.default_rng(1)
    values = {
        "lognormal": rng.lognormal(6.5, 0.5, 20_001),
        "uniform": rng.uniform(0, 2000, 20_001),
        "same": np.full(501, 152.0),
        "far": rng.uniform(1e6, 2e7, 5001),
    }[shape].astype(np.float32)
    pairs = write_set(tmp_path, cliques={"train": 1}, images=False)
    stats = summarise(with_lengths(pairs, values))
    lengths = stats.distances["negative_distance_m"]
    assert lengths.count == len(values)
    assert (lengths.least, lengths.greatest) == (values.min(), values.max())
    assert lengths.mean == pytest.approx(values.mean(dtype=float))
    for share, value in lengths.quantiles.items():
        exact = np.quantile(values, share, method="inverted_cdf")
        assert value == pytest.approx(exact, rel=7e-4)
    assert sum(lengths.bars) + lengths.beyond == len(values)
    assert len(lengths.bars) <= 41
    exact = np.histogram(values, lengths.edges)[0]
    assert np.abs(np.array(lengths.bars) - exact).max() <= 0.02 * len(values)
    for metres, share in stats.within.items():
        assert share == pytest.approx((values <= metres).mean(), abs=2e-3)


def test_a_long_tail_does_not_flatten_the_histogram(tmp_path):
    values = np.r_[np.full(999, 500.0), 2e7].astype(np.float32)
    pairs = write_set(tmp_path, cliques={"train": 1}, images=False)
    lengths = summarise(with_lengths(pairs, values)).distances["camera_distance_m"]
    assert lengths.edges[-1] < 1000
    assert lengths.beyond == 1
    assert lengths.greatest == 2e7


def test_missing_and_zero_distances(tmp_path):
    values = np.array([np.nan, 0.0, 100.0], np.float32)
    pairs = write_set(tmp_path, cliques={"train": 1}, images=False)
    lengths = summarise(with_lengths(pairs, values)).distances["camera_distance_m"]
    assert (lengths.count, lengths.missing, lengths.least) == (2, 1, 0.0)


def test_part_files_do_not_matter(tmp_path):
    one, three = (
        summarise(write_set(tmp_path / str(parts), parts=parts, images=False)) for parts in (1, 3)
    )
    assert one == three


def test_an_empty_set(tmp_path):
    stats = summarise(write_set(tmp_path, cliques={}, images=False))
    assert stats.questions == stats.cliques == stats.resolutions == stats.places == {}
    assert stats.distances["camera_distance_m"].count == 0
    assert json.dumps(stats.document(), allow_nan=False)


def test_the_document_is_json(pairs):
    document = json.loads(json.dumps(summarise(pairs).document(), allow_nan=False))
    assert document["totals"]["ground"]["add_up"] is True
    assert document["distances"]["camera_distance_m"]["quantiles"]["0.5"] > 0


def test_a_broken_part_is_named(pairs):
    (part,) = pairs.parts("test")
    part.write_bytes(b"PAR1")
    with pytest.raises(InputError, match=str(part)):
        summarise(pairs)
