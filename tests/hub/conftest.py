"""Folders of each kind, as the commands leave them, and a Hub of their own."""

import json

import pytest
from hub_stub import TOKEN, Server

from geobench_tools.provenance import Manifest, digest_input, write_manifest


@pytest.fixture
def hub(monkeypatch):
    from huggingface_hub import constants
    from huggingface_hub.utils import _http

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(_http.time, "sleep", lambda _seconds: None)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with Server() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running
    _http.close_session()


def card(licence="other"):
    return f"---\nlicense: {licence}\n---\n\n# A card\n"


@pytest.fixture
def pairs(tmp_path):
    """A pairing set whose images have a licence."""
    images = tmp_path / "images"
    images.mkdir()
    (images / "attribution.json").write_text(json.dumps({"licence": "CC-BY-4.0"}))
    folder = tmp_path / "pairs"
    for name in ("train/part-00000.parquet", "views/ground/part-00000.parquet"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(b"PAR1 " + name.encode())
    roots = {"ground": "../images", "satellite": "../images"}
    write_manifest(
        Manifest("pairing-set", {"k": 4, "image_roots": roots}, seed=0), folder / "manifest.json"
    )
    (folder / "card.md").write_text(card())
    return folder


@pytest.fixture
def export(tmp_path, pairs):
    folder = tmp_path / "export"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "train-00000.parquet").write_bytes(b"PAR1")
    inputs = (digest_input(pairs / "manifest.json"),)
    write_manifest(Manifest("export", {"to": "hf"}, inputs=inputs), folder / "manifest.json")
    (folder / "README.md").write_text(card())
    return folder


@pytest.fixture
def traces(tmp_path):
    folder = tmp_path / "traces"
    (folder / "replies").mkdir(parents=True)
    (folder / "replies" / "raw.jsonl").write_text("{}\n")
    (folder / "traces.jsonl").write_text("{}\n")
    (folder / "sft").mkdir()
    (folder / "sft" / "a.jpg").write_bytes(b"\xff\xd8")
    write_manifest(Manifest("traces", {}), folder / "manifest.json")
    (folder / "card.md").write_text(card("cc0-1.0"))
    return folder


@pytest.fixture
def checkpoint(tmp_path):
    folder = tmp_path / "run" / "final"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 64)
    (folder / "training_args.bin").write_bytes(b"pickle")
    (folder / "README.md").write_text(card())
    return folder
