"""The stages of the demo are commands that parse, and each is run once."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from geobench_tools import demo
from geobench_tools.cli import app
from geobench_tools.demo import Stage, demo_stages, run_demo
from geobench_tools.errors import InputError, PartialFailure


def test_every_stage_is_a_command_with_options_it_knows(tmp_path, monkeypatch):
    monkeypatch.setenv("GEOR1_CACHE", str(tmp_path / "cache"))
    root = typer.main.get_command(app)
    stages = list(demo_stages(tmp_path / "demo", train=False))
    assert [stage.words[0] for stage in stages] == [
        *("world", "build-pairs", "audit-pairs", "synth-cot", "eval", "study")
    ]
    for stage in stages:
        command, words = root, list(stage.words)
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        command.make_context(stage.words[0], words, resilient_parsing=False)


@pytest.fixture
def stages(monkeypatch):
    made = [Stage("one", ("--version",)), Stage("two", ("benchmarks", "list"))]
    monkeypatch.setattr(demo, "demo_stages", lambda folder, train: iter(made))
    return made


def test_a_second_call_runs_only_what_is_missing(stages, tmp_path):
    said: list[str] = []
    first = run_demo(tmp_path / "demo", said.append)
    assert all(first.seconds.values())
    assert [line for line in said if line.startswith("\n")] == [
        "\none\n$ geor1 --version",
        "\ntwo\n$ geor1 benchmarks list",
    ]
    stages.append(Stage("three", ("study", str(tmp_path / "none"))))
    with pytest.raises(PartialFailure, match="exit code 2"):
        run_demo(tmp_path / "demo", said.append)
    stages[-1] = Stage("three", ("--help",))
    assert list(run_demo(tmp_path / "demo", said.append).seconds.values())[:2] == [0.0, 0.0]


def test_what_is_installed_is_run_in_a_checkout_too(stages, tmp_path, monkeypatch):
    (tmp_path / "geobench_tools").mkdir()
    (tmp_path / "geobench_tools" / "__init__.py").write_text("")
    monkeypatch.chdir(tmp_path)
    assert len(run_demo(tmp_path / "demo", lambda _said: None).seconds) == 2


def test_a_stage_that_is_another_one_now_is_run(stages, tmp_path):
    run_demo(tmp_path / "demo", lambda _said: None)
    stages[1] = Stage("two", ("benchmarks", "list", "--quiet"))
    again = run_demo(tmp_path / "demo", lambda _said: None).seconds
    assert [bool(seconds) for seconds in again.values()] == [False, True]


@pytest.mark.parametrize("killed_before", [True, False])
def test_a_kill_between_a_stage_and_its_mark(stages, tmp_path, monkeypatch, killed_before):
    folder = tmp_path / "demo"
    typed = f"world render --towns 1 --views 8 --size 64x32 --tile-size 32 -o {folder}/world"
    stages[:] = [Stage("one", typed.split())]
    real = subprocess.run

    def killed(*words, **how):
        if not killed_before:
            real(*words, **how)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo.subprocess, "run", killed)
        with pytest.raises(KeyboardInterrupt):
            run_demo(folder, lambda _said: None)
    (seconds,) = run_demo(folder, lambda _said: None).seconds.values()
    assert bool(seconds) == killed_before
    assert (folder / "world" / "manifest.json").is_file()


def test_what_another_version_made_is_not_taken(stages, tmp_path):
    folder = tmp_path / "demo"
    stages[:] = [Stage("one", f"world render --towns 0 -o {folder}/world".split())]
    (folder / "world").mkdir(parents=True)
    (folder / ".done").mkdir()
    (folder / ".done" / "00-world").write_text("geor1 world render --towns 1")
    for _ in range(2):
        with pytest.raises(PartialFailure) as caught:
            run_demo(folder, lambda _said: None)
        assert "was made by other commands: remove it" in caught.value.hint


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "demo").write_text("")
    with pytest.raises(InputError, match="is a file"):
        run_demo(tmp_path / "demo", lambda _said: None)


def test_the_command_prints_one_document(stages, tmp_path):
    done = CliRunner().invoke(app, ["demo", "-o", str(tmp_path / "demo"), "--json"])
    assert done.exit_code == 0, done.output
    assert '"page"' in done.stdout


def test_the_module_is_the_command():
    words = [sys.executable, "-m", "geobench_tools", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path.home())
    assert done.stdout.startswith("geor1 ")
