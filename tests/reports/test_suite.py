"""``geor1 eval --suite``: every benchmark, one table, resumed by the same command."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from geobench_tools.benchmarks import benchmark_info, benchmark_names, data_by_name, load_suite
from geobench_tools.cli import app
from geobench_tools.errors import InputError
from geobench_tools.reports import EvalRequest, SuiteRequest, run_suite
from geobench_tools.reports import _suite as suite_module
from geobench_tools.reports._evaluate import evaluate_one

GSS = "image_id,city,country,latitude,longitude\n"
ROWS = (
    ("a1", "Zürich", "Switzerland", 47.37, 8.54),
    ("b2", "Lyon", "France", 45.76, 4.84),
    ("c3", "Accra", "Ghana", 5.6, -0.19),
)


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("OPENAI_BASE_URL", "OPENAI_MODEL", "GEOR1_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "gss"
    folder.mkdir()
    lines = "\n".join(",".join(map(str, row)) for row in ROWS)
    (folder / "dataset1_info.csv").write_text(GSS + lines + "\n", encoding="utf-8")
    for row in ROWS:
        Image.new("RGB", (8, 8), (10, 20, 30)).save(folder / f"{row[0]}.jpg", "JPEG")
    return folder


@pytest.fixture
def replies(tmp_path):
    def write(name, right):
        path = tmp_path / f"{name}.jsonl"
        with path.open("w", encoding="utf-8") as stream:
            for image_id, city, country, lat, lon in ROWS:
                if image_id not in right:
                    city, country, lat, lon = "Oslo", "Norway", 59.9, 10.7
                text = {
                    "reverse_geocoding": {
                        "address": {"city": city, "country": country},
                        "coordinates": {"latitude": lat, "longitude": lon},
                    }
                }
                stream.write(json.dumps({"sample_id": image_id, "text": json.dumps(text)}) + "\n")
        return f"replay:{path}"

    return write


@pytest.fixture
def small(tmp_path):
    """A suite of one benchmark, in a file of the user's own."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "title: Mine\npaper: none\nremarks: [a remark]\nsections:\n"
        "- title: Streets\n  benchmark: imageo-gss\n  layout: models\n"
        "  columns:\n  - {label: City, metric: city}\n  - {label: Median km, metric: median_km}\n"
        "  - {label: Nothing, metric: nothing}\n"
        '  wanted: [GeoCLIP, "Nobody\'s <b>model</b>"]\n  remarks: [beware]\n'
    )
    return path


def geor1(*arguments, code=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def document(*arguments, code=0):
    return json.loads(geor1(*arguments, "--json", code=code).stdout)


def rows(table, kind):
    return [row for row in table["rows"] if row["kind"] == kind]


def test_with_no_data_every_own_cell_is_marked_and_the_same_command_changes_nothing(tmp_path):
    result = geor1("eval", "--suite", "geo-r1", "--model", "random")
    assert result.stderr.count("SAMPLE: no data for") == 1
    folder = tmp_path / "runs" / "geo-r1_random"
    made = json.loads((folder / "suite.json").read_text())
    suite = load_suite("geo-r1")
    assert len(made["SAMPLE"]) == len(made["tables"]) == len(suite.sections)
    assert made["tasks"] > 25
    for table in made["tables"]:
        assert table["sample"] is True
        assert (folder / table["benchmark"] / "run.json").is_file()
        assert rows(table, "model")
        assert rows(table, "published")
    page = (folder / "suite.html").read_text()
    sections = re.findall(r'<section class="card gap suite".*?</section>', page, re.DOTALL)
    assert len(sections) == len(suite.sections)
    for section in sections:
        own = re.findall(r"<td[^>]*>(.*?)</td>", section)
        figures = [cell for cell in own if "<br>" in cell]
        assert figures
        assert all("mark-sample" in cell for cell in figures)
    assert 'class="sample-banner"' in page
    logs = {path: path.read_bytes() for path in folder.glob("*/samples.jsonl")}
    geor1("eval", "--suite", "geo-r1", "--model", "random", "--quiet")
    assert logs == {path: path.read_bytes() for path in folder.glob("*/samples.jsonl")}
    assert json.loads((folder / "suite.json").read_text())["tables"] == made["tables"]


def test_what_was_broken_off_goes_on(tmp_path, photos, small, replies):
    whole = replies("all", {"a1", "b2", "c3"})
    path = tmp_path / "all.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:1]))
    arguments = ("eval", "--suite", small, "--data", photos, "--model", whole, "-o", "run")
    first = geor1(*arguments, code=3)
    assert "run the same command again" in first.stderr
    table = json.loads((tmp_path / "run" / "suite.json").read_text())["tables"][0]
    assert table["statuses"] == {"ok": 1, "error": 2}
    assert rows(table, "model")[0]["cells"]["City"]["n"] == 3


def test_figures_of_a_model_its_base_and_published_ones(tmp_path, photos, small, replies):
    for name, right in (("base", {"a1"}), ("tuned", {"a1", "b2", "c3"})):
        arguments = ["eval", "--suite", small, "--data", f"imageo-gss={photos}"]
        arguments += ["--model", replies(name, right), "-o", name]
        if name == "tuned":
            arguments += ["--against", "base"]
        made = document(*arguments)
    table = made["tables"][0]
    assert table["sample"] is False
    strict = rows(table, "model")[0]
    assert strict["protocol"] == "strict"
    assert strict["cells"]["City"]["value"] == 1.0
    assert strict["cells"]["City"]["n"] == 3
    assert rows(table, "model")[1]["protocol"] == "official"
    assert rows(table, "base")[0]["cells"]["City"]["value"] == pytest.approx(1 / 3)
    difference = rows(table, "difference")[0]["cells"]["City"]
    assert difference["value"] == pytest.approx(2 / 3)
    assert difference["low"] is not None
    assert table["remarks"][0] == "beware"
    assert table["remarks"][1].startswith("This run has no nothing. Its metrics: city, country,")
    published = {row["who"]: row for row in rows(table, "published")}
    assert published["GeoCLIP"]["cells"]["City"]["value"] == 0.1086
    assert published["Nobody's <b>model</b>"]["cells"] == {}
    assert rows(table, "majority")[0]["cells"]["City"]["value"] == pytest.approx(1 / 3)
    assert rows(table, "chance")
    shown = " ".join(geor1(*arguments).stdout.split())
    assert "+66.7 pt" in shown
    assert "unknown" in shown
    assert "n/a" in shown
    assert "beware" in shown
    assert "SAMPLE" not in shown
    page = (tmp_path / "tuned" / "suite.html").read_text(encoding="utf-8")
    assert "<b>model</b>" not in page
    assert "Nobody&#x27;s &lt;b&gt;model" in page
    links = _Links()
    links.feed(page)
    files = [link for link in links.found if not link.startswith(("#", "data:"))]
    assert files
    assert all((tmp_path / "tuned" / link).is_file() for link in files)


def test_a_figure_beside_a_tasks_own_is_strict(photos, small, replies):
    text = small.read_text().replace("layout: models", "layout: tasks\n  beside: [country]")
    small.write_text(text)
    model = replies("all", {"a1"})
    made = document("eval", "--suite", small, "--data", photos, "--model", model)
    own = [(row["metric"], row["protocol"]) for row in rows(made["tables"][0], "model")]
    assert own == [("", "strict"), ("", "official"), ("country", "strict")]
    shown = geor1("eval", "--suite", small, "--data", photos, "--model", model).stdout
    assert "6 to 79" in shown
    (page,) = Path("runs").glob("*/suite.html")
    assert "6.1 to 79.2" in page.read_text()


def test_what_an_interruption_leaves_undone_is_named(tmp_path, small, monkeypatch):
    text = small.read_text()
    section = text[text.index("- title") :].replace("imageo-gss", "imageo-upc")
    small.write_text(text + section)

    def interrupted(*given):
        done = evaluate_one(*given)
        return replace(done, result=replace(done.result, interrupted=True))

    monkeypatch.setattr(suite_module, "evaluate_one", interrupted)
    request = EvalRequest((), "majority", output=tmp_path / "run")
    result = run_suite(SuiteRequest(str(small), request))
    assert len(result.tables) == 1
    assert "imageo-upc-SAMPLE" in result.unfinished
    assert "imageo-upc-SAMPLE" in result.failure().message


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("src", "href") and value]


def test_a_base_that_was_asked_otherwise_is_refused_before_anything_is_asked(
    tmp_path, photos, small, replies
):
    model = replies("m", {"a1"})
    common = ("eval", "--suite", small, "--data", photos, "--model", model)
    geor1(*common, "--temperature", "0", "-o", "base")
    refused = geor1(*common, "--against", "base", "-o", "new", code=2)
    assert "sampling temperature" in refused.stderr
    assert not (tmp_path / "new").exists()
    geor1(*common, "--against", "base", "-o", "new", "--force")


def test_a_single_run_is_a_base_and_a_folder_of_nothing_is_not(tmp_path, photos, small, replies):
    model = replies("m", {"a1"})
    geor1("eval", "imageo-gss", "--data", photos, "--model", model, "-o", "single")
    common = ("eval", "--suite", small, "--data", photos, "--model", model)
    table = document(*common, "--against", "single", "-o", "new")["tables"][0]
    assert rows(table, "difference")[0]["cells"]["City"]["value"] == 0.0
    (tmp_path / "void").mkdir()
    assert "holds no run" in geor1(*common, "--against", "void", "-o", "x", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["eval", "--suite", "geo-r2"], "no suite 'geo-r2'"),
        (["eval", "--data", "sample"], "name a benchmark or a suite"),
        (["eval", "imageo-gss", "--suite", "geo-r1"], "either benchmarks or a suite"),
        (["eval", "imageo-gss", "--against", "x"], "--against goes with --suite"),
        (["eval", "imageo-gss", "--data", "a", "--data", "b"], "both for all"),
        (["eval", "imageo-gss", "--data", "imageo=a", "--data", "imageo=b"], "twice"),
        (["eval", "--suite", "no-such.yaml"], "cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, said):
    assert said in " ".join(geor1(*arguments, code=2).stderr.split())


def test_data_are_named_by_benchmark_family_or_for_all():
    chosen = ["imageo-upc", "mp16-reason"]
    assert data_by_name(["a", "imageo=b", "imageo-upc=c=d"], chosen) == (
        "a",
        {"imageo": "b", "imageo-upc": "c=d"},
    )
    assert data_by_name(["x=y"], chosen) == ("x=y", {})
    with pytest.raises(InputError, match="both for all"):
        data_by_name(["a", "b"], chosen)
    with pytest.raises(InputError, match="no benchmark of pairing is run"):
        data_by_name(["pairing=x"], chosen)


def test_the_suite_of_the_paper_holds_its_families():
    suite = load_suite("geo-r1")
    names = benchmark_names()
    for section in suite.sections:
        assert section.benchmark in names
        known = {column for one in benchmark_info(section.benchmark).published
                 for column in one.columns}  # fmt: skip
        for column in section.columns:
            assert not known or column.average or column.published in known
    assert len({section.title for section in suite.sections}) == len(suite.sections)


def test_a_line_for_each_task_with_its_own_lines_to_beat(tmp_path):
    path = tmp_path / "chain.yaml"
    tasks = ("Q01 boats or ships", "Q06 near the Poles", "Q99 not asked")
    columns = "".join(
        f'  - {{label: "{task}", task: "{task}", metric: pass_score}}\n' for task in tasks
    )
    path.write_text(
        "title: Chain\nsections:\n- title: Questions\n  benchmark: geochain-binary13\n"
        "  layout: tasks\n  beside: [balanced_accuracy]\n  columns:\n" + columns
    )
    arguments = ("eval", "--suite", path, "--model", "constant:No")
    made = document(*arguments, "-o", "run")
    assert made["tasks"] == 3
    strict, balanced = rows(made["tables"][0], "model")
    for task in tasks[:2]:
        log = (tmp_path / "run" / "geochain-binary13-SAMPLE" / "samples.jsonl").read_text()
        records = [json.loads(line) for line in log.splitlines()]
        truths = [record["target"] for record in records if record["task"] == task]
        assert strict["cells"][task]["value"] == pytest.approx(truths.count("No") / len(truths))
        assert strict["cells"][task]["n"] == len(truths)
    assert balanced["metric"] == "balanced accuracy"
    assert balanced["cells"]["Q01 boats or ships"]["value"] == 0.5
    assert tasks[2] not in strict["cells"]
    shown = geor1(*arguments, "-o", "run").stdout
    line = next(line for line in shown.splitlines() if "Q99" in line)
    assert line.count("n/a") == 4
    assert "S 100.0 %" in shown


def test_the_base_is_noted_where_it_has_no_run(photos, small, replies):
    model = replies("m", {"a1"})
    geor1("eval", "imageo-upc", "--model", "majority", "-o", "other")
    common = ("eval", "--suite", small, "--data", photos, "--model", model)
    result = geor1(*common, "--against", "other", "-o", "new")
    assert "no run of imageo-gss" in result.stderr


def test_one_model_serves_all_benchmarks(tmp_path, monkeypatch):
    from geobench_tools.reports import _evaluate

    made = []
    real = _evaluate.parse_model
    monkeypatch.setattr(_evaluate, "parse_model", lambda *a, **k: made.append(a) or real(*a, **k))
    path = tmp_path / "two.yaml"
    column = "  layout: models\n  columns:\n  - {label: City, metric: city}\n"
    path.write_text(
        "title: Two\nsections:\n"
        f"- title: One\n  benchmark: imageo-gss\n{column}"
        f"- title: Other\n  benchmark: imageo-upc\n{column}"
    )
    geor1("eval", "--suite", path, "--model", "random")
    assert len(made) == 1


def test_a_dry_run_adds_up_and_writes_nothing(tmp_path):
    arguments = ("eval", "imageo-gss", "imageo-upc", "--dry-run", "--model", "openai:x")
    arguments += ("--base-url", "http://127.0.0.1:9/v1", "--price-in", "1", "--price-out", "1")
    result = geor1(*arguments)
    plans = document(*arguments)["dry_run"]
    line = next(line for line in result.stdout.splitlines() if "│ all" in line)
    assert str(sum(plan["requests"] for plan in plans)) in line.replace(",", "")
    assert f"{sum(plan['prompt_tokens'] for plan in plans):,}" in line
    assert not (tmp_path / "runs").exists()


def test_the_protocol_that_was_asked_for_comes_first(tmp_path, photos, small, replies):
    common = ("eval", "--suite", small, "--data", photos, "--model", replies("m", {"a1"}))
    for first, second in (("strict", "official"), ("official", "strict")):
        lines = geor1(*common, "-o", "run", "--protocol", first).stdout.splitlines()
        own = [line for line in lines if "│ replay" in line]
        assert first in own[0]
        assert second in own[1]


COLUMN = "columns: [{label: a, metric: city}]"
SECTION = f"title: T\n  benchmark: imageo-gss\n  layout: models\n  {COLUMN}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no title"),
        ("[" * 5000, "is no YAML"),
        ("title: x", "no list of sections"),
        ("title: x\nsections: 5", "no list of sections"),
        ("title: x\nsections: [5]", "is no mapping"),
        ("title: x\nsections:\n- title: T", "lacks benchmark, layout, columns"),
        (f"title: x\nsections:\n- {SECTION}  nonsense: 1\n", "unknown key 'nonsense'"),
        (f"title: x\nsections:\n- {SECTION}  wanted: GeoCLIP\n", "wanted 'GeoCLIP' is no list"),
        (f"title: x\nsections:\n- {SECTION}  settings: 5\n", "settings 5 is no mapping"),
        (f"title: x\nremarks: a\nsections:\n- {SECTION}", "remarks 'a' is no list"),
        (f"title: x\nsections:\n- {SECTION}- {SECTION}", "stands in two sections"),
        (f"title: x\nsections:\n- {SECTION}".replace("models", "rows"), "layout 'rows'"),
        (f"title: x\nsections:\n- {SECTION}".replace("metric", "metrik"), "column"),
        (f"title: x\nsections:\n- {SECTION}".replace("imageo-gss", "imageo"), "no benchmark"),
        ("title: !!python/object/apply:os.system [echo]", "is no YAML"),
    ],
)
def test_a_suite_file_that_is_wrong_says_where(tmp_path, text, said):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    result = geor1("eval", "--suite", path, "--model", "random", code=2)
    assert said in " ".join(result.stderr.split())
    assert not (tmp_path / "runs").exists()


def test_a_folder_of_something_else_is_refused(tmp_path, photos, small, replies):
    model = replies("m", {"a1"})
    geor1("eval", "imageo-gss", "--data", photos, "--model", model, "-o", "single")
    common = ("eval", "--suite", small, "--data", photos, "--model", model)
    assert "one run" in geor1(*common, "-o", "single", code=2).stderr
    geor1(*common, "-o", "mine")
    other = tmp_path / "other.yaml"
    other.write_text(small.read_text())
    refused = geor1("eval", "--suite", other, *common[3:], "-o", "mine", code=2)
    assert "holds mine, not the suite other" in refused.stderr


def test_the_suite_of_the_how_to_page_runs(tmp_path):
    page = Path(__file__).parents[2] / "docs/how-to/run-the-suite.md"
    (text,) = re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.M | re.S)
    (tmp_path / "page.yaml").write_text(text)
    made = document("eval", "--suite", "page.yaml", "--model", "majority")
    assert made["tasks"] == 4
    for table in made["tables"]:
        (first, *_) = rows(table, "model")
        assert len(first["cells"]) == len(table["columns"])
