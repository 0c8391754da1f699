import pytest
from make_views import save, town_views

from geobench_tools.pairing import BuildJob, PairOptions, build_pairs, fit_split


@pytest.fixture(scope="module")
def few_places(tmp_path_factory):
    """2,000 views of four compact towns: a handful of cells of resolution 6."""
    tables = town_views(2000, sigma_m=1_500.0, width_m=60.0)
    return save(tmp_path_factory.mktemp("few"), *tables)


def shares(views, options, folder):
    pairs = build_pairs(BuildJob(*views, folder, options))
    return [pairs.count(name) for name in ("train", "val", "test")]


def test_few_places_are_split_in_smaller_cells_so_that_no_split_is_empty(few_places, tmp_path):
    ground, _ = few_places
    chosen = {seed: fit_split(PairOptions(seed=seed), ground) for seed in range(12)}
    finer = [seed for seed, made in chosen.items() if made.split_resolution == 7]
    assert len(finer) >= 6
    assert {made.split_resolution for made in chosen.values()} <= {6, 7}
    before = shares(few_places, PairOptions(seed=finer[0]), tmp_path / "before")
    after = shares(few_places, chosen[finer[0]], tmp_path / "after")
    assert min(before) < min(after)


@pytest.mark.parametrize(
    "options",
    [
        PairOptions(split_resolution=5),
        PairOptions(split=(1.0, 0.0, 0.0)),
        PairOptions(split=(0.0, 0.0, 1.0)),
    ],
)
def test_what_the_user_says_or_cannot_fail_is_kept(few_places, options):
    ground, _ = few_places
    assert fit_split(options, ground) == options.resolved()


def test_only_ground_views_count(few_places, tmp_path):
    """One table may hold both kinds; tiles that nobody stands in would drown the rest."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ground, satellite = few_places
    both = pa.concat_tables(
        [pq.read_table(path, columns=["kind", "lat", "lon"]) for path in (ground, satellite)]
    )
    far = both.set_column(1, "lat", pa.array([10.0] * both.num_rows)).filter(
        pa.compute.equal(both["kind"], "satellite")
    )
    pq.write_table(pa.concat_tables([both, far]), tmp_path / "both.parquet")
    for seed in range(6):
        options = PairOptions(seed=seed)
        assert fit_split(options, tmp_path / "both.parquet") == fit_split(options, ground)
