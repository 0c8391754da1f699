"""Recipes: every value has a source, flags win, mistakes are named."""

import json
import re

import pytest
import yaml
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.errors import InputError
from geobench_tools.training import list_recipes, load_recipe
from geobench_tools.training._recipes import Recipe
from geobench_tools.training._settings import SETTINGS, settings_of

BUILT_IN = [(name, stage) for name, stages in list_recipes().items() for stage in stages]


@pytest.mark.parametrize(("name", "stage"), BUILT_IN)
def test_built_in_recipes_are_whole(name, stage):
    recipe = load_recipe(name, stage=stage)
    assert tuple(recipe) == settings_of(stage)
    for one in recipe.settings.values():
        assert re.search("ours|paper|released|experiment|as geo-|default of", one.source)
    if stage == "grpo":
        assert recipe.prompts_per_step >= 1
        assert recipe.reward(4).preset == recipe["reward"]
    assert json.loads(json.dumps(recipe.to_json()))["settings"].keys() == set(recipe)


def test_the_released_figures():
    recipe = load_recipe("geo-r1-zero")
    released = {
        **{"group_size": 8, "epochs": 2, "learning_rate": 1e-6, "beta": 0.04, "clip": 0.2},
        **{"temperature": 1.0, "max_completion_tokens": 2048, "precision": "bf16"},
        **{"sharding": "zero3", "train_vision": True, "devices": 8, "reward": "vlm-r1"},
    }
    assert {name: recipe[name] for name in released} == released
    assert recipe.prompts_per_step == 8
    assert recipe.batch == 64
    assert "run_grpo_geo_cv.sh" not in recipe.settings["beta"].source
    assert recipe.settings["beta"].source.startswith("released script")


def test_geo_r1_differs_from_zero_in_its_start_alone():
    zero, full = load_recipe("geo-r1-zero"), load_recipe("geo-r1")
    assert [name for name in zero if zero[name] != full[name]] == ["model"]
    assert set(full.files) == {"geo-r1", "geo-r1-zero"}
    with pytest.raises(InputError, match="starts from a model of your own"):
        _ = full.model
    assert load_recipe("geo-r1", {"model": "runs/geo-sft"}).model == "runs/geo-sft"


def test_flags_win_and_say_so():
    recipe = load_recipe("geo-r1", {"learning_rate": "2e-6", "max_steps": 5, "beta": None})
    assert recipe["learning_rate"] == 2e-6
    assert recipe["max_steps"] == 5
    assert recipe["beta"] == 0.04
    assert recipe.settings["max_steps"].source == "given on the command line"
    assert load_recipe("geo-r1", {"max_steps": "null"})["max_steps"] is None
    weights = load_recipe("geo-r1", {"reward_weights": "{length: 0}"}).reward(5).weights
    assert weights == {"accuracy": 1.0, "format": 1.0, "length": 0.0, "repetition": 1.0}


def test_a_resolved_recipe_is_a_recipe(tmp_path):
    recipe = load_recipe("laptop", {"seed": 7}, stage="sft")
    (tmp_path / "recipe.json").write_text(json.dumps(recipe.to_json()))
    again = load_recipe(tmp_path / "recipe.json")
    assert again == recipe
    assert Recipe.from_json(recipe.to_json()) == recipe
    with pytest.raises(InputError, match="is a recipe for sft"):
        load_recipe(tmp_path / "recipe.json", stage="grpo")
    (tmp_path / "recipe.json").write_text('{"name": 1}')
    with pytest.raises(InputError, match="no resolved recipe"):
        load_recipe(tmp_path / "recipe.json")


def write(path, document):
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_a_recipe_of_ones_own_names_a_base(tmp_path):
    one = {"value": 16, "source": "ours"}
    mine = write(
        tmp_path / "mine.yaml", {"name": "mine", "base": "geo-r1", "grpo": {"group_size": one}}
    )
    recipe = load_recipe(mine, {"model": "m"})
    assert (recipe.name, recipe["group_size"], recipe["beta"]) == ("mine", 16, 0.04)
    assert list(recipe.files) == ["mine", "geo-r1", "geo-r1-zero"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "is not a mapping"),
        ({"stages": {}}, "unknown key 'stages'"),
        ({"name": "x"}, "neither a section"),
        ({"grpo": []}, "'grpo' is not a mapping"),
        ({"grpo": {"beta": 0.1}}, "grpo.beta needs a value and its source"),
        ({"grpo": {"beta": {"value": 0.1, "source": ""}}}, "needs a value and its source"),
        ({"grpo": {"bta": {"value": 0.1, "source": "ours"}}}, "no setting 'bta'"),
        ({"grpo": {"beta": {"value": 0.1, "source": "ours"}}}, "has no 'model' for grpo"),
        ({"base": "geo-r9", "grpo": {}}, "no recipe 'geo-r9'"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, document, message):
    with pytest.raises(InputError, match=message):
        load_recipe(write(tmp_path / "mine.yaml", document))


def test_a_recipe_cannot_be_its_own_base(tmp_path):
    path = tmp_path / "mine.yaml"
    write(path, {"base": str(path), "grpo": {}})
    with pytest.raises(InputError, match="based on itself"):
        load_recipe(path)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("learning_rate", "fast", "a number from 0"),
        ("learning_rate", "nan", "a number from 0"),
        ("group_size", 1, "a whole number from 2"),
        ("group_size", 2.5, "a whole number from 2"),
        ("devices", True, "a whole number from 1"),
        ("clip", 2, "a number from 0 to 1"),
        ("precision", "fp8", "one of bf16, fp32"),
        ("train_vision", "perhaps", "true or false"),
        ("reward_weights", "{lenght: 1}", "a mapping such as"),
        ("max_steps", 0, "from 1, or null"),
        ("seed", 2**32, "from 0 to 4,294,967,295"),
        ("epochs", 0, "a number above 0"),
        ("temperature", 0, "a number above 0"),
        ("top_p", 0, "a number above 0 to 1"),
        ("top_entropy_quantile", 0, "a number above 0 to 1"),
        ("devices", "9" * 400, "a whole number from 1"),
        ("reward_weights", "{length: .nan}", "a mapping such as"),
    ],
)
def test_values_out_of_range_are_refused(name, value, allowed):
    with pytest.raises(InputError) as error:
        load_recipe("geo-r1", {name: value})
    assert name in error.value.message
    assert allowed in error.value.hint


def test_names_are_helped_with():
    with pytest.raises(InputError) as error:
        load_recipe("geo-r1", {"lerning_rate": 1})
    assert error.value.hint == "did you mean 'learning_rate'?"
    with pytest.raises(InputError, match="it belongs to sft"):
        load_recipe("geo-r1", {"max_length": 1})
    with pytest.raises(InputError, match="several stages"):
        load_recipe("laptop")
    with pytest.raises(InputError, match="no stage 'sft'"):
        load_recipe("geo-r1", stage="sft")


def test_pixels_have_an_order():
    with pytest.raises(InputError, match="min_pixels is 5,000 and max_pixels 4,000"):
        load_recipe("geo-r1", {"min_pixels": 5000, "max_pixels": 4000})


def test_the_ramp_of_the_length_counts_where_it_is_used():
    short = {"max_completion_tokens": 24}
    assert load_recipe("geo-r1", short).reward(4).preset == "vlm-r1"
    with pytest.raises(InputError, match="overlong_tokens is 256 and max_tokens 24") as error:
        load_recipe("geo-r1", {**short, "reward": "default"}).reward(4)
    assert "max_completion_tokens" in error.value.hint


def test_a_step_has_whole_groups():
    recipe = load_recipe("geo-r1", {"group_size": 7})
    with pytest.raises(InputError, match="64 completions"):
        _ = recipe.prompts_per_step


def test_every_setting_is_explained():
    assert all(kind.about and set(kind.stages) <= {"sft", "grpo"} for kind in SETTINGS.values())


def test_the_command_lists_and_shows():
    listed = json.loads(CliRunner().invoke(app, ["train", "recipes", "--json"]).stdout)
    assert list(listed["recipes"]) == ["geo-r1", "geo-r1-zero", "geo-sft", "laptop", "single-gpu"]
    words = ["train", "recipes", "laptop", "--stage", "grpo", "--set", "beta=0.1"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    assert "given on the command line" in shown.output
    wrong = CliRunner().invoke(app, ["train", "recipes", "laptop"])
    assert wrong.exit_code == 2
    assert "several stages" in wrong.output
