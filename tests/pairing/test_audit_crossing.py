import numpy as np
import pytest

from geobench_tools.pairing._audit.crossing import crossing_pairs, to_boxes


@pytest.mark.parametrize("seed", range(20))
def test_overlaps_agree_with_brute_force(seed):
    rng = np.random.default_rng(seed)
    n = 200
    lon = (rng.choice([179.99, -180, 10]) + rng.uniform(-0.01, 0.01, n) + 180) % 360 - 180
    lat = rng.choice([-89.99, 0, 60]) + rng.uniform(-0.005, 0.01, n)
    width = rng.uniform(0, rng.choice([0.0002, 0.002]), n)
    boxes = to_boxes(lon, lat, width, rng.uniform(0, 0.001, n))
    first, second = np.sort(rng.permutation(n)).reshape(2, -1)
    turn = 3_600_000_000
    a, b = boxes[first, None].astype(np.int64), boxes[None, second].astype(np.int64)
    east, north = b[..., 0] - a[..., 0], b[..., 1] - a[..., 1]
    want = ((east % turn < a[..., 2]) | (-east % turn < b[..., 2])) & (north < a[..., 3])
    want &= (-north < b[..., 3]) & (a[..., 2:] > 0).all(-1) & (b[..., 2:] > 0).all(-1)
    found = crossing_pairs(boxes, first, second, limit=10**9)
    expected = np.argwhere(want)
    assert len(expected)
    assert set(map(tuple, found.tolist())) == {(int(first[i]), int(second[j])) for i, j in expected}


def test_tiles_that_share_a_border_do_not_overlap():
    edges = 13.0 + 0.00137329101 * np.arange(200)
    west, height = edges[:-1], np.full(199, 0.001)
    boxes = to_boxes(west, np.full(199, 52.0), np.diff(edges), height)
    assert not len(crossing_pairs(boxes, np.arange(0, 199, 2), np.arange(1, 199, 2)))
