"""What others wrote stays text: in pages, in sheets; and keys are written nowhere."""

import csv
import json
from pathlib import Path

import openai_server as faulty
import pytest
from openai_server import OpenAIServer
from synth_tools import letter_told, trace
from tile_server import TileServer
from tile_tools import make_plan

KEY = "sk-very-secret-0123456789"
EVIL = '</script><script>alert("here")</script><img src=x onerror=alert(1)>'


def holding(folder: Path, text: str) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and text.encode() in p.read_bytes()]


def test_replies_of_a_teacher_are_text_in_the_report_and_the_study(geor1, world_pairs, tmp_path):
    def answer(seen: faulty.Seen) -> str:
        right = seen.name or len(server.requests) % 2
        return trace(letter_told(seen), f"{EVIL} {len(server.requests)}") if right else EVIL

    with OpenAIServer(answer=answer) as server:
        words = ["synth-cot", "--pairs", world_pairs, "--teacher", "openai:tiny-vl", "--limit", 8]
        done = geor1(*words, "--base-url", server.url, "-o", "runs/traces", "--quiet")
        assert done.returncode == 0, done.stderr
        words = ["eval", "imageo-gss", "--model", "openai:tiny-vl", "--base-url", server.url]
        server.answer = lambda _seen: EVIL
        done = geor1(*words, "-o", "runs/eval", "--quiet")
        assert done.returncode in (0, 3), done.stderr
    assert geor1("study", "runs", "-o", "study.html", "--title", EVIL).returncode == 0
    pages = ["study.html", "runs/traces/report.html", "runs/eval/report.html"]
    for name in [*pages, "runs/traces/card.md"]:
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert '<script>alert("here")' not in text, name
        assert "<img src=x" not in text, name
    assert "alert(1)" in (tmp_path / "runs/traces/report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_names_are_text_in_the_sheet_of_rejected_rows(geor1, tmp_path, start):
    name = f"{start}cmd|' /C calc'!A0"
    with (tmp_path / "views.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(
            [("view_id", "kind", "lat", "lon"), ("a", "ground", 45, 5), ("b", "ground", name, 5)]
        )
    done = geor1("index", "views.csv", "-o", "views.parquet", "--on-bad", "drop")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "rejected.csv").open(encoding="utf-8", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert cells
    assert not [cell for cell in cells if cell.startswith(tuple("=+@\t\r"))]
    assert not [cell for cell in cells if cell.startswith("-cmd")]


def test_keys_are_written_nowhere(geor1, world_pairs, view_tables, tmp_path):
    more = {"OPENAI_API_KEY": KEY, "HF_TOKEN": KEY, "TILE_KEY": KEY, "AWS_SECRET_ACCESS_KEY": KEY}
    said: list[str] = []
    faults: list[faulty.Fault] = []

    async def fault(server: OpenAIServer, seen: faulty.Seen) -> bytes | None:
        if faults:
            return await faults.pop()(server, seen)
        return faulty.response(faulty.completion(server, seen), 200)

    for words in (
        ["synth-cot", "--pairs", world_pairs, "--teacher", "openai:tiny-vl", "--limit", 6],
        ["eval", "imageo-gss", "--model", "openai:tiny-vl"],
    ):
        faults = [faulty.status(400, "bad key {key}"), faulty.body(f"raw {KEY}".encode())]
        with OpenAIServer(answer=lambda s: trace("A"), always=fault) as server:
            done = geor1(*words, "--base-url", server.url, "-o", words[0], env=more)
            assert done.returncode in (1, 3), done.stderr
            assert server.requests[0].headers["authorization"] == f"bearer {KEY}"
        said.append(done.stdout + done.stderr)
    plan = make_plan(tmp_path / "plan.parquet", 6)
    with TileServer() as server:
        words = ["fetch-tiles", plan, "--source", f"{server.url}?key={{key}}"]
        done = geor1(*words, "--api-key-env", "TILE_KEY", "-o", "tiles", env=more)
        assert done.returncode == 0, done.stderr
    said.append(done.stdout + done.stderr)
    ground, satellite = view_tables
    for words in (
        ["study", ".", "-o", "study.html"],
        ["build-pairs", "--ground", ground, "--satellite", satellite, "-o", "pairs"],
        ["doctor", "--json"],
    ):
        done = geor1(*words, env=more)
        said.append(done.stdout + done.stderr)
    assert not any(KEY in text for text in said)
    assert holding(tmp_path, KEY) == []
    assert json.loads((tmp_path / "eval" / "run.json").read_text())["kind"] == "evaluation-run"
