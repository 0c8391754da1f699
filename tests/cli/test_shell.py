import json
import os
import signal
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from geobench_tools import __version__
from geobench_tools.cli import app
from geobench_tools.cli._console import JsonOption, Output, QuietOption, command, table
from geobench_tools.errors import CheckFailed, InputError, PartialFailure

HEAVY = (
    *("numpy", "pyarrow", "pandas", "geopandas", "sklearn", "shapely", "PIL", "openai", "httpx2"),
    *("datasets", "huggingface_hub", "torch", "yaml"),
)


def test_version():
    result = CliRunner().invoke(app, ["--version"])
    assert result.stdout == f"geor1 {__version__}\n"
    assert result.exit_code == 0


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from geobench_tools.cli import app; from typer.testing import CliRunner; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_command_has_json_and_quiet_and_a_description():
    click_app = typer.main.get_command(app)
    commands = {}

    def walk(group, prefix):
        for name, sub in group.commands.items():
            if hasattr(sub, "commands"):
                walk(sub, f"{prefix}{name} ")
            else:
                commands[prefix + name] = sub

    walk(click_app, "")
    assert "build-pairs" in commands
    for name, one in commands.items():
        flags = {flag for option in one.params for flag in option.opts}
        assert {"--json", "--quiet"} <= flags, name
        assert one.help, name
        for option in one.params:
            if hasattr(option, "help"):
                assert option.help, (name, option.name)


@pytest.fixture
def toy():
    made = typer.Typer()

    @made.command()
    def run(what: str, as_json: JsonOption = False, quiet: QuietOption = False) -> None:
        with command(as_json=as_json, quiet=quiet) as out:
            out.note("working")
            if what == "input":
                raise InputError("row 3: latitude 'x' is no number", hint="fix it")
            if what == "check":
                raise CheckFailed("a leak")
            if what == "partial":
                raise PartialFailure("2 failed")
            with out.progress.task("count", 2) as advance:
                advance(2)
            out.result({"n": 1}, table("t", ("name", "n"), [("a [b]", 1_000)]))

    return lambda *args: CliRunner().invoke(made, args)


@pytest.mark.parametrize(
    ("what", "code"), [("fine", 0), ("check", 1), ("input", 2), ("partial", 3)]
)
def test_exit_codes(toy, what, code):
    result = toy(what)
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_an_error_says_what_and_what_next(toy):
    result = toy("input")
    assert "error: row 3: latitude 'x' is no number" in result.stderr
    assert "next:  fix it" in result.stderr
    assert result.stdout == ""


def test_json_is_one_document_on_stdout(toy):
    assert json.loads(toy("fine", "--json").stdout) == {"n": 1}
    failed = toy("input", "--json")
    assert json.loads(failed.stdout)["error"]["hint"] == "fix it"
    assert failed.exit_code == 2


def test_quiet_says_nothing_but_the_result(toy):
    loud, quiet = toy("fine"), toy("fine", "--quiet")
    assert "working" in loud.stderr
    assert quiet.stderr == ""
    assert "1,000" in quiet.stdout
    assert "a [b]" in quiet.stdout


def geor1(*words, **options):
    command = (sys.executable, "-m", "geobench_tools", *words)
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **options)


@pytest.mark.parametrize(
    ("words", "said", "where"),
    [
        (("build-pairs", "--k", "four"), "--k", "geor1 build-pairs"),
        (("buildpairs",), "build-pairs", "geor1"),
        (("runs", "show"), "RUN", "geor1 runs show"),
    ],
)
def test_wrong_usage_is_a_document_too(words, said, where):
    done = geor1(*words, "--json", stdout=subprocess.PIPE)
    error = json.loads(done.stdout)["error"]
    assert said in error["message"]
    assert error["hint"] == f"{where} --help"
    assert done.returncode == 2


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_stdout_that_takes_nothing(words):
    with open("/dev/full", "w") as full:
        done = geor1("places", "0,0", *words, stdout=full)
    assert "Traceback" not in done.stderr
    assert "error: No space left on device" in done.stderr
    assert done.returncode


@pytest.mark.parametrize("words", ["benchmarks list", "--help", "benchmarks list --json"])
def test_a_pipe_that_is_closed_early(words):
    shell = f"{sys.executable} -m geobench_tools {words} | true"
    done = subprocess.run(shell, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == ""


STOPPED = """
import os, signal, sys
class Stop:
    def find_spec(self, name, *_):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Stop())
"""


@pytest.mark.parametrize(("name", "code"), [("typer", -signal.SIGINT), ("pyarrow", 130)])
def test_an_interrupt_while_packages_are_imported(tmp_path, name, code):
    (tmp_path / "sitecustomize.py").write_text(STOPPED.format(name=name))
    (tmp_path / "views.csv").write_text("view_id,kind,lat,lon\na,ground,45,5\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    words = ("index", "views.csv", "-o", "views.parquet")
    done = geor1(*words, env=env, cwd=tmp_path, stdout=subprocess.PIPE)
    assert "Traceback" not in done.stderr
    assert done.returncode == code


def test_closed_streams():
    shell = f"{sys.executable} -m geobench_tools places 0,0 >&- 2>&-"
    assert subprocess.run(shell, shell=True, check=False).returncode == 0


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colour_where_none_is_wanted(monkeypatch, name, value):
    said = []
    monkeypatch.setattr(typer, "secho", lambda _text, **how: said.append(how["color"]))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    Output(False, False).warn("x")
    monkeypatch.setenv(name, value)
    out = Output(False, False)
    out.warn("x")
    out.warn("x")
    assert said == [None, False]


def test_eval_with_nothing_named_asks_no_data_of_the_user(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "geor1.toml").write_text('[data]\nimageo = "nowhere"\n')
    done = CliRunner().invoke(app, ["eval", "--dry-run", "--json"])
    assert done.exit_code == 0, done.output
    plans = json.loads(done.stdout)["dry_run"]
    assert len(plans) == 9
    assert all(plan["benchmark"].endswith("-SAMPLE") for plan in plans)
    assert done.stderr.count("suite geo-r1") == 1


def test_what_data_hold_does_not_steer_the_terminal(capsys):
    Output(False, False).result({}, table("t", ("name",), [("a\x1b[31m[b]x\ny",)]))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert r"a\x1b[31m[b]x" in shown
