import numpy as np
import pyarrow.parquet as pq
import pytest

from geobench_tools.errors import InputError
from geobench_tools.pairing import BuildJob, OracleOptions, PairOptions, ask_oracle, build_pairs
from geobench_tools.world import Oracle, WorldSpec, render_world


def make_pairs(folder, **spec):
    render_world(WorldSpec(towns=4, views=64, **spec), folder / "world")
    tables = (folder / "world" / f"{kind}.parquet" for kind in ("ground", "satellite"))
    options = PairOptions(split=(1.0, 0.0, 0.0))
    return build_pairs(BuildJob(*tables, folder / "pairs", options))


@pytest.fixture(scope="module")
def normal(tmp_path_factory):
    return make_pairs(tmp_path_factory.mktemp("normal"), heading="random")


@pytest.fixture(scope="module")
def null(tmp_path_factory):
    return make_pairs(tmp_path_factory.mktemp("null"), flatten=True)


def test_the_oracle_solves_the_normal_world_far_above_chance(normal):
    report = ask_oracle(normal)
    assert report.questions >= 48
    assert report.unreadable == 0
    assert report.accuracy.value > 0.75
    assert report.accuracy.low > 0.6
    assert report.leak.low > 0.4


def test_without_the_heading_a_turned_panorama_fits_no_tile_laid_north_up(normal):
    untold = ask_oracle(normal, OracleOptions(use_heading=False, max_sets=15))
    assert untold.accuracy.value < 0.6


def test_the_null_world_leaves_the_oracle_at_chance(null):
    report = ask_oracle(null)
    # Four binomial standard errors.
    assert abs(report.accuracy.value - 0.25) < 4 * (0.25 * 0.75 / report.questions) ** 0.5
    assert report.accuracy.low <= 0.25
    assert report.leak.value < 0.05


def test_an_image_that_cannot_be_read_makes_its_questions_guesses(null):
    table = null.questions("train")
    lost = table["candidate_images"][0].as_py()[0]
    file = null.image_root("satellite") / lost
    kept = file.read_bytes()
    file.write_bytes(b"not an image")
    try:
        assert ask_oracle(null).unreadable == 4
    finally:
        file.write_bytes(kept)


def test_a_set_without_images_is_refused(null, tmp_path):
    for part in null.parts("train"):
        (tmp_path / "train").mkdir(exist_ok=True)
        columns = ["ground_image", "candidate_images"]
        pq.write_table(pq.read_table(part).drop_columns(columns), tmp_path / "train" / part.name)
    for name in ("views", "manifest.json"):
        (tmp_path / name).symlink_to(null.folder / name)
    with pytest.raises(InputError, match="no images"):
        ask_oracle(type(null)(tmp_path, null.manifest))


def pictures():
    """A panorama and a tile of one invented crossing, seen from the tile's centre."""
    rng = np.random.default_rng(3)
    tile = np.full((256, 256, 3), (90, 120, 70), np.uint8)
    tile[:, 118:142] = (95, 95, 97)
    tile[150:166] = (95, 95, 97)
    for row, column in rng.integers(0, 230, (25, 2)):
        tile[row : row + 24, column : column + 18] = rng.integers(40, 220, 3)
    ground = np.full((256, 512, 3), (150, 180, 230), np.uint8)
    elevation = (np.arange(129, 256) + 0.5 - 128) / 256 * np.pi
    distance = 2.5 / np.tan(elevation)
    azimuth = np.radians((np.arange(512) + 0.5) * 360 / 512 - 180)
    column = ((distance[:, None] * np.sin(azimuth) / 128 + 0.5) * 256).astype(int)
    row = ((0.5 - distance[:, None] * np.cos(azimuth) / 128) * 256).astype(int)
    ground[129:] = tile[np.clip(row, 0, 255), np.clip(column, 0, 255)]
    return ground, tile


def test_score_is_high_for_the_same_place_and_low_for_its_mirror_image():
    oracle = Oracle()
    ground, tile = pictures()
    seen = oracle.read_ground(ground)
    same = oracle.score(seen, oracle.read_tile(tile))
    mirrored = oracle.score(seen, oracle.read_tile(np.ascontiguousarray(tile[:, ::-1])))
    assert same > 0.5
    assert mirrored < same - 0.3


def test_score_is_the_same_for_another_white_balance_and_exposure():
    oracle = Oracle()
    ground, tile = pictures()
    before = oracle.score(oracle.read_ground(ground), oracle.read_tile(tile))
    tinted = (tile * np.array([0.8, 0.75, 0.6])).astype(np.uint8)
    after = oracle.score(oracle.read_ground(ground), oracle.read_tile(tinted))
    assert after == pytest.approx(before, abs=0.08)


def test_any_heading_is_blind_to_the_direction_of_the_panorama():
    oracle = Oracle(any_heading=True)
    ground, tile = pictures()
    read = oracle.read_tile(tile)
    scores = [oracle.score(oracle.read_ground(np.roll(ground, s, 1)), read) for s in (0, 100, 256)]
    assert scores == pytest.approx([scores[0]] * 3, abs=1e-4)
    assert scores[0] == pytest.approx(Oracle().score(Oracle().read_ground(ground), read), abs=0.05)
