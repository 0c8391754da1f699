"""A folder imports only from those above it in the list that CONTRIBUTING gives."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LISTED = re.search(r"`geo` →.*?`cli`", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.S)
LAYERS = re.findall(r"`(\w+)`", LISTED[0])
IMPORT = re.compile(r"^ *(?:from|import) geobench_tools\.(\w+)", re.M)


def test_every_package_is_listed():
    inside = {path.parent.name for path in (ROOT / "geobench_tools").glob("*/__init__.py")}
    assert inside | {"cli"} == set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS[:-1])
def test_nothing_is_imported_from_below(layer):
    below = set(LAYERS[LAYERS.index(layer) + 1 :])
    for path in (ROOT / "geobench_tools" / layer).rglob("*.py"):
        assert not below & set(IMPORT.findall(path.read_text("utf-8"))), path
