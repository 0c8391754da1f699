"""``geor1 fact-check`` from files to a folder."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geobench_tools.cli import app

LINES = [
    {"image_file": "a.jpg", "raw_response": "The photo shows a street. The location is Lyon."},
    {"image_file": "b.jpg", "raw_response": "The photo shows a street. The location is Lyon."},
    {"view_id": "z", "trace": "The photo shows a street. The location is Lyon."},
    {
        "id": "a",
        "messages": [
            {"role": "user", "content": "Where?"},
            {"role": "assistant", "content": "The photo: a scene in Japan <b>&</b> France."},
        ],
    },
    {"id": "b", "text": None},
]
TABLE = "image_id,latitude,longitude,city\na,45.764,4.8357,Lyon\nb,50.0614,19.9366,Krakow\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    traces, views = tmp_path / "traces.jsonl", tmp_path / "views.csv"
    traces.write_text("".join(json.dumps(line) + "\n" for line in LINES) + '{"torn": ')
    views.write_text(TABLE)
    return traces, views


def run(*words: str | Path):
    return CliRunner().invoke(app, ["fact-check", *map(str, words)])


def test_a_folder_of_verdicts(files: tuple[Path, Path], tmp_path: Path) -> None:
    traces, views = files
    out = tmp_path / "out"
    result = run(traces, "--metadata", views, "-o", out, "--json", "--no-template")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["traces"] == 4
    assert document["unknown_view"] == 1
    assert document["flags"] == {"contradicted": 2}
    assert document["kinds"]["city"] == {
        "claims": 3,
        "asserted": 3,
        "supported": 1,
        "contradicted": 1,
        "unverifiable": 1,
    }
    lines = [json.loads(line) for line in (out / "verdicts.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == ["a.jpg", "b.jpg", "z", "a"]
    assert lines[1]["flags"] == ["contradicted"]
    page = (out / "report.html").read_text()
    assert '<mark class="contradicted"' in page
    assert "&lt;b&gt;" in page
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["kind"] == "fact-check"
    assert manifest["parameters"]["checker"] == document["checker"]
    assert [entry["path"] for entry in manifest["inputs"]] == [str(traces), str(views)]


def test_the_default_folder_stands_beside_the_file(files: tuple[Path, Path]) -> None:
    traces, views = files
    assert run(traces, "-m", views).exit_code == 0
    first = (traces.parent / "traces.checked" / "verdicts.jsonl").read_bytes()
    again = run(traces, "-m", views)
    assert again.exit_code == 2
    assert "--overwrite" in again.output
    assert run(traces, "-m", views, "--overwrite").exit_code == 0
    assert (traces.parent / "traces.checked" / "verdicts.jsonl").read_bytes() == first


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        ('{"x": 1}\n', [], "line 1 has no text; it has x"),
        ('{"x": 1}\n', ["--text-field", "y"], "has no field 'y'"),
        ('{"text": "a", "id": "a"}\n', ["--id-field", "w"], "has no field 'w'"),
        ('[1]\n', [], "line 1 is no JSON object"),
        ('{"text": \n{"text": "a"}\n', [], "line 1 is no JSON"),
        ("", [], "holds no trace"),
    ],
)  # fmt: skip
def test_bad_lines(
    files: tuple[Path, Path], content: str, words: list[str], message: str, tmp_path: Path
) -> None:
    traces, views = files
    traces.write_text(content)
    result = run(traces, "-m", views, "-o", tmp_path / "out", *words)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()


def test_a_missing_file(files: tuple[Path, Path], tmp_path: Path) -> None:
    assert run(tmp_path / "none.jsonl", "-m", files[1]).exit_code == 2
    assert run(files[0], "-m", tmp_path / "none.csv").exit_code == 2


def test_real_replies(shared_data: Path, tmp_path: Path) -> None:
    imageo = shared_data / "imageo"
    result = run(
        imageo / "predictions" / "dataset3_o3.jsonl", "-m", imageo / "dataset3_info.csv",
        "-o", tmp_path / "out", "--json", "--no-template",
    )  # fmt: skip
    document = json.loads(result.stdout)
    country = document["kinds"]["country"]
    assert document["traces"] == 257
    assert country["supported"] > 0.9 * country["claims"]


def test_a_judge_is_asked_once_about_what_the_rules_leave_open(tmp_path: Path, server) -> None:
    asked = []

    def answer(request) -> str:
        asked.append(request)
        return "B"

    server.answer = answer
    traces, views = tmp_path / "traces.jsonl", tmp_path / "views.csv"
    traces.write_text(
        '{"id": "a", "text": "The photo shows a street in Lyon. It was taken in winter."}\n'
    )
    views.write_text(TABLE)
    words = (traces, "-m", views, "--json", "--no-template", "--judge", "openai:tiny-vl")
    first = run(*words, "--base-url", server.url)
    assert first.exit_code == 0, first.output
    kinds = json.loads(first.stdout)["kinds"]
    assert kinds["season"]["contradicted"] == 1
    assert kinds["city"]["supported"] == 1
    line = json.loads((tmp_path / "traces.checked" / "verdicts.jsonl").read_text())
    assert [claim["judge"] for claim in line["claims"]] == ["", "openai:tiny-vl"]
    assert run(*words, "--base-url", server.url, "--overwrite").exit_code == 0
    assert len(asked) == 1


def test_photos_of_one_place_and_time_are_all_known(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    traces, views = files
    same = "45.764,4.8357,2022-07-10T12:00:00Z\n"
    views.write_text(f"image_id,latitude,longitude,captured_at\na,{same}b,{same}")
    result = run(traces, "-m", views, "-o", tmp_path / "out", "--json", "--no-template")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["kinds"]["city"]["supported"] == 2


def test_a_bad_table_names_a_command_that_exists(files: tuple[Path, Path], tmp_path: Path) -> None:
    traces, views = files
    views.write_text("image_id,latitude,longitude\na,99,4\nb,50,19\n")
    result = run(traces, "-m", views, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert f"geor1 index {views} --kind ground --on-bad drop" in " ".join(result.stderr.split())
