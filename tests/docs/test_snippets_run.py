"""The commands of the documentation, run on small data; what is not run has its reason here."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import docs_place as place
import pytest
from docs_place import PREPARE, geor1
from docs_snippets import all_commands
from openai_server import OpenAIServer
from tile_server import TileServer

NOT_RUN = {
    r"^(make|open|\. \.venv)": "sets up an environment, or opens a browser",
    r"\bpip install\b": "network",
    r"^export TILE_KEY": "sets a key of the user's",
    r"^accelerate launch|^sh runs/grpo/launch": "several processes, an engine of its own",
    r"^geor1 demo": "the whole path, a quarter of an hour: make demo",
    r"vllm:|hf:": "a trained model, or a GPU",
    r"--data \S*hub|owner/name|copy/|--revision": "network",
    r"--model geoclip": "network: its weights",
    r"^export HF_TOKEN|^geor1 push (?!.*--dry-run)": "the Hub: tests/hub has one of its own",
    r"^geor1 train (sft|grpo) ": "trains: tests/training does, in small",
    r"^geor1 train (sft|grpo)$": "trains for minutes: make demo",
    r"laptop-grpo": "needs a training run: make demo",
    r"^python -m perf|^geor1 world lab|towns/|\bring\b": "minutes of CPU: make perf",
    r"^geor1 world render": "renders for minutes: make demo",
    r"--recipe geo-r1-zero": "needs eight GPUs",
    r"^geor1 world sheet": "needs the world above it",
    r"geochain/|osv5m/|predictions/|dataset3_o3|mp16-reason_NAME|predictions.csv":
        "needs the authors' data",
    r"data/geochain|data/imageo|init --scan|--model tuned": "needs the authors' data",
    r"VIGOR/|CV-Cities/|my-layout|cv\.parquet|data/ --source": "needs the authors' images",
    r"tiles/ (--tms )?-o tiles\.parquet": "needs the user's tiles",
}  # fmt: skip
"""Why a command is not run here, by a pattern that finds it."""

SMALL = {
    "GEOR1_BUILD_PAIRS_AUDIT": "certificate",
    "GEOR1_EVAL_LIMIT": "6",
    "GEOR1_FETCH_TILES_RATE": "200",
    "GEOR1_SYNTH_COT_PAIRS": "pairs",
    "GEOR1_SYNTH_COT_LIMIT": "8",
    "GEOR1_CONFIG": "settings.toml",
    "OPENAI_API_KEY": "none",
    "TILE_KEY": "none",
}
"""What keeps the runs short and stands in for keys; everything else is as typed."""

CODES = {"audit-pairs": (0, 1), "doctor": (0, 1)}
"""Findings are no failure of the command."""


def reason(command):
    return next((why for what, why in NOT_RUN.items() if re.search(what, command.text)), "")


ENDPOINTS = ("http://127.0.0.1:8000", "http://localhost:8000", "http://localhost:8001")
TILES = "https://tiles.example.org"

RUN = [c for c in all_commands() if not reason(c)]
PAGES = sorted({command.page for command in RUN})


def test_every_reason_is_needed():
    texts = [command.text for command in all_commands()]
    unused = [what for what in NOT_RUN if not any(re.search(what, text) for text in texts)]
    assert not unused


@pytest.fixture(scope="module")
def stand_ins():
    """What answers instead, by the address in the documentation."""
    with OpenAIServer(model="", answer=place.answer) as models, TileServer() as tiles:
        endpoint = models.url.removesuffix("/v1")
        yield {**dict.fromkeys(ENDPOINTS, endpoint), TILES: f"http://127.0.0.1:{tiles.port}"}


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Everything that some page takes as given."""
    folder = tmp_path_factory.mktemp("given")
    place.photos(folder)
    place.imageo(folder)
    place.world(folder)
    return folder


def prepare(page, folder):
    """Make what this page alone takes as given, in the working folder."""
    if page in PREPARE:
        PREPARE[page](folder)
    if any(c.page == page and "build-pairs" in c.text for c in RUN):
        shutil.rmtree("pairs")


@pytest.mark.parametrize("page", PAGES)
def test_commands_run(page, given, stand_ins, tmp_path, monkeypatch):
    folder = tmp_path / "here"
    shutil.copytree(given, folder)
    monkeypatch.chdir(folder)
    shell = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for name, value in SMALL.items():
        monkeypatch.setenv(name, value)
    prepare(page, folder)
    for command in (c for c in RUN if c.page == page):
        monkeypatch.setenv("OPENAI_BASE_URL", f"{stand_ins[ENDPOINTS[0]]}/v1")
        if "openai:" not in command.text:
            monkeypatch.delenv("OPENAI_BASE_URL")
        words = command.geor1
        if words is None:
            subprocess.run(["bash", "-c", command.text], check=True, env=shell)
            continue
        for typed, address in stand_ins.items():
            words = [word.replace(typed, address) for word in words]
        printed = geor1(*words, codes=CODES.get(words[0], (0,)))
        if redirected := re.search(r"> (\S+)$", command.text):
            (folder / redirected[1]).write_text(printed, encoding="utf-8")
