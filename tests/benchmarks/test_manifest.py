"""What a family's manifest must hold, and how benchmarks are shown."""

import json

import pytest
from typer.testing import CliRunner

from geobench_tools.benchmarks import benchmark_info, benchmark_names
from geobench_tools.benchmarks._manifest import read_manifest
from geobench_tools.cli import app
from geobench_tools.errors import InputError

WHOLE = {
    "title": "t",
    "paper": "p",
    "source": "s",
    "licence": "l",
    "data": "d",
    "subsets": {"mine": {"title": "m", "settings": {"own": {"default": 1, "help": "h"}}}},
    "settings": {"x": {"default": "a", "choices": ["a", "b"], "help": "h"}},
    "prompt": {"id": "mine-1", "text": "?"},
    "probes": ["none", "no-image"],
    "published": [
        {
            "source": "paper",
            "protocol": "official",
            "columns": ["subset", "model", "accuracy"],
            "rows": [["mine", "m", 0.5], ["mine", "n", None]],
        }
    ],
}


def table(**changes):
    return {"published": [{**WHOLE["published"][0], **changes}]}


def written(tmp_path, changes):
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps({**WHOLE, **changes}))
    return path


def test_a_whole_manifest_is_read(tmp_path):
    assert read_manifest(written(tmp_path, {})) == WHOLE


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"licence": ""}, "lacks licence"),
        ({"subsets": ["mine"]}, "subsets must hold a mapping"),
        ({"subsets": {"mine": None}}, "subsets must hold a mapping"),
        ({"subsets": {"mine": {"settings": {"x": {"help": "h"}}}}}, "settings of mine: x lacks"),
        ({"settings": {"x": 3}}, "settings must hold a mapping"),
        ({"settings": {"x": {"default": 1}}}, "x lacks help"),
        ({"settings": {"x": {"default": 1, "help": "h", "choices": "ab"}}}, "must be a list"),
        ({"prompt": "hello"}, "prompt must hold texts"),
        ({"prompt": {"id": 3}}, "prompt must hold texts"),
        ({"probes": "none"}, "probes must be a list"),
        ({"probes": ["none", "blur"]}, "probes must be a list"),
        ({"takes": "circular"}, "takes must be a list"),
        ({"takes": ["splits"]}, "takes must be a list of circular, prompt, split"),
        ({"published": {}}, None),
        ({"published": {"a": 1}}, "published must be a list"),
        ({"published": [{"source": "s"}]}, "table 1 lacks"),
        (table(protocol="own"), "protocol 'own'"),
        (table(columns=["model", "accuracy"]), "columns must be"),
        (table(rows="none"), "rows must be a list"),
        (table(rows=[["mine", "m"]]), "is no row of 3 values"),
        (table(rows=[["other", "m", 0.5]]), "'other' is no subset"),
        (table(rows=[["mine", "m", "50 %"]]), "holds what is no number"),
        (table(rows=[["mine", "m", True]]), "holds what is no number"),
    ],
)
def test_what_is_missing_or_of_another_form_is_named(tmp_path, changes, said):
    path = written(tmp_path, changes)
    if said is None:
        read_manifest(path)
        return
    with pytest.raises(InputError, match=said) as caught:
        read_manifest(path)
    assert str(path) in str(caught.value)


def test_every_published_figure_is_shown():
    for name in benchmark_names():
        shown = CliRunner().invoke(app, ["benchmarks", "show", name], env={"COLUMNS": "160"})
        assert shown.exit_code == 0
        for table in benchmark_info(name).published:
            for model, *figures in table.rows:
                assert model.split()[0] in shown.stdout
                assert all(str(f) in shown.stdout for f in figures if f is not None)
