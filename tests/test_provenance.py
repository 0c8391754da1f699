import json

import pytest

from geobench_tools.errors import InputError
from geobench_tools.provenance import Manifest, digest_input, read_manifest, write_manifest


def test_a_manifest_is_read_back_as_written(tmp_path):
    (tmp_path / "in.csv").write_text("a\n")
    made = Manifest(
        "views", {"kind": "ground"}, seed=3, inputs=(digest_input(tmp_path / "in.csv"),)
    )
    write_manifest(made, tmp_path / "manifest.json")
    assert read_manifest(tmp_path / "manifest.json", "views") == made


def test_all_but_the_run_is_a_function_of_the_job(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    first = Manifest("views", {})
    assert first.run["created_at"] == "1970-01-01T00:00:00+00:00"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    second = Manifest("views", {})
    assert first.run != second.run
    assert first.packages == second.packages


@pytest.mark.parametrize("epoch", ["today", "9" * 30])
def test_a_time_that_is_none_is_named(monkeypatch, epoch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(InputError, match="SOURCE_DATE_EPOCH"):
        Manifest("views", {})


def test_a_folder_is_digested_by_names_and_contents(tmp_path):
    for name in ("b/2", "a", "b/1"):
        (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "x" / name).write_text(name)
    before = digest_input(tmp_path / "x")
    assert (before.files, before.bytes) == (3, 7)
    (tmp_path / "x" / "a").rename(tmp_path / "x" / "a2")
    assert digest_input(tmp_path / "x").sha256 != before.sha256


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "does not exist"),
        ("{", "not a manifest"),
        ("[]", "describes 'list'"),
        ('{"kind": "views"}', "describes 'views', not 'pairing-set'"),
        ('{"kind": "pairing-set", "format": 99}', "format 99"),
        ('{"kind": "pairing-set", "format": 1, "parameters": {}, "odd": 1}', "odd"),
    ],
)
def test_what_is_no_manifest_is_named(tmp_path, text, message):
    path = tmp_path / "manifest.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_manifest(path, "pairing-set")


def test_the_layout_is_plain_json(tmp_path):
    write_manifest(Manifest("views", {"city": "Zürich"}), tmp_path / "m.json")
    text = (tmp_path / "m.json").read_text()
    assert "Zürich" in text
    assert json.loads(text)["tool"].startswith("geobench-tools ")
