"""The dataset card: its header, its figures, its words about shortcuts, and its snippets."""

import json
import re
import shlex

import pytest
import yaml
from small_set import edit_manifest, write_set
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.errors import InputError
from geobench_tools.pairing import summarise
from geobench_tools.reports import write_card

AUDIT = {
    "passed": False,
    "conclusions": {
        "proven": ["In all 6 cliques each tile is right equally often."],
        "measured": ["LEAK: from <file> sizes alone, 0.4000 of the answers are right."],
        "not measured": ["Pixels."],
    },
    "certificate": {
        "checks": [
            {"claim": "no tile is in two | splits", "status": "pass", "checked": 24, "failed": 0}
        ]
    },
    "families": [
        {
            "name": "file",
            "outcome": "leak",
            "accuracy": {
                "logit": {"value": 0.4, "low": 0.38, "high": 0.42},
                "trees": {"value": 0.39, "low": 0.37, "high": 0.41},
            },
            "leak": {"logit": {"value": 0.05}, "trees": {"value": 0.04}},
            "stronger": "trees",
            "detectable_corrected": [0.012, 0.0003],
        },
        {"name": "time", "outcome": "not present", "accuracy": None, "leak": None},
    ],
}


def card_of(pairs, audit=None):
    path = pairs.folder / "card.md"
    write_card(pairs, summarise(pairs), audit, path)
    return path.read_text(encoding="utf-8")


@pytest.fixture
def pairs(tmp_path):
    return write_set(tmp_path, rotations=True)


def test_header_is_yaml_that_leaves_the_licence_to_the_user(pairs):
    text = card_of(pairs)
    raw = text.partition("---\n")[2].partition("\n---\n")[0]
    header = yaml.safe_load(raw)
    assert header["license"] == "other"
    assert "Put your own licence here" in raw
    assert header["size_categories"] == ["n<1K"]
    (config,) = header["configs"]
    for entry in config["data_files"]:
        assert list(pairs.folder.glob(entry["path"]))


def test_figures_are_those_of_the_set(pairs):
    text = card_of(pairs)
    assert "48 multiple-choice questions" in text
    assert "| train | 16 | 16 | 4 | 4 | 4 | 4 | 4 | 4 |" in text
    assert "| val | 16 | 4 | 1 | 1 | 4 | 4 | 4 | 4 |" in text
    assert "| no tile shows it | 9 |" in text
    assert "| **read** | 36 |" in text
    assert "| `min_separation_m` | 150.0 |" in text
    assert "arXiv" in text
    assert "2510.00072" in text
    assert "add up" not in text


def test_totals_that_do_not_add_up_are_said_so(pairs):
    changed = edit_manifest(pairs, counts={"ground_read": 5})
    assert "do not add up" in card_of(changed)


def test_sets_without_audit_say_so(pairs):
    assert "Not audited" in card_of(pairs)


def test_audit_is_summarised(pairs):
    text = card_of(pairs, AUDIT)
    assert "**The audit failed" in text
    assert "- In all 6 cliques each tile is right equally often." in text
    assert r"LEAK: from \<file\> sizes alone" in text
    assert r"| no tile is in two \| splits | pass | 24 | 0 |" in text
    assert "| file | leak | 0.3900 | 0.3700 to 0.4100 | 0.0400 | 1.2 points |" in text
    assert "| time |" not in text


def test_certificate_without_adversaries(pairs):
    text = card_of(pairs, {"passed": True, "certificate": AUDIT["certificate"]})
    assert "The shortcut adversaries were not run" in text
    assert "audit failed" not in text


def test_controls_promise_nothing(pairs):
    ring = edit_manifest(pairs, parameters=pairs.manifest.parameters | {"sampler": "ring"})
    text = card_of(ring)
    assert "is a control" in text
    assert "serve as each other's" not in text


def test_credits_of_fetched_images(pairs, tmp_path):
    credit = {"attribution": "(c) Land | Survey", "licence": "CC BY 4.0", "provider": None}
    (tmp_path / "satellite" / "attribution.json").write_text(json.dumps(credit))
    text = card_of(pairs)
    assert r"Satellite tiles: attribution (c) Land \| Survey; licence CC BY 4.0." in text
    (tmp_path / "satellite" / "attribution.json").write_text("{")
    with pytest.raises(InputError, match=r"attribution\.json cannot be read"):
        card_of(pairs)


def test_data_is_no_markup(tmp_path):
    hostile = "a|b\n# c <script>x</script> [l](http://e) `d`"
    pairs = write_set(tmp_path, images=False, places={"Lisboa": hostile})
    text = card_of(edit_manifest(pairs, dropped={f"ground: {hostile}": 12}))
    assert "<script>" not in text
    assert "\n# c" not in text
    assert not re.search(r"(?<!\\)\[l", text)
    (line,) = [line for line in text.splitlines() if line.startswith(r"| a\|b")]
    assert len(re.findall(r"(?<!\\)\|", line)) == 3


def test_snippets_are_true(pairs, tmp_path, monkeypatch):
    text = card_of(pairs)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    snippets = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(snippets) == 2
    for snippet in snippets:
        names = {}
        exec(compile(snippet, "card.md", "exec"), names)
    assert {split: len(rows) for split, rows in names["questions"].items()} == {
        "train": 16,
        "val": 16,
        "test": 16,
    }
    (command,) = re.findall(r"```bash\ngeor1 (.*?)\n```", text)
    result = CliRunner().invoke(app, shlex.split(command))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "exported" / "README.md").read_text().count("license: other") == 1


def test_an_empty_set(tmp_path):
    pairs = write_set(tmp_path, cliques={}, images=False)
    for kind in ("ground", "satellite"):
        (pairs.folder / "views" / kind).mkdir(parents=True)
    text = card_of(pairs)
    assert "0 multiple-choice questions" in text


def test_same_set_same_bytes(pairs):
    assert card_of(pairs, AUDIT) == card_of(pairs, AUDIT)
