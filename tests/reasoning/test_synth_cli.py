import json

import pytest
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.pairing import default_pairs
from geobench_tools.reports._synth_words import word_cloud


@pytest.fixture
def cli(monkeypatch, tmp_path):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return CliRunner().invoke(app, ["synth-cot", *map(str, words)])

    return run


def test_without_a_model_it_catches_its_own_errors(cli, pairs, tmp_path):
    words = ("--pairs", pairs.folder, "--inject-errors", 0.3, "--samples", 2, "-o", "out", "--json")
    result = cli(*words)
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["teacher"] == "template"
    assert document["traces"] == 72
    planted = document["injected"][-1]
    assert planted["kind"] == "all"
    assert planted["traces"] + document["clean"] == 72
    assert planted["rate"] > 0.7
    assert document["false_alarms"] <= 2
    assert document["kept"] == document["sft_rows"]["train"]
    assert document["kept"] + sum(document["rejected"].values()) == 72
    page = (tmp_path / "out/report.html").read_text()
    assert "Injected errors" in page
    assert 'class="cloud"' in page
    assert cli(*words).stdout == result.stdout


def test_tables_for_people(cli, pairs):
    result = cli("--pairs", pairs.folder, "-q")
    assert result.exit_code == 0
    assert "claims of all traces" in result.stdout
    assert "traces/report.html" in result.stdout
    assert result.stderr == ""


def test_default_pairs_are_built_once_from_the_default_world(cli, pairs, monkeypatch, tmp_path):
    monkeypatch.setenv("GEOR1_CACHE", str(tmp_path / "cache"))
    world = pairs.image_root("ground")
    monkeypatch.setattr("geobench_tools.world.default_world", lambda _progress: world)
    first = default_pairs()
    assert first.folder.parent == tmp_path / "cache"
    assert first.image_root("ground") == world
    made = (first.folder / "manifest.json").stat().st_mtime_ns
    assert (default_pairs().folder / "manifest.json").stat().st_mtime_ns == made
    result = cli("-o", "out", "--json", "--limit", 4)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["embedded"]


def test_prompt_can_be_copied_and_changed(cli, pairs, tmp_path):
    text = cli("--show-prompt").stdout
    assert text.startswith("# What a teacher model is told")
    (tmp_path / "mine.yaml").write_text(text.replace("You are a geographer", "You are a surveyor"))
    plan = cli(
        "--pairs", pairs.folder, "--prompt", "mine.yaml", "--dry-run", "--json", "--limit", 2
    )
    assert "You are a surveyor" in json.loads(plan.stdout)["prompt"]
    assert not (tmp_path / "traces").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--hints", "gps"), "no hint 'gps'"),
        (("--split", "test"), "no questions in split 'test'"),
        (("--samples", 0), "samples is 0"),
        (("--inject-errors", 2), "no share"),
        (("--inject-errors", 0.1, "--teacher", "openai:x"), "--inject-errors"),
        (("--teacher", "gpt"), "--teacher 'gpt'"),
        (("--teacher", "majority"), "--teacher 'majority'"),
        (("--max-cost", 0), "allows nothing"),
        (("--teacher", "template", "--base-url", "http://127.0.0.1:1/v1"), "--base-url"),
        (("--price-in", 1), "price"),
    ],
)
def test_bad_options_end_with_a_message(cli, pairs, tmp_path, words, said):
    result = cli("--pairs", pairs.folder, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "traces").exists()


def test_endpoint_of_the_environment_is_the_teacher(cli, pairs, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    result = cli("--pairs", pairs.folder)
    assert result.exit_code == 2
    assert "OPENAI_MODEL is not" in result.stderr
    monkeypatch.setenv("OPENAI_MODEL", "tiny")
    words = ("--pairs", pairs.folder, "--dry-run", "--json")
    assert json.loads(cli(*words).stdout)["teacher"] == "openai:tiny"
    result = cli(*words, "--inject-errors", 0.1)
    assert result.exit_code == 2
    assert "--inject-errors" in json.loads(result.stdout)["error"]["message"]


def test_set_that_is_none(cli, tmp_path):
    result = cli("--pairs", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "is not a folder" in result.stderr


def test_cloud_keeps_words_apart_and_inside():
    import re

    counts = {f"word{i}{'x' * (i % 7)}": 1000 // (i + 1) for i in range(60)}
    cloud = word_cloud(counts)
    boxes = []
    pattern = r'x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)".*?textLength="([\d.]+)"'
    for x, y, size, width in re.findall(pattern, cloud):
        half = float(width) / 2
        boxes.append((float(x) - half, float(y) - 0.7 * float(size), float(x) + half, float(y)))
    assert len(boxes) > 40
    for number, a in enumerate(boxes):
        assert a[0] >= 0
        assert a[2] <= 760
        for b in boxes[:number]:
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]
    assert "No words" in word_cloud({})
