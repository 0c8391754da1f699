import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from make_sets import Recipe, write_set

from geobench_tools.errors import InputError
from geobench_tools.pairing import SPLITS, certify, open_pairs
from geobench_tools.pairing._audit.checks import CLAIMS

SMALL = Recipe(towns=10, tiles=60, parts=2)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("made") / "pairs", SMALL).folder


@pytest.fixture
def clique_set(made_once, tmp_path):
    return open_pairs(shutil.copytree(made_once, tmp_path / "pairs"))


def statuses(certificate, status):
    return {check.name for check in certificate.checks if check.status == status}


def edit(pairs, where, change, number=0):
    """Rewrite one part: ``change`` gets its rows as dictionaries and returns them."""
    path = pairs.folder / where / f"part-{number:05d}.parquet"
    table = pq.read_table(path)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), table.schema), path)


@pytest.mark.parametrize(
    "recipe",
    [
        SMALL,
        Recipe(towns=10, tiles=60, cameras=3, rotations=True),
        Recipe(towns=10, tiles=60, aligned=False, parts=4),
        Recipe(towns=10, tiles=200, k=8, seed=5),
        Recipe(towns=10, tiles=60, k=2),
    ],
)
def test_a_clique_set_passes_every_check(tmp_path, recipe):
    pairs = write_set(tmp_path / "pairs", recipe)
    certificate = certify(pairs)
    assert [check.name for check in certificate.checks] == list(CLAIMS)
    assert statuses(certificate, "pass") == set(CLAIMS)
    assert certificate.passed
    assert certificate.balanced
    assert certificate.questions == {name: pairs.count(name) for name in SPLITS}
    turns = recipe.k if recipe.rotations else 1
    total = sum(certificate.questions.values())
    assert certificate.cliques == total / (recipe.k * recipe.cameras * turns)
    assert certificate["counting"].note == f"m = {recipe.cameras}"
    assert certificate["tile-splits"].checked == certificate.cliques * recipe.k
    assert certificate["ground-splits"].checked == total / turns


@pytest.mark.parametrize("sampler", ["ring", "pools"])
def test_other_samplers_have_no_guarantee(tmp_path, sampler):
    certificate = certify(write_set(tmp_path / "pairs", Recipe(towns=10, sampler=sampler)))
    unsure = {"counting", "order", "letters", "clique-splits", "separation"}
    assert statuses(certificate, "no guarantee") == unsure
    assert statuses(certificate, "pass") == set(CLAIMS) - unsure
    assert certificate.passed
    assert not certificate.balanced
    assert certificate["letters"].note.startswith("train: A ")


def wrong_letter(rows):
    rows[0]["answer"] = "B" if rows[0]["answer"] != "B" else "A"


def candidate_twice(rows):
    wrong = (rows[0]["answer_index"] + 1) % 4
    rows[0]["candidate_ids"][wrong] = rows[0]["candidate_ids"][rows[0]["answer_index"]]


def one_candidate_less(rows):
    del rows[0]["candidate_ids"][-1]


def answer_beyond_k(rows):
    rows[0] |= {"answer_index": 4, "answer": "E"}


def no_answer(rows):
    rows[0] |= {"answer_index": None, "answer": None}


def other_answer(rows):
    rows[0] |= {"answer_index": 1, "answer": "B"}


def swapped_ground_views(rows):
    rows[0]["ground_id"], rows[1]["ground_id"] = rows[1]["ground_id"], rows[0]["ground_id"]


def question_less(rows):
    del rows[0]


def other_order(rows):
    ids = rows[0]["candidate_ids"]
    ids[2], ids[3] = ids[3], ids[2]
    images = rows[0]["candidate_images"]
    images[2], images[3] = images[3], images[2]


def other_image(rows):
    rows[0]["candidate_images"][0] = "better/quality.jpg"


def foreign_tile(rows):
    rows[0]["candidate_ids"][3] = rows[4]["candidate_ids"][3]
    rows[0]["candidate_images"][3] = rows[4]["candidate_images"][3]


def unknown_tile(rows):
    clique = rows[0]["clique_id"]
    for row in rows:
        if row["clique_id"] == clique:
            row["candidate_ids"][3] = "nowhere"


def unknown_ground(rows):
    rows[0]["ground_id"] = "nobody"


def ground_again(rows):
    rows[0]["ground_id"] = rows[4]["ground_id"]


def half_turned(rows):
    rows[0]["rotation"] = 1


def absurd_rotation(rows):
    rows[0]["rotation"] = -3


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (wrong_letter, {"questions", "counting", "letters"}),
        (candidate_twice, {"questions", "counting", "letters"}),
        (one_candidate_less, {"questions", "counting", "letters"}),
        (answer_beyond_k, {"questions", "counting", "letters"}),
        (no_answer, {"questions", "counting", "letters"}),
        (other_answer, {"right-tile", "counting", "letters", "camera-outside"}),
        (swapped_ground_views, {"right-tile", "camera-outside"}),
        (question_less, {"complete", "counting", "letters"}),
        (other_order, {"order"}),
        (other_image, {"counting"}),
        (foreign_tile, {"counting"}),
        (unknown_tile, {"views", "right-tile"}),
        (unknown_ground, {"views"}),
        (ground_again, {"rotations", "right-tile"}),
        (half_turned, {"rotations", "counting"}),
        (absurd_rotation, {"rotations", "counting"}),
    ],
)
def test_a_broken_question_is_found_and_named(clique_set, change, broken):
    first = clique_set.questions("train")["ground_id"][0].as_py()

    def changed(rows):
        change(rows)
        return rows

    edit(clique_set, "train", changed)
    certificate = certify(clique_set)
    # A foreign tile may lie near another candidate or around a camera; that is for other tests.
    beside = {"separation", "camera-outside"} if change is foreign_tile else set()
    assert statuses(certificate, "fail") - beside == broken
    for name in broken - {"complete", "counting", "letters", "order", "rotations"}:
        assert certificate[name].failed <= 4
        assert "(train/part-00000.parquet, row " in certificate[name].examples[0]
    if "questions" in broken:
        assert certificate["questions"].examples == (f"{first} (train/part-00000.parquet, row 1)",)
    if "counting" in broken:
        assert certificate["counting"].failed == 1
        assert not certificate.balanced


def test_a_clique_in_two_splits_is_found(clique_set):
    table = clique_set.questions("train")
    moved = table.slice(0, 2)
    pq.write_table(table.slice(2), clique_set.folder / "train" / "part-00000.parquet")
    (clique_set.folder / "train" / "part-00001.parquet").unlink()
    pq.write_table(moved, clique_set.folder / "val" / "part-00099.parquet")
    certificate = certify(clique_set)
    broken = {"complete", "clique-splits", "tile-splits", "footprint-splits", "letters"}
    assert statuses(certificate, "fail") == broken
    clique = moved["clique_id"][0].as_py()
    assert certificate["clique-splits"].examples == (f"clique {clique} in train and val",)
    assert certificate["tile-splits"].failed == 4
    assert set(moved["candidate_ids"][0].as_py()) > {
        example.split()[0] for example in certificate["tile-splits"].examples
    }
    assert not certificate.balanced


def test_a_ground_view_in_two_splits_is_found(clique_set):
    ground = clique_set.questions("train")["ground_id"][0].as_py()

    def reuse(rows):
        rows[0]["ground_id"] = ground
        return rows

    edit(clique_set, "val", reuse)
    certificate = certify(clique_set)
    assert statuses(certificate, "fail") == {"ground-splits", "right-tile"}
    assert certificate["ground-splits"].examples == (f"{ground} in train and val",)


def test_questions_of_a_clique_may_come_in_any_order_and_part(clique_set):
    table = clique_set.questions("train")
    shuffled = table.take(np.random.default_rng(0).permutation(table.num_rows))
    third = table.num_rows // 3
    for number, start in enumerate((0, third, 2 * third)):
        rows = shuffled.slice(start, third if number < 2 else None)
        pq.write_table(rows, clique_set.folder / "train" / f"part-{number:05d}.parquet")
    assert statuses(certify(clique_set), "pass") == set(CLAIMS)


def tile_beside(rows, others):
    """Put a tile 100 m north of another candidate of its set."""
    a, b = others["candidate_ids"][0], others["candidate_ids"][1]
    views = {row["view_id"]: row for row in rows}
    views[a] |= {"lat": views[b]["lat"] + 100 / 111_195, "lon": views[b]["lon"]}


def test_separation_is_measured_from_the_views(clique_set):
    question = clique_set.questions("train").slice(0, 1).to_pylist()[0]

    def change(rows):
        tile_beside(rows, question)
        return rows

    edit(clique_set, "views/satellite", change)
    certificate = certify(clique_set)
    assert "separation" in statuses(certificate, "fail")
    assert certificate["separation"].failed == 4
    assert certificate["separation"].examples[0].startswith(question["ground_id"])


@pytest.mark.parametrize(
    ("north_m", "gps_error_m", "seen"),
    [
        (62.0, None, True),
        (68.0, None, False),
        (68.0, 10.0, True),
        (62.0, 1.0, False),
    ],
)
def test_a_camera_in_a_wrong_footprint_is_found(clique_set, north_m, gps_error_m, seen):
    """Footprints reach 60 m from the centre; views without GPS error have 5 m."""
    question = clique_set.questions("train").slice(0, 1).to_pylist()[0]
    wrong = question["candidate_ids"][(question["answer_index"] + 1) % 4]
    tiles = {row["view_id"]: row for row in clique_set.views("satellite").to_pylist()}

    def change(rows):
        camera = next(row for row in rows if row["view_id"] == question["ground_id"])
        camera |= {"lat": tiles[wrong]["lat"] + north_m / 111_195, "lon": tiles[wrong]["lon"]}
        camera["gps_error_m"] = gps_error_m
        return rows

    edit(clique_set, "views/ground", change)
    certificate = certify(clique_set)
    assert statuses(certificate, "fail") == ({"camera-outside"} if seen else set())
    assert certificate["camera-outside"].failed == seen


def test_a_footprint_across_180_degrees_is_seen_from_the_other_side(clique_set):
    question = clique_set.questions("train").slice(0, 1).to_pylist()[0]
    wrong = question["candidate_ids"][(question["answer_index"] + 1) % 4]
    box = {"xmin": 179.9991, "ymin": -0.0006, "xmax": -179.9994, "ymax": 0.0006}

    def move(rows, view_id, lat, lon, **more):
        next(row for row in rows if row["view_id"] == view_id).update(lat=lat, lon=lon, **more)
        return rows

    edit(clique_set, "views/satellite", lambda rows: move(rows, wrong, 0.0, 179.9998, bbox=box))
    for lon, seen in ((-179.9997, True), (-179.9990, False)):
        at = {"view_id": question["ground_id"], "lat": 0.0, "lon": lon}
        edit(clique_set, "views/ground", lambda rows, at=at: move(rows, **at))
        assert (certify(clique_set)["camera-outside"].failed == 1) == seen


def test_footprints_of_two_splits_that_overlap_are_found(clique_set):
    train = clique_set.questions("train").slice(0, 1).to_pylist()[0]["candidate_ids"][0]
    val = clique_set.questions("val").slice(0, 1).to_pylist()[0]["candidate_ids"][0]
    tiles = {row["view_id"]: row for row in clique_set.views("satellite").to_pylist()}
    centre = tiles[val]["lat"], tiles[val]["lon"]

    def change(rows):
        for row in rows:
            if row["view_id"] == train:
                row["bbox"] = {
                    "xmin": min(centre[1], row["lon"]) - 1e-4,
                    "ymin": min(centre[0], row["lat"]) - 1e-4,
                    "xmax": max(centre[1], row["lon"]) + 1e-4,
                    "ymax": max(centre[0], row["lat"]) + 1e-4,
                }
        return rows

    for number in (0, 1):
        edit(clique_set, "views/satellite", change, number)
    certificate = certify(clique_set)
    assert "footprint-splits" in statuses(certificate, "fail")
    assert f"{train} and {val} in train and val" in certificate["footprint-splits"].examples


def test_what_the_views_lack_is_not_checked(clique_set):
    for number in (0, 1):
        edit(
            clique_set,
            "views/satellite",
            lambda rows: [row | {"bbox": None} for row in rows],
            number,
        )
        edit(
            clique_set,
            "views/ground",
            lambda rows: [row | {"tile_id": None} for row in rows],
            number,
        )
    certificate = certify(clique_set)
    unchecked = {"camera-outside", "footprint-splits", "right-tile"}
    assert statuses(certificate, "not checked") == unchecked
    assert statuses(certificate, "pass") == set(CLAIMS) - unchecked
    assert "have no footprint" in certificate["footprint-splits"].note
    assert certificate.passed


def test_one_split_has_nothing_to_share(clique_set):
    for name in ("val", "test"):
        for path in clique_set.parts(name):
            path.unlink()
    certificate = certify(clique_set)
    unchecked = {"tile-splits", "ground-splits", "footprint-splits"}
    assert statuses(certificate, "not checked") == unchecked
    assert {certificate[name].note for name in unchecked} == {"there is only one split"}


def test_parts_that_are_gone_are_missed(clique_set):
    before = certify(clique_set)
    (lost, *_) = clique_set.parts("val")
    rows = pq.read_metadata(lost).num_rows
    lost.unlink()
    check = certify(clique_set)["complete"]
    assert (check.status, check.failed) == ("fail", rows)
    total = before.questions["val"]
    assert check.examples == (f"val has {total - rows:,} of {total:,}",)
    assert before["complete"].status == "pass"


def test_files_that_are_no_parts_are_named(clique_set):
    part = clique_set.parts("train")[0]
    pq.write_table(pq.read_table(part).drop_columns(["clique_id"]), part)
    with pytest.raises(InputError, match=r"part-00000\.parquet has no column clique_id"):
        certify(clique_set)
    part.write_text("not a table")
    with pytest.raises(InputError, match=r"part-00000\.parquet cannot be read"):
        certify(clique_set)


def test_a_set_without_views_says_so(clique_set):
    for path in (clique_set.folder / "views" / "ground").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="holds no views"):
        certify(clique_set)


def test_the_certificate_needs_no_learner(clique_set):
    code = (
        "import sys, pathlib; from geobench_tools.pairing import certify, open_pairs;"
        "assert certify(open_pairs(pathlib.Path(sys.argv[1]))).passed;"
        "assert not {'sklearn', 'scipy', 'PIL'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(clique_set.folder)], check=True)
