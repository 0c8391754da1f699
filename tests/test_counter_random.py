import numpy as np
import pyarrow as pa

from geobench_tools.counter_random import hash_strings, mix, uniform


def test_hash_is_fixed_for_ever():
    got = hash_strings(["", "a", "b", "tile-18-140813-85977", "ü"])
    assert [f"{v:016x}" for v in got] == [
        "e220a8397b1dcdaf",
        "5e025f9ade9eaf3e",
        "3660084f17fd793a",
        "d920ca91da01742b",
        "0419b1ff58b92ca0",
    ]


def test_hash_does_not_depend_on_chunks_or_type():
    names = [f"view {i % 977} {'x' * (i % 29)}" for i in range(3000)]
    whole = hash_strings(names)
    assert len(np.unique(whole)) == len(set(names))
    chunked = pa.chunked_array([names[:7], names[7:7], names[7:]])
    np.testing.assert_array_equal(hash_strings(chunked), whole)
    np.testing.assert_array_equal(hash_strings(pa.array(names, pa.large_string())), whole)
    np.testing.assert_array_equal(hash_strings(pa.array(names)[5:90]), whole[5:90])


def test_zero_padding_does_not_collide():
    got = hash_strings(["a", "a\0", "a\0\0\0\0\0\0\0", "a\0\0\0\0\0\0\0\0"])
    assert len(set(got.tolist())) == 4


def test_uniform_is_uniform_and_depends_on_every_key():
    draws = uniform(7, np.arange(100_000), 3)
    counts = np.histogram(draws, 50, (0, 1))[0]
    assert ((counts - 2000) ** 2 / 2000).sum() < 90
    assert not np.array_equal(draws, uniform(8, np.arange(100_000), 3))
    assert not np.array_equal(mix(1, 2), mix(2, 1))


def test_integers_of_any_size_are_keys():
    assert uniform(-3) == uniform(2**64 - 3) == uniform(np.int64(-3)) == uniform(2**70 - 3)
    assert uniform(2**64 + 5, 1) == uniform(5, 1) != uniform(6, 1)
