"""Lets these tests use the server of the tests of models."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from openai_server import OpenAIServer
from small_benchmark import make_pictures


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return make_pictures(tmp_path / "pictures")
