import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from geobench_tools.cli import app

SMALL = ["--towns", "1", "--views", "4", "--size", "64x32", "--tile-size", "32", "--workers", "1"]


def run(*arguments):
    return CliRunner().invoke(app, ["world", *map(str, arguments)])


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "world"
    done = run("render", "-o", folder, *SMALL, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {
        "output": str(folder),
        "scenes": 1,
        "ground": 4,
        "satellite": 4,
    }
    return folder


def test_options_reach_the_manifest(tmp_path):
    more = ["--leak", "tint=0.5", "--leak", "date=1", "--flatten", "--heading", "random"]
    more += ["--difficulty", "0.7", "--seed", "3", "--nuisance-seed", "8", "--gsd", "2"]
    done = run("render", "-o", tmp_path / "w", *SMALL, *more, "--quiet")
    assert done.exit_code == 0, done.output
    parameters = json.loads((tmp_path / "w" / "manifest.json").read_text())["parameters"]
    assert parameters["leaks"] == {"date": 1.0, "tint": 0.5}
    assert parameters["flatten"] is True
    assert (parameters["heading"], parameters["gsd_m"]) == ("random", 2.0)
    assert (parameters["difficulty"], parameters["seed"]) == (0.7, 3)
    assert parameters["nuisance_seed"] == 8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "64"], "not of the form 512x256"),
        (["--size", "²x1"], "not of the form 512x256"),
        (["--size", "64x64"], "not twice as wide"),
        (["--leak", "tint=1", "--leak", "tint=0"], "given twice"),
        (["--leak", "tint"], "not of the form NAME=STRENGTH"),
        (["--leak", "smell=1"], "unknown leak"),
        (["--leak", "position=1"], "inject_position_leak"),
        (["--towns", "0"], "towns is 0"),
        (["--workers", "0"], "workers is 0"),
    ],
)
def test_bad_options_are_explained(tmp_path, arguments, words):
    done = run("render", "-o", tmp_path / "w", *SMALL, *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.output
    assert not (tmp_path / "w").exists()
    assert json.loads(run("render", "-o", tmp_path / "w", *SMALL, *arguments, "--json").stdout)


def test_a_folder_is_named_as_it_is(tmp_path):
    out = tmp_path / ("[bold]" + "long" * 30)
    done = run("render", "-o", out, *SMALL)
    assert done.stdout.splitlines()[-1] == str(out)


def test_an_existing_folder_is_refused(world):
    done = run("render", "-o", world, *SMALL)
    assert done.exit_code == 2
    assert "--overwrite" in done.stderr


def test_contact_sheet(world, tmp_path):
    done = run("sheet", world, "-o", tmp_path / "s.jpg", "--questions", "2", "--json")
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)["answers"]) == 1
    with Image.open(tmp_path / "s.jpg") as image:
        assert image.format == "JPEG"
    done = run("sheet", world, "-o", tmp_path / "t.jpg", "--quiet")
    assert done.stdout.startswith(f"{tmp_path / 't.jpg'}: right tiles are 1 ")
    assert run("sheet", tmp_path, "-o", tmp_path / "u.jpg").exit_code == 2
