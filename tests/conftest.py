"""What all tests share."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["COLUMNS"] = "300"

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real records beside the checkout; the test is skipped where they are absent."""
    if not SHARED.is_dir():
        pytest.skip("real records are not beside this checkout")
    return SHARED
