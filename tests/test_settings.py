"""``geor1.toml``: what is read, what is refused and where the fault is said to be."""

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geobench_tools.errors import InputError
from geobench_tools.settings import NamedModel, find_settings, load_settings


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "geor1.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_roots_models_and_defaults_are_read(write, tmp_path):
    (tmp_path / "sets" / "imageo").mkdir(parents=True)
    found = load_settings(
        write(
            '[data]\nimageo = "sets/imageo"\ngeochain = "/abs/geochain"\nmp16 = "owner/name"\n'
            'a = "hub"\n'
            '[models]\ndefault = "base"\n[models.base]\nmodel = "openai:q"\n'
            'base-url = ["http://a/v1", "http://b/v1"]\n'
            "[defaults.eval]\nconcurrency = 7\n"
        )
    )
    assert found.data["imageo"] == str(tmp_path / "sets" / "imageo")
    assert found.data["geochain"] == "/abs/geochain"
    assert found.data["mp16"] == "owner/name"
    assert found.data["a"] == "hub"
    assert found.models["base"] == NamedModel("openai:q", ("http://a/v1", "http://b/v1"))
    assert found.default_model == "base"
    assert found.defaults == {"eval": {"concurrency": 7}}
    assert found.where("defaults", "eval", "concurrency").endswith("geor1.toml:12")
    assert found.where("models", "base", "nothing").endswith("geor1.toml:8")


def test_a_checkpoint_beside_the_file_is_found_from_anywhere(write, tmp_path):
    (tmp_path / "ckpt").mkdir()
    path = write('[models.a]\nmodel = "hf:ckpt"\n[models.b]\nmodel = "hf:Org/Name"\n')
    models = load_settings(path).models
    assert models["a"].model == f"hf:{tmp_path / 'ckpt'}"
    assert models["b"].model == "hf:Org/Name"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[data]\n\n[dta]\n", 3, "dta"),
        ("[models.a]\nmodel = 'openai:x'\nbase_url = 'http://a'\n", 3, "base_url"),
        ("[models.a]\nbase-url = 'http://a'\n", 1, "names no model"),
        ("[models.a]\nmodel = 5\n", 2, "not a text"),
        ("[models]\ndefault = 'nope'\n", 2, "no model 'nope'"),
        ("[data]\nimageo = ['a']\n", 2, "not a text"),
        ("[defaults]\nconcurrency = 7\n", 2, "no table"),
        ("data = 5\n", 1, "no table"),
        ("[data]\nimageo = \n", 2, "not TOML"),
    ],
)
def test_a_fault_names_its_line(write, text, line, said):
    path = write(text)
    with pytest.raises(InputError, match="geor1") as caught:
        load_settings(path)
    assert said in caught.value.message
    assert f":{line}" in caught.value.message or f"line {line}" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "line",
    [
        "api_key = 'x'",
        "OPENAI_API_KEY = 'x'",
        "apiKey = 'x'",
        "token = 'x'",
        "password = 'x'",
        "base-url = 'http://user:pass@host/v1'",
        "base-url = 'https://host/v1?key=abc'",
        "model = 'sk-abcdefghijklmnopqrstuv'",
        "note = 'Bearer abcdefghijkl'",
        "note = 'hf_abcdefghijklmnopqrstuv'",
        "base-url = ['http://a/v1', 'http://user:pass@host/v1']",
    ],
)
def test_keys_are_refused_and_not_repeated(write, line):
    path = write(f"[models.a]\n{line}\n")
    with pytest.raises(InputError, match="key or password") as caught:
        load_settings(path)
    assert "geor1.toml:2" in caught.value.message
    assert line.split(" = ", 1)[1].strip("'[]") not in caught.value.message
    assert "environment" in caught.value.hint


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 100_000, "[" + "a." * 20_000 + "b]\n", "a=1\na=2\n"]
)
def test_hostile_files_are_no_crash(write, text):
    with pytest.raises(InputError, match=r"geor1\.toml"):
        load_settings(write(text))


def test_a_file_that_is_too_large(write):
    with pytest.raises(InputError, match="larger than"):
        load_settings(write("#" * (1 << 21)))


def test_options_with_similar_names_are_no_secrets(write):
    load_settings(write("[defaults.eval]\nmax-tokens = 512\n[defaults.x]\nkey-column = 3\n"))


def test_the_nearest_file_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_settings(start=inner) is None
    own = tmp_path / "config" / "geor1" / "geor1.toml"
    own.parent.mkdir(parents=True)
    own.write_text("")
    assert find_settings(start=inner) == own
    (tmp_path / "geor1.toml").write_text("")
    assert find_settings(start=inner) == tmp_path / "geor1.toml"
    (tmp_path / "a" / "geor1.toml").write_text("")
    assert find_settings(start=inner) == tmp_path / "a" / "geor1.toml"
    assert find_settings("none", inner) is None
    with pytest.raises(InputError, match="no settings file"):
        find_settings(str(tmp_path / "missing.toml"))


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners are a POSIX notion")
def test_another_users_file_is_not_used_unasked(tmp_path, monkeypatch):
    path = tmp_path / "geor1.toml"
    path.write_text("")
    owner = path.stat().st_uid
    if owner == 0:
        os.chown(path, 12345, -1)
    else:
        monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(InputError, match="another user"):
        find_settings(start=tmp_path)
    assert find_settings(str(path), tmp_path) == path


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "geor1.toml"
    path.write_bytes(b"\xff\xfe[data]")
    with pytest.raises(InputError, match="not UTF-8"):
        load_settings(path)


_VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**40), 2**40), st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
_NAMES = st.sampled_from(["data", "models", "defaults", "default", "model", "base-url", "x", "key"])


def _toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


@given(st.dictionaries(_NAMES, st.dictionaries(_NAMES, _VALUES, max_size=4), max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_file_is_read_or_refused_with_its_name(tables):
    text = "".join(
        f"[{table}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in entries.items())
        for table, entries in tables.items()
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "geor1.toml"
        path.write_text(text, encoding="utf-8")
        try:
            read = load_settings(path)
        except InputError as error:
            refused = error.message
        else:
            refused = ""
    if refused:
        assert "geor1.toml" in refused
        return
    assert set(tables) <= {"data", "models", "defaults"}
    assert all(isinstance(root, str) for root in read.data.values())
