import numpy as np
import pytest

from geobench_tools import geo
from geobench_tools.pairing._splits import PartitionLabeller
from geobench_tools.pairing._squares import reached_partitions, square_partitions

LABEL = PartitionLabeller(7, 5)


@pytest.mark.parametrize(
    ("lat", "lon"), [(47.0, 8.0), (-16.5, 179.999), (0.0, 0.0), (88.7, 20.0), (-89.99, -120.0)]
)
@pytest.mark.parametrize("reach", [0.0, 50.0, 900.0, 8_000.0, 60_000.0])
def test_a_disc_reaches_every_partition_that_a_camera_in_it_is_dealt_to(lat, lon, reach):
    rng = np.random.default_rng(1)
    lats = np.clip(lat + rng.normal(0, 0.2, 200), -90, 90)
    lons = geo.wrap_longitude(lon + rng.normal(0, 0.2, 200))
    rows, labels = reached_partitions(lats, lons, np.full(200, reach), LABEL, own=3)
    found = set(zip(rows.tolist(), labels.tolist(), strict=True))
    assert 3 not in labels
    assert len(found) == len(rows)
    for turn in np.arange(0.0, 360.0, 11.25):
        for share in (0.0, 0.5, 1.0):
            there = geo.destination(lats, lons, turn, np.full(200, reach * share))
            met = square_partitions(*there, LABEL)
            met_rows = np.flatnonzero(met != 3)
            assert found >= set(zip(met_rows.tolist(), met[met_rows].tolist(), strict=True))


def test_a_small_disc_reaches_few_partitions_and_a_wide_one_all():
    rng = np.random.default_rng(2)
    lats, lons = 47 + rng.normal(0, 0.2, 500), 8 + rng.normal(0, 0.2, 500)
    own = square_partitions(lats, lons, LABEL)
    reached = [
        [len(reached_partitions(lats[[i]], lons[[i]], np.array([reach]), LABEL, own[i])[0])
         for i in range(500)]
        for reach in (50.0, 90_000.0)
    ]  # fmt: skip
    assert np.mean(reached[0]) < 0.1
    assert set(reached[1]) == {6}


def test_cameras_at_the_ends_of_the_map_have_a_square():
    lats, lons = np.array([90.0, -90.0, 0.0, 0.0]), np.array([0.0, 0.0, 180.0, -180.0])
    labels = square_partitions(lats, lons, LABEL)
    assert labels[2] == labels[3]
    assert ((labels >= 0) & (labels < 7)).all()
