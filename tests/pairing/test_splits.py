import numpy as np
import pytest

from geobench_tools import geo
from geobench_tools.pairing._splits import PartitionLabeller, SplitLabeller, touching_labels


def scattered(n, seed, lat=47.0, lon=8.0, sigma_m=12_000.0):
    rng = np.random.default_rng(seed)
    per_lat, per_lon = geo.metres_per_degree(lat)
    lats = lat + rng.normal(0, sigma_m, n) / per_lat
    lons = geo.wrap_longitude(lon + rng.normal(0, sigma_m, n) / per_lon)
    return lats, lons


@pytest.mark.parametrize(
    ("label", "finest", "reach"),
    [
        (SplitLabeller(0, (0.5, 0.3, 0.2), 6), 8, 106.0),
        (SplitLabeller(1, (0.9, 0.05, 0.05), 7), 8, 300.0),
        (PartitionLabeller(7, 4), 8, 1_500.0),
        (SplitLabeller(2, (0.5, 0.3, 0.2), 5), 7, 800.0),
    ],
)
@pytest.mark.parametrize(("lat", "lon"), [(47.0, 8.0), (-16.5, 179.98), (79.0, 20.0)])
def test_every_label_that_a_disc_meets_is_found(label, finest, reach, lat, lon):
    lats, lons = scattered(400, 3, lat, lon)
    cells = geo.encode_cells(lats, lons, finest)
    rows, labels = touching_labels(lats, lons, cells, np.full(400, reach), label, finest)
    found = {(r, v) for r, v in zip(rows.tolist(), labels.tolist(), strict=True)}
    assert 0 < len(found) < 1200
    own = label(cells)
    rng = np.random.default_rng(0)
    for _ in range(60):
        turn, share = rng.uniform(0, 360, 400), np.sqrt(rng.uniform(0, 1, 400))
        there = geo.destination(lats, lons, turn, reach * share)
        met = label(geo.encode_cells(*there, finest))
        for row in np.flatnonzero(met != own).tolist():
            assert (row, met[row]) in found


def test_points_far_from_every_border_touch_nothing():
    lats, lons = scattered(5000, 4)
    label = SplitLabeller(0, (0.5, 0.3, 0.2), 6)
    cells = geo.encode_cells(lats, lons, 8)
    rows, _ = touching_labels(lats, lons, cells, np.full(5000, 100.0), label, 8)
    assert len(np.unique(rows)) < 1000
    far = np.setdiff1d(np.arange(5000), rows)
    for turn in range(0, 360, 15):
        there = geo.destination(lats[far], lons[far], float(turn), 100.0)
        np.testing.assert_array_equal(label(geo.encode_cells(*there, 8)), label(cells[far]))


def test_partitions_are_ranges_of_one_order():
    lats, lons = scattered(3000, 5, sigma_m=400_000.0)
    cells = geo.encode_cells(lats, lons, 8)
    for count in (1, 2, 13, 64):
        label = PartitionLabeller(count, 4)
        order = np.argsort(label.order(cells), kind="stable")
        assert (np.diff(label(cells)[order]) >= 0).all()
        assert label(cells).max() < count
        parents = geo.parent_cells(cells, 4)
        for parent in np.unique(parents):
            assert len(np.unique(label(cells)[parents == parent])) == 1


def test_shares_are_kept_on_many_places():
    lats, lons = scattered(20_000, 6, sigma_m=2_000_000.0)
    cells = np.unique(geo.parent_cells(geo.encode_cells(lats, lons, 8), 6))
    shares = np.bincount(SplitLabeller(9, (0.8, 0.15, 0.05), 6)(cells)) / len(cells)
    np.testing.assert_allclose(shares, [0.8, 0.15, 0.05], atol=0.015)
