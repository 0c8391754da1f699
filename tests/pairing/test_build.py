import json
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from make_views import as_table, save, town_views

from geobench_tools import geo
from geobench_tools.errors import InputError
from geobench_tools.pairing import SPLITS, BuildJob, PairOptions, build_pairs

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def views():
    return town_views(6000)


@pytest.fixture(scope="module")
def paths(views, tmp_path_factory):
    return save(tmp_path_factory.mktemp("views"), *views)


def build(paths, out, executor="local", **options):
    return build_pairs(BuildJob(*paths, out, PairOptions(**options), executor=executor, workers=2))


def rows(pairs):
    return {split: pairs.questions(split).to_pylist() for split in SPLITS}


@pytest.fixture(scope="module")
def pairs(paths, tmp_path_factory):
    return build(paths, tmp_path_factory.mktemp("built") / "pairs")


def test_every_tile_is_right_once_and_wrong_k_minus_1_times(pairs, views):
    truth = dict(zip(*views[0].select(["view_id", "tile_id"]).to_pydict().values(), strict=True))
    for split, questions in rows(pairs).items():
        shown, right = {}, {}
        for q in questions:
            assert truth[q["ground_id"]] == q["candidate_ids"][q["answer_index"]]
            assert q["answer"] == "ABCD"[q["answer_index"]]
            assert len(set(q["candidate_ids"])) == 4
            shown.setdefault(q["clique_id"], []).append(tuple(q["candidate_ids"]))
            right.setdefault(q["clique_id"], []).append(q["answer_index"])
        assert all(len(s) == 4 and len(set(s)) == 1 for s in shown.values()), split
        assert all(sorted(r) == [0, 1, 2, 3] for r in right.values()), split
    assert min(len(q) for q in rows(pairs).values()) >= 60


def test_splits_share_no_tile_and_their_footprints_do_not_touch(pairs):
    box = {v["view_id"]: v["bbox"] for v in pairs.views("satellite").to_pylist()}
    tiles = {
        split: {t for q in questions for t in q["candidate_ids"]}
        for split, questions in rows(pairs).items()
    }
    for a, b in (("train", "val"), ("train", "test"), ("val", "test")):
        assert not tiles[a] & tiles[b]
        left = np.array([list(box[t].values()) for t in tiles[a]])
        right = np.array([list(box[t].values()) for t in tiles[b]])
        for west, south, east, north in right:
            if west > east:
                continue
            crossing = (left[:, 0] < east) & (left[:, 2] > west)
            crossing &= (left[:, 1] < north) & (left[:, 3] > south)
            assert not (crossing & (left[:, 0] < left[:, 2])).any()


def test_recorded_distances_are_true(pairs):
    where = {v["view_id"]: (v["lat"], v["lon"]) for v in pairs.views("satellite").to_pylist()}
    camera = {v["view_id"]: (v["lat"], v["lon"]) for v in pairs.views("ground").to_pylist()}
    for q in rows(pairs)["val"]:
        at = np.array([where[t] for t in q["candidate_ids"]])
        i, j = np.triu_indices(4, 1)
        apart = geo.haversine_m(at[i, 0], at[i, 1], at[j, 0], at[j, 1])
        assert q["min_separation_m"] == pytest.approx(apart.min(), rel=1e-5)
        assert q["max_separation_m"] == pytest.approx(apart.max(), rel=1e-5)
        away = geo.haversine_m(*camera[q["ground_id"]], at[:, 0], at[:, 1])
        assert q["camera_distance_m"] == pytest.approx(away[q["answer_index"]], rel=1e-4)
        wrong = np.delete(away, q["answer_index"])
        assert q["negative_distance_m"] == pytest.approx(wrong.min(), rel=1e-5)


def test_totals_add_up(pairs):
    counts, dropped = pairs.manifest.counts, pairs.manifest.dropped
    for kind in ("ground", "satellite"):
        left = sum(n for name, n in dropped.items() if name.startswith(kind))
        assert counts[f"{kind}_read"] == 6000 == counts[f"{kind}_used"] + left
    asked = sum(counts[f"questions_{split}"] for split in SPLITS)
    assert asked == counts["ground_used"] == 4 * counts["cliques"]
    assert counts["ground_used"] == pairs.views("ground").num_rows
    assert counts["satellite_used"] == pairs.views("satellite").num_rows


@pytest.mark.parametrize("partitions", [2, 13])
def test_rows_are_the_same_for_any_number_of_partitions(pairs, paths, tmp_path, partitions):
    other = build(paths, tmp_path / "pairs", partitions=partitions)
    assert rows(other) == rows(pairs)
    assert other.manifest.outputs == pairs.manifest.outputs
    for kind in ("ground", "satellite"):
        assert other.views(kind).equals(pairs.views(kind))


def test_bytes_are_the_same_for_any_row_order_chunking_and_workers(views, paths, tmp_path):
    first = build(paths, tmp_path / "first", partitions=3)
    rng = np.random.default_rng(5)
    folder = tmp_path / "shuffled"
    folder.mkdir()
    shuffled = save(folder, *(t.take(rng.permutation(len(t))) for t in views))
    for path in shuffled:
        table = pq.read_table(path)
        pq.write_table(table, path, row_group_size=777)
    second = build(shuffled, tmp_path / "second", executor="process", partitions=3)
    files = sorted(p.relative_to(first.folder) for p in first.folder.rglob("*.parquet"))
    assert files == sorted(p.relative_to(second.folder) for p in second.folder.rglob("*.parquet"))
    assert len(files) > 5
    for name in files:
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes(), name


def test_ray_gives_the_same_rows_on_a_cluster_of_two_workers(pairs, paths, tmp_path):
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        other = build(paths, tmp_path / "pairs", executor="ray", partitions=4)
    finally:
        ray.shutdown()
    assert rows(other) == rows(pairs)


def test_seed_changes_the_sets(pairs, paths, tmp_path):
    other = build(paths, tmp_path / "pairs", seed=1)
    assert other.manifest.outputs != pairs.manifest.outputs


def test_positions_alone_find_the_given_tiles(views, tmp_path):
    ground, satellite = views
    paths = save(tmp_path, ground.drop_columns(["tile_id"]), satellite)
    one = build(paths, tmp_path / "one")
    many = build(paths, tmp_path / "many", partitions=11)
    assert rows(one) == rows(many)
    box = {v["view_id"]: v for v in satellite.to_pylist()}
    camera = {v["view_id"]: v for v in ground.to_pylist()}
    for q in rows(one)["train"]:
        c = camera[q["ground_id"]]
        for place, name in enumerate(q["candidate_ids"]):
            b = box[name]["bbox"]
            lon = b["xmin"] + (c["lon"] - b["xmin"]) % 360
            east = b["xmin"] + (b["xmax"] - b["xmin"]) % 360
            inside = lon <= east and b["ymin"] <= c["lat"] <= b["ymax"]
            assert inside == (place == q["answer_index"])
    assert one.manifest.counts["semi-positives"] > 0


def test_rotations_put_the_right_tile_at_every_place(paths, tmp_path):
    pairs = build(paths, tmp_path / "pairs", rotations=True)
    for q in rows(pairs)["train"]:
        assert q["rotation"] == 0
    turns = {}
    for q in rows(pairs)["test"]:
        right = q["candidate_ids"][q["answer_index"]]
        turns.setdefault(q["ground_id"], []).append((q["rotation"], q["answer_index"], right))
    for seen in turns.values():
        assert [r for r, _, _ in seen] == [0, 1, 2, 3]
        assert sorted(a for _, a, _ in seen) == [0, 1, 2, 3]
        assert len({t for _, _, t in seen}) == 1


def test_strata_are_never_mixed(tmp_path):
    ground, satellite = town_views(
        4000,
        provider=lambda rng, n: rng.choice(["a", "b", None], n).tolist(),
        captured_at=lambda rng, n: rng.integers(0, 4, n) * 365 * 86_400_000_000,
    )
    paths = save(tmp_path, ground, satellite)
    pairs = build(paths, tmp_path / "pairs", stratify=("provider", "year"))
    views = {v["view_id"]: v for v in satellite.to_pylist()}
    for q in rows(pairs)["train"]:
        of = {(views[t]["provider"], views[t]["captured_at"].year) for t in q["candidate_ids"]}
        assert len(of) == 1


@pytest.mark.parametrize("sampler", ["ring", "pivot", "random"])
def test_controls_ask_about_the_right_tile_and_balance_letters(paths, tmp_path, sampler):
    pairs = build(paths, tmp_path / "pairs", sampler=sampler)
    questions = [q for split in rows(pairs).values() for q in split]
    letters = np.bincount([q["answer_index"] for q in questions])
    assert np.ptp(letters) <= 1
    for q in questions:
        assert q["ground_id"].split("-")[-1] == q["candidate_ids"][q["answer_index"]].split("-")[-1]
        assert len(set(q["candidate_ids"])) == 4
    with pytest.raises(InputError, match="one piece"):
        build(paths, tmp_path / "other", sampler=sampler, partitions=2)


def test_overlapping_frames_are_refused_and_named(tmp_path):
    ground, satellite = town_views(30, sigma_m=60.0, width_m=700.0, towns=((4.87, -74.06),))
    paths = save(tmp_path, ground, satellite)
    with pytest.raises(InputError, match="camera stands in another tile's footprint"):
        build(paths, tmp_path / "pairs", k=2, min_separation_m=12.0)
    assert not (tmp_path / "pairs").exists()


def test_a_camera_that_its_given_tile_cannot_show_is_dropped(views, tmp_path):
    ground, satellite = views
    names = ground["tile_id"].to_pylist()
    names[0] = "tile-from-elsewhere"
    names[1] = names[2]
    ground = ground.set_column(ground.schema.get_field_index("tile_id"), "tile_id", pa.array(names))
    for partitions in (1, 5):
        pairs = build(save(tmp_path, ground, satellite), tmp_path / f"{partitions}")
        assert pairs.manifest.dropped["ground: its given tile is unknown or too far"] >= 1
        assert ground["view_id"][0] not in pairs.views("ground")["view_id"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 1}, "k is 1"),
        ({"k": 27}, "k is 27"),
        ({"min_separation_m": 3000.0}, "min separation"),
        ({"split": (0.5, 0.1, 0.1)}, "split"),
        ({"sampler": "best"}, "no sampler"),
        ({"split_resolution": 9}, "finer"),
        ({"split_resolution": -3}, "split resolution -3"),
        ({"within_s": 86_400.0}, "captured_at"),
        ({"stratify": ("colour",)}, "'colour'"),
        ({"resolutions": (7, 8)}, "resolutions"),
    ],
)
def test_bad_options_are_named(paths, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        build(paths, tmp_path / "pairs", **options)
    assert not (tmp_path / "pairs").exists()


def test_bad_inputs_are_named(paths, tmp_path):
    ground, satellite = paths
    with pytest.raises(InputError, match="does not exist"):
        build((tmp_path / "none.parquet", satellite), tmp_path / "pairs")
    text = tmp_path / "text.parquet"
    text.write_text("lat,lon\n1,2\n")
    with pytest.raises(InputError, match="not a view table"):
        build((text, satellite), tmp_path / "pairs")
    pq.write_table(pa.table({"lat": [1.0]}), text)
    with pytest.raises(InputError, match="not a view table"):
        build((ground, text), tmp_path / "pairs")
    with pytest.raises(InputError, match="no satellite views"):
        build((ground, ground), tmp_path / "pairs")
    twice = pq.read_table(satellite)
    twice = as_table(pa.concat_tables([twice, twice.slice(0, 3000)]).to_pydict())
    with pytest.raises(InputError, match="occurs twice"):
        build(save(tmp_path, pq.read_table(ground), twice), tmp_path / "pairs")


def test_an_existing_output_is_kept_unless_told(paths, tmp_path, pairs):
    out = tmp_path / "pairs"
    out.mkdir()
    (out / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="exists already"):
        build(paths, out)
    assert (out / "mine.txt").read_text() == "precious"
    build_pairs(BuildJob(*paths, out, overwrite=True))
    assert not (out / "mine.txt").exists()


KILLED = """
import sys
from pathlib import Path
from geobench_tools.pairing import BuildJob, PairOptions, build_pairs
ground, satellite, out = map(Path, sys.argv[1:])
build_pairs(BuildJob(ground, satellite, out, PairOptions(partitions=40)))
"""


@pytest.mark.parametrize("after", ["spill", "assigned", "packed"])
def test_kill_and_the_same_command_goes_on(pairs, paths, tmp_path, after):
    out = tmp_path / "pairs"
    work = tmp_path / ".pairs.work"
    child = subprocess.Popen([sys.executable, "-c", KILLED, *map(str, paths), str(out)])
    deadline = time.monotonic() + 300
    while not list((work / after).glob("*0")) and not list((work / after).glob("*.json")):
        assert time.monotonic() < deadline
        if child.poll() is not None:
            break
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not out.exists() or child.returncode == 0
    if not out.exists():
        build(paths, out, partitions=40)
    assert [p.name for p in tmp_path.iterdir()] == ["pairs"]
    from geobench_tools.pairing import open_pairs

    assert rows(open_pairs(out)) == rows(pairs)


def test_finished_partitions_are_not_built_again(paths, tmp_path, monkeypatch):
    from geobench_tools.pairing import _build

    real, seen = _build.STAGES, []

    def stop(plan, part):
        real[2][1](plan, part)
        seen.append(part)
        if part == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(_build, "STAGES", (*real[:2], ("pack", stop)))
    with pytest.raises(KeyboardInterrupt):
        build(paths, tmp_path / "pairs", partitions=8)
    times = {p.name: p.stat().st_mtime_ns for p in (tmp_path / ".pairs.work").glob("packed/*.json")}
    assert len(times) == 4
    kept = {}

    def watch(plan, part):
        real[2][1](plan, part)
        path = plan.work / "packed" / f"{part:05d}.json"
        kept[path.name] = path.stat().st_mtime_ns

    monkeypatch.setattr(_build, "STAGES", (*real[:2], ("pack", watch)))
    build(paths, tmp_path / "pairs", partitions=8)
    assert {name: kept[name] for name in times} == times


def test_a_work_folder_left_after_the_rename_is_not_trusted(pairs, paths, tmp_path, monkeypatch):
    from geobench_tools.pairing import _build

    def killed(path, **_):
        if path.name == ".pairs.work":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_build.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            build(paths, tmp_path / "pairs")
    assert (tmp_path / ".pairs.work" / "packed").is_dir()
    again = build_pairs(BuildJob(*paths, tmp_path / "pairs", overwrite=True))
    assert rows(again) == rows(pairs)


def test_two_builders_on_one_output_do_not_meet(paths, tmp_path):
    from geobench_tools.pairing import _build
    from geobench_tools.pairing._spill import Plan

    plan = Plan(tmp_path / ".pairs.work", tmp_path / ".pairs.out", *paths, PairOptions(), 1)
    with _build._claimed(plan, "x"), pytest.raises(InputError, match="another process"):
        build(paths, tmp_path / "pairs")


def test_tiles_without_a_footprint_stand_beside_tiles_with_one(views, tmp_path):
    ground, satellite = views
    boxes = satellite["bbox"].to_pylist()
    boxes[::2] = [None] * len(boxes[::2])
    mixed = as_table({**satellite.to_pydict(), "bbox": boxes})
    pairs = build(save(tmp_path, ground, mixed), tmp_path / "pairs")
    assert pairs.manifest.counts["questions_train"] > 1000


def test_manifest_names_inputs_parameters_and_roots(pairs, paths):
    document = json.loads((pairs.folder / "manifest.json").read_text())
    assert [entry["path"] for entry in document["inputs"]] == [str(p) for p in paths]
    assert document["parameters"]["resolutions"] == [8, 7]
    assert document["parameters"]["split_resolution"] == 6
    assert document["parameters"]["image_roots"] == {"ground": None, "satellite": None}
    assert document["seed"] == 0
    assert pairs.k == 4


def test_images_travel_with_the_questions(views, tmp_path):
    from geobench_tools.views import ViewTable, write_views

    paths = []
    for kind, table in zip(("ground", "satellite"), views, strict=True):
        images = pc.binary_join_element_wise(table["view_id"], ".jpg", "")
        root = tmp_path / "images" / kind
        root.mkdir(parents=True)
        table = as_table({**table.to_pydict(), "image": images.to_pylist()})
        paths.append(tmp_path / f"{kind}.parquet")
        write_views(ViewTable(table, root), paths[-1])
    pairs = build(tuple(paths), tmp_path / "sub" / "pairs")
    assert pairs.image_root("ground") == tmp_path / "images" / "ground"
    assert pairs.image_root("satellite") == tmp_path / "images" / "satellite"
    for q in rows(pairs)["val"]:
        assert q["ground_image"] == q["ground_id"] + ".jpg"
        assert q["candidate_images"] == [t + ".jpg" for t in q["candidate_ids"]]
