import json

import pytest
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.pairing import PairOptions, open_pairs
from geobench_tools.reports import PairingRequest, make_pairs
from geobench_tools.views import ReadOptions, ViewTable, load_views, write_views


def geor1(*args, code=0):
    result = CliRunner().invoke(app, [str(a) for a in args])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def csv_files(tmp_path_factory):
    """A grid of 20 x 20 tiles of 160 m and a photo near the middle of each."""
    folder = tmp_path_factory.mktemp("csv")
    ground, satellite = ["id,Latitude,Longitude"], ["id,lat,lon,west,south,east,north"]
    for i in range(20):
        for j in range(20):
            lat, lon, half_lat, half_lon = 48 + i * 0.00144, 11 + j * 0.00215, 0.0007, 0.00105
            ground.append(f"photo-{i}-{j},{lat + 1e-4:.6f},{lon - 1e-4:.6f}")
            box = (lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat)
            satellite.append(
                f"tile-{i}-{j},{lat:.6f},{lon:.6f}," + ",".join(f"{v:.6f}" for v in box)
            )
    (folder / "ground.csv").write_text("\n".join(ground))
    (folder / "satellite.csv").write_text("\n".join(satellite))
    return folder / "ground.csv", folder / "satellite.csv"


def test_one_command_from_csv_files_to_an_audited_set(csv_files, tmp_path):
    ground, satellite = csv_files
    args = ("build-pairs", "--ground", ground, "--satellite", satellite, "-o", tmp_path / "pairs")
    result = geor1(*args, "--json", "--audit", "certificate", "--split", "100/0/0")
    document = json.loads(result.stdout)
    assert document["counts"]["ground_read"] == 400
    assert document["counts"]["cliques"] > 80
    assert document["audit"]["certificate"]["balanced"] is True
    pairs = open_pairs(tmp_path / "pairs")
    assert [entry.path for entry in pairs.manifest.inputs] == [str(ground), str(satellite)]
    names = {p.name for p in pairs.folder.iterdir() if p.is_file()}
    assert names == {"manifest.json", "audit.json", "card.md", "map.html"}
    assert {p.name for p in tmp_path.iterdir()} == {"pairs"}


def test_the_adversaries_run_by_default_and_find_names_that_match(csv_files, tmp_path):
    ground, satellite = csv_files
    args = ("build-pairs", "--ground", ground, "--satellite", satellite, "-o", tmp_path / "pairs")
    result = geor1(*args, "--split", "100/0/0")
    assert "proven" in result.stdout
    assert "warning: name-match" in result.stderr
    assert geor1("audit-pairs", tmp_path / "pairs", "--families", "name-match", code=1)
    assert "find positives" in result.stderr
    assert open_pairs(tmp_path / "pairs").k == 4
    assert "exists already" in geor1(*args, code=2).stderr


def test_a_control_that_leaks_is_no_error(csv_files, tmp_path):
    ground, satellite = csv_files
    args = ("build-pairs", "--ground", ground, "--satellite", satellite, "-o", tmp_path / "pairs")
    result = geor1(*args, "--sampler", "ring", "--split", "100/0/0", "--quiet")
    assert "error" not in result.stderr
    assert "geometry" in result.stdout


def test_a_missing_side_and_an_empty_split_are_said(csv_files, tmp_path):
    ground, satellite = csv_files
    result = geor1("build-pairs", "--ground", ground, "-o", tmp_path / "p", code=2)
    assert "--satellite is missing" in result.stderr
    assert "plan-tiles" in result.stderr
    args = ("build-pairs", "--ground", ground, "--satellite", satellite, "-o", tmp_path / "pairs")
    result = geor1(*args, "--split-resolution", "2", "--audit", "certificate")
    assert "is empty" in result.stderr


def test_shares_far_off_and_tiles_without_footprint_are_said(csv_files, tmp_path):
    ground, satellite = csv_files
    bare, lines = tmp_path / "bare.csv", satellite.read_text().splitlines()
    bare.write_text("\n".join(line.rsplit(",", 4)[0] for line in lines))
    args = ("build-pairs", "--ground", ground, "--audit", "certificate", "--split-resolution", "7")
    whole = (*args, "--satellite", satellite, "-o")
    assert "warning" not in geor1(*whole, tmp_path / "a", "--split", "100/0/0").stderr
    far = geor1(*whole, tmp_path / "b", "--split", "40/30/30").stderr
    assert "% of the questions, not 40/30/30" in far
    said = geor1(*args, "--satellite", bare, "-o", tmp_path / "c", "--split", "100/0/0").stderr
    assert "questions have a candidate without footprint" in said
    assert "--footprint-size" in said


def test_an_option_that_only_index_has_is_named_with_it(csv_files, tmp_path):
    ground = tmp_path / "ground.csv"
    ground.write_text("id,lat,lon,time\na,48.1,11.1,2024-05-01 12:00:00\n")
    args = ("build-pairs", "--ground", ground, "--satellite", csv_files[1])
    hint = geor1(*args, "-o", tmp_path / "pairs", code=2).stderr
    assert "--timezone" in hint
    assert f"options of geor1 index {ground} --kind ground" in hint.replace("\n", "")


def test_views_read_for_a_set_that_cannot_be_made_do_not_stay(csv_files, tmp_path):
    ground, satellite = csv_files
    args = ("build-pairs", "--ground", ground, "--satellite", satellite, "-o", tmp_path / "pairs")
    assert "no candidate set" in geor1(*args, "--k", "26", "--max-distance", "200m", code=2).stderr
    assert not (tmp_path / ".pairs.views").exists()


def test_an_empty_split_names_the_finest_cells_that_may_help(csv_files, tmp_path):
    ground, satellite = csv_files
    args = ("build-pairs", "--ground", ground, "--satellite", satellite, "--audit", "certificate")
    coarse = geor1(*args, "-o", tmp_path / "a", "--split-resolution", "2").stderr
    assert "try --split-resolution 7, another --seed" in coarse
    fine = geor1(*args, "-o", tmp_path / "b", "--split-resolution", "7", "--split", "98/1/1").stderr
    assert "is empty" in fine
    assert "try another --seed" in fine


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--split", "90/5"),
        ("--resolutions", "a"),
        ("--min-separation", "12 parsecs"),
        ("--within", "soon"),
        ("--k", "0"),
    ],
)
def test_bad_options_are_usage_errors(csv_files, tmp_path, option, value):
    ground, satellite = csv_files
    args = ("build-pairs", "--ground", ground, "--satellite", satellite, "-o", tmp_path / "pairs")
    assert "Traceback" not in geor1(*args, option, value, code=2).output


def test_real_photos_over_planned_tiles(shared_data, tmp_path):
    source = shared_data / "imageo" / "dataset1_info.csv"
    geor1("index", source, "--kind", "ground", "--on-bad", "drop", "-o", tmp_path / "g.parquet")
    geor1("plan-tiles", tmp_path / "g.parquet", "--zoom", "18", "-o", tmp_path / "plan.parquet")
    request = PairingRequest(
        tmp_path / "g.parquet",
        tmp_path / "plan.parquet",
        tmp_path / "pairs",
        PairOptions(max_distance_m=20_000.0),
        adversaries=False,
    )
    report = make_pairs(request)
    assert report.certificate.passed
    assert report.certificate.balanced
    assert report.pairs.manifest.counts["ground_read"] == 6_131
    assert report.pairs.manifest.counts["questions_train"] > 2_000


def test_neighbouring_nadir_frames_are_refused_as_negatives(shared_data, tmp_path):
    folder = shared_data / "views"
    columns = {
        "view_id": "file",
        "image": "file",
        "kind": "role",
        "heading_deg": "yaw_deg",
        "altitude_m": "rel_alt_m",
        "focal_35mm": "f35mm",
        "captured_at": "",
    }
    nadirs = load_views(
        folder / "metadata.csv",
        "satellite",
        ReadOptions(columns=columns, image_root=folder, on_bad="drop"),
    )
    photos = load_views(folder / "chia-co", "ground", ReadOptions(columns={"captured_at": ""}))
    write_views(ViewTable(nadirs.table, nadirs.image_root), tmp_path / "s.parquet")
    write_views(ViewTable(photos.table, photos.image_root), tmp_path / "g.parquet")
    options = PairOptions(k=2, min_separation_m=12.0, gps_error_m=5.0, split=(1.0, 0.0, 0.0))
    request = PairingRequest(
        tmp_path / "g.parquet", tmp_path / "s.parquet", tmp_path / "pairs", options, False
    )
    report = make_pairs(request)
    refused = dict(report.refused())
    assert refused["groups: a camera stands in another tile's footprint"] >= 2
    assert refused["semi-positives: other tiles that show the camera"] >= 5
    assert report.certificate["camera-outside"].status == "pass"
