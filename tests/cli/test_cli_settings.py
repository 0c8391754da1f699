"""Options: command line, then environment, then ``geor1.toml``, then the built-in default."""

import json
from collections import Counter

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from geobench_tools.benchmarks import benchmark_names
from geobench_tools.cli import _settings, app
from geobench_tools.settings import active, load_settings


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("OPENAI_BASE_URL", "OPENAI_MODEL", "GEOR1_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def settings(tmp_path):
    def write(text):
        (tmp_path / "geor1.toml").write_text(text, encoding="utf-8")

    return write


def geor1(*arguments, code=0, env=None):
    result = CliRunner().invoke(app, [str(a) for a in arguments], env=env)
    assert result.exit_code == code, result.output
    return result


def requests(*arguments, env=None):
    run = geor1("eval", "imageo-gss", *arguments, "--json", env=env)
    return json.loads(run.stdout)["runs"][0]["scores"]["records"]


def test_command_line_then_environment_then_file_then_default(settings):
    everything = requests("-o", "a")
    settings("[defaults.eval]\nlimit = 5\n")
    assert everything > 5
    assert requests("-o", "b") == 5
    assert requests("-o", "c", env={"GEOR1_EVAL_LIMIT": "4"}) == 4
    assert requests("-o", "d", "--limit", "3", env={"GEOR1_EVAL_LIMIT": "4"}) == 3
    other = json.loads(geor1("--config", "none", "eval", "imageo-gss", "-o", "e", "--json").stdout)
    assert other["runs"][0]["scores"]["records"] == everything


def test_lists_switches_and_another_file_of_the_environment(settings, tmp_path):
    settings(
        "[defaults.eval]\nbase-url = ['http://127.0.0.1:9/v1', 'http://127.0.0.1:8/v1']\n"
        "json-object = false\nmodel = 'openai:x'\n"
    )
    plan = json.loads(geor1("eval", "imageo-gss", "--dry-run", "--json").stdout)
    assert plan["dry_run"][0]["requests"] == 12
    geor1("eval", "imageo-gss", "--model", "majority", code=2)
    env = {"GEOR1_CONFIG": "none"}
    geor1("eval", "imageo-gss", "--model", "majority", "-o", "none", env=env)
    settings("[defaults.eval]\njson-object = false\n")
    geor1("eval", "imageo-gss", "--model", "majority", "-o", "free")
    runs = [json.loads((tmp_path / name / "run.json").read_text()) for name in ("none", "free")]
    asked = [run["parameters"]["identity"]["sampling"].get("json_object") for run in runs]
    assert asked[0] is True
    assert not asked[1]


def test_a_variable_named_like_an_option_of_geor1_itself_is_nothing():
    env = {"GEOR1_VERSION": "0.1", "GEOR1_INSTALL_COMPLETION": "1"}
    assert "GEOR1_VERSION" not in geor1("--help").stdout
    geor1("benchmarks", "list", env=env)


def test_a_variable_is_named_like_its_option(tmp_path):
    env = {"GEOR1_EVAL_OUTPUT": "by-out", "GEOR1_EVAL_SET": "a=b", "GEOR1_EVAL_JSON": "1"}
    assert "setting 'a'" in geor1("eval", "imageo-gss", code=2, env=env).stdout
    env = {"GEOR1_EVAL_OUTPUT": "by-out", "GEOR1_EVAL_JSON_OBJECT": "false", "GEOR1_EVAL_JSON": "1"}
    made = json.loads(geor1("eval", "imageo-gss", env=env).stdout)
    assert made["runs"][0]["folder"] == "by-out"
    run = json.loads((tmp_path / "by-out" / "run.json").read_text())
    assert not run["parameters"]["identity"]["sampling"].get("json_object")
    env = {"GEOR1_EVAL_BASE_URL": "http://127.0.0.1:9/v1 http://127.0.0.1:8/v1"}
    geor1("eval", "imageo-gss", "--model", "openai:x", "--dry-run", env=env)


def test_help_shows_the_file_and_its_values(settings):
    settings("[defaults.eval]\nconcurrency = 7\n")
    shown = geor1("eval", "--help").stdout
    assert "[default: 7]" in shown
    assert "geor1.toml" in shown
    assert "env var: GEOR1_EVAL" not in shown
    assert "geor1.toml" in geor1("--help").stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[defaults.evil]\nlimit = 5\n", "geor1.toml:1: defaults.evil"),
        ("[defaults.eval]\nlimits = 5\n", "did you mean limit?"),
        ("[defaults.eval]\nlimit = 4.5\n", "geor1.toml:2: defaults.eval.limit is 4.5"),
        ("[defaults.eval]\nlimit = true\n", "geor1.toml:2: defaults.eval.limit is True"),
        ("[defaults.eval]\nlimit = [1, 2]\n", "takes one value"),
        ("[defaults.eval]\nprobe = 'blnk'\n", "geor1.toml:2: defaults.eval.probe"),
        ("[defaults.eval]\ncircular = 1\n", "write true or false"),
        ("[defaults.eval]\nname = 'x'\n", "no option 'name'"),
        ("[defaults.eval]\nhelp = true\n", "no option 'help'"),
        ("[defaults.runs.compare]\nforced = true\n", "geor1.toml:2: defaults.runs.compare.forced"),
        ("[defaults.runs]\nforce = true\n", "no command 'force'"),
        ("[data]\nimaego = 'x'\n", "did you mean imageo?"),
    ],
)
def test_a_bad_entry_names_file_line_key_and_remedy(settings, text, said):
    settings(text)
    result = geor1("eval", "imageo-gss", code=2)
    assert said in " ".join(result.stderr.split())
    assert "next:" in result.stderr


def test_a_bad_file_stops_neither_help_nor_doctor(settings):
    settings("[nonsense]\n")
    geor1("eval", "--help")
    found = json.loads(geor1("doctor", "--json", code=1).stdout)["findings"]
    wrong = [f for f in found if f["name"] == "geor1.toml"]
    assert wrong[0]["level"] == "error"
    assert "geor1.toml:1" in wrong[0]["found"]
    error = json.loads(geor1("runs", "list", "--json", code=2).stdout)["error"]
    assert "nonsense" in error["message"]


def test_a_command_of_a_group_takes_its_defaults(settings, tmp_path):
    for temperature in ("0", "1"):
        geor1("eval", "imageo-gss", "--temperature", temperature, "-o", f"t{temperature}")
    geor1("runs", "compare", "t0", "t1", code=2)
    settings("[defaults.runs.compare]\nforce = true\n")
    geor1("runs", "compare", "t0", "t1")


def test_paths_are_taken_from_the_files_folder(settings, tmp_path, monkeypatch):
    settings("[defaults.eval]\noutput = 'here'\n")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    geor1("eval", "imageo-gss")
    assert (tmp_path / "here" / "run.json").is_file()


def test_data_roots_are_used_where_no_data_are_named(settings, tmp_path):
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "dataset1_info.csv").write_text(
        "image_id,city,country,latitude,longitude\na,Lyon,France,45.76,4.84\n"
    )
    settings("[data]\nimageo = 'sets'\n")
    run = json.loads(geor1("eval", "imageo-gss", "--json").stdout)["runs"][0]
    assert run["SAMPLE"] is False
    assert run["scores"]["records"] == 1
    chosen = geor1("eval", "imageo-gss", "--data", "sample", "--json")
    assert json.loads(chosen.stdout)["runs"][0]["SAMPLE"] is True


def test_models_have_names(settings):
    settings("[models]\ndefault = 'fixed'\n[models.fixed]\nmodel = 'constant:{}'\n")
    named = geor1("eval", "imageo-gss", "--model", "fixed", "-o", "named")
    by_default = geor1("eval", "imageo-gss", "-o", "default")
    assert "model fixed" in by_default.stderr
    assert "fixed" in named.stdout
    unknown = geor1("eval", "imageo-gss", "--model", "fixd", code=2)
    assert "fixed, openai:NAME" in unknown.stderr


def test_a_run_says_which_file_was_used(settings, tmp_path):
    settings("[defaults.eval]\nlimit = 5\n")
    geor1("eval", "imageo-gss", "-o", "run")
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    assert manifest["run"]["settings"] == str(tmp_path / "geor1.toml")


def test_settings_end_with_the_command(settings):
    settings("[defaults.eval]\nlimit = 5\n")
    geor1("eval", "imageo-gss")
    assert active().path is None


def test_init_writes_a_file_whose_every_line_works(tmp_path):
    geor1("init")
    text = (tmp_path / "geor1.toml").read_text()
    geor1("eval", "imageo-gss", "-o", "as-written")
    assert "exists already" in geor1("init", code=2).stderr
    lines = [line[1:] if _is_entry(line) else line for line in text.splitlines()]
    opened = "\n".join(lines)
    assert opened != text
    (tmp_path / "geor1.toml").write_text(opened)
    geor1("eval", "imageo-gss", "--data", "sample", "--model", "majority", "-o", "opened")
    known = {*benchmark_names(), *benchmark_names().values()}
    named = load_settings(tmp_path / "geor1.toml").data
    assert set(named) & known


def _is_entry(line):
    return line.startswith("#") and line[1:2] not in (" ", "")


def test_init_prints_and_scans(tmp_path):
    (tmp_path / "deep" / "sets" / "photos").mkdir(parents=True)
    (tmp_path / "deep" / "sets" / "photos" / "dataset1_info.csv").write_text("image_id\n")
    shown = json.loads(geor1("init", "--print", "--scan", tmp_path / "deep", "--json").stdout)
    assert shown["data"] == {"imageo": str(tmp_path / "deep" / "sets" / "photos")}
    assert f'imageo = "{tmp_path}' in shown["text"]
    assert not (tmp_path / "geor1.toml").exists()


def test_no_two_options_share_a_variable():
    group = get_command(app)
    for name, command in group.commands.items():
        _settings._name_variables(command, f"GEOR1_{name}")
    variables = Counter(_variables(group))
    variables.pop("GEOR1_FAMILY")
    assert len(variables) > 200
    assert [name for name, count in variables.items() if count > 1] == []


def _variables(command):
    yield from (param.envvar for param in command.params if isinstance(param.envvar, str))
    for inner in getattr(command, "commands", {}).values():
        yield from _variables(inner)
