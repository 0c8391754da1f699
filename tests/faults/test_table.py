"""The fault table names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TABLE)


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_named(file, name):
    assert f"\ndef {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_row_names_one():
    rows = [line for line in TABLE.splitlines() if line.startswith("| ")]
    heads = [line for line in rows if line.endswith(" test |")]
    assert len(heads) == 6
    assert all("::test_" in row for row in rows if row not in heads)


def test_every_fault_test_is_named():
    found = {
        (f"tests/faults/{path.name}", name)
        for path in Path(__file__).parent.glob("test_*.py")
        for name in re.findall(r"\ndef (test_\w+)\(", path.read_text(encoding="utf-8"))
        if path != Path(__file__)
    }
    assert found <= set(NAMED)
