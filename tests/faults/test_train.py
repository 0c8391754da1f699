"""Training that is killed, started twice, or given a checkpoint with code in it."""

import hashlib
import json
import shutil
import signal
from pathlib import Path

import pytest
from faults import ended, kill_at_random, wait_for
from train_small import LEVEL, SETTINGS
from typer.testing import CliRunner

from geobench_tools.cli import app

pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = pytest.mark.filterwarnings("ignore")

KILLS = 3
"""A start imports for seconds before its first step; eight would take minutes."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """Options that name a small level's traces and questions."""
    from geobench_tools.training import laptop_level

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOR1_CACHE", str(tmp_path_factory.mktemp("cache")))
        level = laptop_level(LEVEL)
    options: list[object] = ["--traces", level.folder, "--pairs", level.pairs, "--held-out", 0]
    return [*options, *(word for setting in SETTINGS for word in ("--set", setting))]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_kill(data, tmp_path):
    run = tmp_path / "run"
    words = ["train", "sft", *data, "--quiet", "-o", "run"]
    first: list[object] = []

    def check() -> None:
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_bytes().splitlines()]
        assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
        assert not list(run.rglob("*.tmp"))
        found = [sha256(run / "final" / "model.safetensors"), [line["loss"] for line in lines]]
        first.extend([] if first else found)
        assert found == first

    kill_at_random(words, tmp_path, (run / "result.json").exists, check, kills=KILLS)


def test_two_processes_on_one_folder(geor1, start, data, tmp_path):
    words = ["train", "sft", *data, "--quiet", "-o", "run"]
    first = start(*words)
    wait_for((tmp_path / "run" / "run.json").exists, first)
    first.send_signal(signal.SIGSTOP)
    second = geor1(*words)
    first.send_signal(signal.SIGCONT)
    assert second.returncode == 2
    assert "another process" in second.stderr
    assert "next:" in second.stderr
    errors = ended(first)
    assert first.returncode == 0, errors
    assert len((tmp_path / "run" / "metrics.jsonl").read_bytes().splitlines()) == 6


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from geobench_tools.training._laptop import laptop_texts
    from geobench_tools.training._tiny import make_tiny_model

    folder = tmp_path_factory.mktemp("tiny") / "model"
    make_tiny_model(folder, laptop_texts(4), seed=0)
    return folder


def with_code(tiny: Path, folder: Path, mark: Path, *, known: bool) -> Path:
    """Copy a checkpoint and let every file of it offer code of its own."""
    shutil.copytree(tiny, folder)
    (folder / "own.py").write_text(f"import os\nos.mkdir({str(mark)!r})\nclass Own: ...\n")
    offers = {
        "config.json": ("AutoConfig", "AutoModel", "AutoModelForImageTextToText"),
        "tokenizer_config.json": ("AutoTokenizer",),
        "preprocessor_config.json": ("AutoProcessor", "AutoImageProcessor"),
        "processor_config.json": ("AutoProcessor",),
    }
    for name, classes in offers.items():
        path = folder / name
        settings = json.loads(path.read_text()) if path.exists() else {}
        settings["auto_map"] = dict.fromkeys(classes, "own.Own")
        if name == "tokenizer_config.json":
            settings["auto_map"] = {"AutoTokenizer": ["own.Own", "own.Own"]}
        if not known:
            settings |= {"model_type": "own", "tokenizer_class": "Own", "processor_class": "Own"}
        path.write_text(json.dumps(settings))
    return folder


@pytest.mark.parametrize("known", [True, False])
def test_code_of_a_checkpoint_is_not_run(data, tiny, tmp_path, monkeypatch, known):
    mark = tmp_path / "was-run"
    model = with_code(tiny, tmp_path / "model", mark, known=known)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "replies.jsonl").write_text('{"completion": "<answer>A</answer>"}\n')
    pairs = data[data.index("--pairs") + 1]
    short = ["--limit", 1, "--max-tokens", 1, "-o", "eval"]
    commands = [
        ["eval", "pairing", "--data", pairs, "--model", f"hf:{model}", *short],
        ["train", "sft", "--model", model, *data, "--set", "max_steps=1", "-o", "run"],
        ["reward", "explain", "replies.jsonl", "--tokenizer", model, "--solution", "A"],
    ]
    for words in commands:
        done = CliRunner().invoke(app, [str(word) for word in words], input="y\n" * 9)
        assert not mark.exists()
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert "Traceback" not in done.output
        assert done.exit_code in ((0, 3) if known else (2,)), done.output
