import numpy as np
import pytest

from geobench_tools.pairing._arrays import argsort_pairs, find


@pytest.mark.parametrize("ranks", [1, 2, 1000, 1 << 40, 1 << 62])
@pytest.mark.parametrize("shared_bits", [0, 50])
def test_pairs_are_sorted_as_by_lexsort(ranks, shared_bits):
    rng = np.random.default_rng(0)
    rank = rng.integers(0, ranks, 2000)
    rank[::3] = rank[0]
    key = rng.integers(0, 1 << 64, 2000, np.uint64) & np.uint64((1 << (64 - shared_bits)) - 1)
    np.testing.assert_array_equal(argsort_pairs(rank, key), np.lexsort((key, rank)))


def test_pairs_that_are_equal_keep_their_order():
    rank, key = np.array([1, 0, 1, 0]), np.array([7, 7, 7, 7], np.uint64)
    np.testing.assert_array_equal(argsort_pairs(rank, key), [1, 3, 0, 2])
    assert len(argsort_pairs(np.zeros(0, np.int64), np.zeros(0, np.uint64))) == 0


def test_wanted_keys_are_found_where_they_are():
    rng = np.random.default_rng(1)
    keys = rng.permutation(rng.integers(0, 1 << 64, 500, np.uint64))
    absent = np.array([0, (1 << 64) - 1], np.uint64)
    wanted = np.concatenate([keys[rng.integers(0, 500, 900)], absent])
    rows = find(keys, wanted)
    np.testing.assert_array_equal(keys[rows[:900]], wanted[:900])
    assert ((rows >= 0) & (rows < 500)).all()
    assert len(find(keys, wanted[:0])) == 0
