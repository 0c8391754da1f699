"""``geor1 eval``, ``score``, ``runs`` and ``benchmarks`` as a user types them."""

import csv
import importlib.util
import json
from html.parser import HTMLParser

import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image
from small_set import write_set
from typer.testing import CliRunner

from geobench_tools.cli import app

GSS = "image_id,city,country,latitude,longitude,continent"
ROWS = (
    ("a1", "Zürich", "Switzerland", 47.37, 8.54, "Europe"),
    ("b2", "Lyon", "France", 45.76, 4.84, "Europe"),
    ("c3", "Chūō-ku", "Japan", 35.67, 139.77, "Asia"),
    ("d4", "Accra", "Ghana", 5.6, -0.19, "Africa"),
)


def reply(city, country, lat, lon):
    return json.dumps(
        {
            "reverse_geocoding": {
                "address": {"city": city, "country": country},
                "coordinates": {"latitude": lat, "longitude": lon},
            }
        }
    )


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "gss"
    (folder / "images").mkdir(parents=True)
    lines = [GSS, *(",".join(map(str, row)) for row in ROWS)]
    (folder / "dataset1_info.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for row in ROWS:
        Image.new("RGB", (8, 8), (10, 20, 30)).save(folder / "images" / f"{row[0]}.jpg.jpg", "JPEG")
    return folder


@pytest.fixture
def replies(tmp_path):
    path = tmp_path / "replies.jsonl"
    texts = {
        "a1": reply("Zurich", "Schweiz", 47.37, 8.54),
        "b2": reply("Paris", "France", 48.86, 2.35),
        "c3": "I cannot tell <script>alert(1)</script>",
        "d4": reply("Accra", "Ghana", 5.6, -0.19),
    }
    lines = [json.dumps({"sample_id": name, "text": text}) for name, text in texts.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def geor1(*arguments, code=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def document(*arguments, code=0):
    return json.loads(geor1(*arguments, "--json", code=code).stdout)


def metrics(scores):
    return {metric["name"]: metric for metric in scores["metrics"]}


def test_with_nothing_else_it_runs_on_the_sample_set_and_says_so(tmp_path):
    result = geor1("eval", "imageo-gss")
    assert "SAMPLE" in result.stdout
    assert "baseline 'majority'" in result.stderr
    assert "measure nothing" in result.stderr
    folder = tmp_path / "runs" / "imageo-gss-SAMPLE_majority"
    scores = json.loads((folder / "scores.json").read_text())
    assert scores["SAMPLE"] is True
    assert scores["benchmark"] == "imageo-gss-SAMPLE"
    assert scores["records"] == 12
    assert 'class="sample-banner"' in (folder / "report.html").read_text()
    before = (folder / "samples.jsonl").read_bytes()
    geor1("eval", "imageo-gss")
    assert (folder / "samples.jsonl").read_bytes() == before


@pytest.mark.parametrize("name", ["imageo-upc", "imageo-pcw"])
def test_every_subset_has_a_sample_set(name):
    run = document("eval", name)["runs"][0]
    assert run["SAMPLE"] is True
    assert "state" in metrics(run["scores"])


def test_strict_and_official_stand_side_by_side(data, replies):
    run = document("eval", "imageo-gss", "--data", data, "--model", f"replay:{replies}")["runs"][0]
    found = metrics(run["scores"])
    assert found["city"]["strict"]["value"] == 0.5
    assert found["city"]["official"]["value"] == pytest.approx(1 / 3)
    assert found["country"]["strict"]["value"] == 0.75
    assert found["country"]["official"]["value"] == pytest.approx(2 / 3)
    assert found["acc_25km"]["strict"]["value"] == 0.5
    assert found["acc_25km"]["strict"]["n"] == 4
    assert found["median_km"]["official"]["n"] == 3
    assert run["scores"]["coverage"] == 0.75
    assert found["country"]["majority"] == 0.25


def test_failed_samples_make_exit_code_3(data, replies):
    lines = replies.read_text(encoding="utf-8").splitlines()
    replies.write_text("\n".join(lines[:3]) + "\n", encoding="utf-8")
    arguments = ("eval", "imageo-gss", "--data", data, "--model", f"replay:{replies}")
    run = document(*arguments, code=3)["runs"][0]
    assert run["scores"]["statuses"]["error"] == 1
    assert metrics(run["scores"])["city"]["strict"]["n"] == 4
    assert "no reply" in geor1(*arguments, code=3).stderr


def test_score_equals_eval_of_the_same_replies(data, replies):
    scored = document("score", replies, "--benchmark", "imageo-gss", "--data", data)
    run = document("eval", "imageo-gss", "--data", data, "--model", f"replay:{replies}")["runs"][0]
    assert scored["scores"]["metrics"] == run["scores"]["metrics"]


def test_the_page_is_one_file_that_escapes_what_models_say(data, replies, tmp_path):
    geor1("score", replies, "--benchmark", "imageo-gss", "--data", data, "-o", tmp_path / "run")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<mark>" in page
    assert 'class="world"' in page
    links = _Links()
    links.feed(page)
    assert all(link.startswith(("#", "data:")) for link in links.found)


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [v for name, v in attrs if name in ("src", "href") and v]


def test_runs_are_listed_shown_rescored_and_compared(data, replies, tmp_path):
    for name in ("majority", f"replay:{replies}"):
        out = tmp_path / "runs" / name[:6]
        geor1("eval", "imageo-gss", "--data", data, "--model", name, "-o", out)
    listed = document("runs", "list", tmp_path / "runs")["runs"]
    assert [entry["requests"] for entry in listed] == [4, 4]
    shown = document("runs", "show", tmp_path / "runs" / "replay", "--errors")
    assert [problem["sample_id"] for problem in shown["problems"]] == ["c3"]
    before = (tmp_path / "runs" / "replay" / "scores.json").read_bytes()
    again = document("runs", "rescore", tmp_path / "runs" / "replay", "--reread")
    assert again["read_differently"] == 0
    assert (tmp_path / "runs" / "replay" / "scores.json").read_bytes() == before
    made = document("runs", "compare", tmp_path / "runs" / "majori", tmp_path / "runs" / "replay")
    country = next(d for d in made["differences"] if d["metric"] == "country")
    assert (country["wins"], country["losses"], country["ties"]) == (2, 0, 2)
    assert country["difference"] == pytest.approx(0.5)


def test_rescoring_repairs_what_an_older_reader_read(data, replies, tmp_path):
    run = tmp_path / "run"
    geor1("score", replies, "--benchmark", "imageo-gss", "--data", data, "-o", run)
    before = json.loads((run / "scores.json").read_text())
    lines = [json.loads(line) for line in (run / "samples.jsonl").read_text().splitlines()]
    lines[0]["reading"] = {"value": None, "status": "no_answer"}
    lines[0]["status"] = "parse_error"
    (run / "samples.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    manifest = json.loads((run / "run.json").read_text())
    manifest["parameters"]["identity"]["benchmark"]["reader"] = "0"
    (run / "run.json").write_text(json.dumps(manifest))
    assert document("runs", "rescore", run)["read_differently"] == 1
    after = json.loads((run / "scores.json").read_text())
    assert after["metrics"] == before["metrics"]
    assert after["identity"] == before["identity"]


def test_runs_asked_differently_are_not_compared_unless_forced(data, tmp_path):
    for temperature in ("0", "1"):
        out = tmp_path / f"t{temperature}"
        geor1("eval", "imageo-gss", "--data", data, "--temperature", temperature, "-o", out)
    arguments = ("runs", "compare", tmp_path / "t0", tmp_path / "t1")
    assert "sampling temperature" in geor1(*arguments, code=2).stderr
    assert "sampling temperature" in geor1(*arguments, "--force").stderr


def test_shards_merge_into_the_whole(data, tmp_path):
    for shard in ("1/2", "2/2"):
        out = tmp_path / f"s{shard[0]}"
        geor1("eval", "imageo-gss", "--data", data, "--shard", shard, "-o", out)
    merged = document("runs", "merge", tmp_path / "s1", tmp_path / "s2", "-o", tmp_path / "all")
    whole = document("eval", "imageo-gss", "--data", data)["runs"][0]
    assert merged["scores"]["metrics"] == whole["scores"]["metrics"]


def test_dry_run_asks_nothing(data, tmp_path):
    plan = document("eval", "imageo-gss", "--data", data, "--dry-run")["dry_run"][0]
    assert (plan["requests"], plan["images"], plan["image_pixels"]) == (4, 1.0, 64.0)
    assert plan["cost"] is None
    assert "Return only valid JSON" in plan["prompt"]
    assert not (tmp_path / "runs").exists()


def test_csv_and_parquet_hold_every_record(exported):
    run, out = exported
    geor1("runs", "export", run, "--to", "csv", "-o", out / "r.csv")
    geor1("runs", "export", run, "--to", "parquet", "-o", out / "r.parquet")
    with (out / "r.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["sample_id"] for row in rows] == [row[0] for row in ROWS]
    assert pq.read_table(out / "r.parquet")["text"].to_pylist() == [row["text"] for row in rows]


def test_lm_eval_and_hub_hold_the_figures(exported):
    run, out = exported
    geor1("runs", "export", run, "--to", "lm-eval", "-o", out / "results.json")
    results = json.loads((out / "results.json").read_text())["results"]["imageo-gss"]
    assert results["country,strict"] == 0.75
    assert results["country_stderr,strict"] > 0
    geor1("runs", "export", run, "--to", "hub", "-o", out / "hub")
    entries = yaml.safe_load((out / "hub" / ".eval_results" / "imageo-gss.yaml").read_text())
    by_task = {entry["dataset"]["task_id"]: entry["value"] for entry in entries}
    assert by_task["imageo-gss/country"] == 0.75


def test_inspect_log_has_the_documented_shape(exported):
    run, out = exported
    geor1("runs", "export", run, "--to", "inspect", "-o", out / "log.json")
    log = json.loads((out / "log.json").read_text())
    assert (log["version"], log["status"]) == (2, "success")
    assert set(log) == {"version", "status", "eval", "plan", "results", "stats", "samples"}
    assert {"task", "model", "created", "dataset", "config"} <= set(log["eval"])
    assert log["results"]["scores"][0]["metrics"]["country"]["value"] == 0.75
    sample = log["samples"][0]
    assert {"id", "epoch", "input", "target", "messages", "output", "scores"} <= set(sample)
    assert sample["messages"][-1]["role"] == "assistant"
    assert "<image>" in sample["input"]


@pytest.mark.skipif(
    not importlib.util.find_spec("inspect_ai"), reason="inspect_ai is not installed"
)
def test_inspect_reads_its_log(exported):
    from inspect_ai.log import read_eval_log

    run, out = exported
    geor1("runs", "export", run, "--to", "inspect", "-o", out / "log.json")
    log = read_eval_log(str(out / "log.json"))
    assert log.status == "success"
    assert len(log.samples) == 4
    assert log.results.scores[0].metrics["country"].value == 0.75


@pytest.fixture
def exported(data, replies, tmp_path):
    run = tmp_path / "run"
    geor1("eval", "imageo-gss", "--data", data, "--model", f"replay:{replies}", "-o", run)
    return run, tmp_path


def test_pairing_with_probe_and_rotations(tmp_path):
    pairs = write_set(tmp_path / "set", cliques={"test": 3})
    run = document("eval", "pairing", "--data", pairs.folder, "--circular")["runs"][0]
    found = metrics(run["scores"])
    assert found["accuracy"]["strict"]["value"] == 0.25
    assert found["accuracy"]["strict"]["n"] == 48
    probed = document("eval", "pairing", "--data", pairs.folder, "--probe", "no-image")["runs"][0]
    assert probed["folder"].endswith("no-image")
    arguments = ("runs", "compare", run["folder"], probed["folder"])
    assert "probe" in geor1(*arguments, code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("eval", "imageo-gs"), "did you mean imageo-gss?"),
        (("eval", "pairing", "--data", "nowhere"), "build-pairs"),
        (("eval", "imageo-gss", "--data", "nowhere"), "zenodo"),
        (("eval", "imageo-gss", "--data", "owner/name"), "--revision"),
        (("eval", "imageo-gss", "--probe", "8px"), "no-image"),
        (("eval", "imageo-gss", "--price-in", "1"), "--price-out"),
        (("eval", "imageo-gss", "--shard", "3/2"), "1/4"),
        (("eval", "imageo-gss", "--model", "gpt"), "openai:NAME"),
        (("score", "nothing.jsonl", "--benchmark", "imageo-gss"), "nothing.jsonl"),
        (("runs", "show", "nowhere"), "run.json"),
        (("runs", "list", "nowhere"), "geor1 eval"),
        (("benchmarks", "show", "paring"), "pairing"),
    ],
)
def test_errors_say_what_to_do(arguments, said):
    result = geor1(*arguments, code=2)
    assert said in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a1,X,Y,91,0,Z", "latitude '91'"),
        ("a1,X,Y,,0,Z", "latitude ''"),
        ("b2,X,Y,1,2,Z\nb2,X,Y,1,2,Z", "occurs twice"),
    ],
)
def test_bad_rows_are_named(tmp_path, row, said):
    (tmp_path / "dataset1_info.csv").write_text(f"{GSS}\n{row}\n")
    result = geor1("eval", "imageo-gss", "--data", tmp_path, code=2)
    assert said in result.stderr.replace("\n", " ")
    assert "row" in result.stderr


def test_a_missing_picture_is_skipped_and_told(data, tmp_path):
    for path in (data / "images").iterdir():
        path.unlink()
    run = document("eval", "imageo-gss", "--data", data, "--probe", "no-image")["runs"][0]
    assert run["scores"]["statuses"]["ok"] == 4


def test_benchmarks_are_listed_with_source_and_licence():
    names = [entry["name"] for entry in document("benchmarks", "list")["benchmarks"]]
    assert {"imageo-gss", "imageo-pcw", "imageo-upc", "pairing"} <= set(names)
    shown = document("benchmarks", "show", "imageo-gss")
    assert "CC BY" in shown["licence"]
    assert shown["prompt"]["system"].startswith("You are an AI assistant")
    published, paper = shown["published"]
    assert (published["protocol"], paper["protocol"]) == ("official", "unknown")
    assert published["columns"][0] == "model"
    assert ["o3", None, None, None, None, 8.2] in published["rows"]
    assert "licence" in geor1("benchmarks", "show", "pairing").stdout
