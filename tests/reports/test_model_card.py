"""The card beside a trained model."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.errors import InputError
from geobench_tools.provenance import InputDigest, Manifest, write_manifest
from geobench_tools.reports import write_model_card
from geobench_tools.training import TrainReport, load_recipe

HUB = "Qwen/Qwen2.5-VL-7B-Instruct@main"
SHARE = {"value": 0.5, "low": 0.45, "high": 0.55}
ASKED = {"questions": 400, "greedy": SHARE, "sampled": SHARE, "answered": 0.995}
RISE = {"difference": {"value": 0.2, "low": 0.1, "high": 0.3}}
FULL = {
    "before": ASKED,
    "after": {**ASKED, "greedy": {"value": 0.7, "low": 0.65, "high": 0.75}},
    "change": {"greedy": RISE, "sampled": RISE},
}


def make_run(folder, stage, model, result=None, *, audit=None, control=""):
    (folder / "final").mkdir(parents=True)
    recipe = load_recipe("laptop", {"model": str(model)}, stage=stage)
    manifest = Manifest(
        "training-run",
        {
            "identity": {"control": control},
            "recipe": recipe.to_json(),
            "model": str(model),
            "k": 4,
            "audit": {"passed": True, "source": "audit.json"} if audit is None else audit,
        },
        seed=3,
        inputs=(InputDigest(str(folder / "pairs" / "manifest.json"), "ab" * 32, 1234),),
        counts={"examples": 5296, "held_out": 400},
    )
    write_manifest(manifest, folder / "run.json")
    if result is not None:
        whole = {"steps": 60, "seconds": 90.0, "metrics": {}, **result}
        (folder / "result.json").write_text(json.dumps(whole))
    return folder


def parts_of(path):
    _, header, text = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(header), text


def test_figures_stand_in_the_card_with_their_intervals(tmp_path):
    run = make_run(tmp_path / "run", "grpo", HUB, FULL)
    card = write_model_card(run)
    assert card == run / "final" / "README.md"
    header, text = parts_of(card)
    assert header["base_model"] == "Qwen/Qwen2.5-VL-7B-Instruct"
    assert header["license"] == "other"
    assert "| greedy | 0.500 (0.450 to 0.550) | 0.700 (0.650 to 0.750) |" in text
    assert "0.200 (0.100 to 0.300)" in text
    assert "Chance is 0.250" in text
    assert "| `learning_rate` |" in text
    assert "5,296" in text
    assert "Passed, by the full audit" in text


def test_the_hub_reads_the_header(tmp_path):
    from huggingface_hub import ModelCard

    card = ModelCard.load(write_model_card(make_run(tmp_path / "run", "sft", HUB, {})))
    assert card.data.pipeline_tag == "image-text-to-text"
    assert card.data.library_name == "transformers"


@pytest.mark.parametrize(
    ("result", "shown", "hidden"),
    [
        ({}, "nothing is known of its accuracy", "95 %"),
        ({"after": ASKED}, "| greedy | 0.500 (0.450 to 0.550) |", "change"),
    ],
)
def test_what_was_not_asked_is_not_shown(tmp_path, result, shown, hidden):
    held_out = parts_of(write_model_card(make_run(tmp_path / "run", "sft", "tiny", result)))[1]
    held_out = held_out.partition("## Held-out")[2].partition("## Data")[0]
    assert shown in held_out
    assert hidden not in held_out


@pytest.mark.parametrize(
    ("audit", "shown"),
    [
        ({"passed": True, "source": "certificate"}, "by the certificate alone"),
        (
            {"passed": False, "source": "audit.json", "failed": ["time-match"], "allowed": True},
            "**Failed (`time-match`)",
        ),
        ({}, "none was audited"),
    ],
)
def test_the_audit_is_told_as_it_was(tmp_path, audit, shown):
    assert (
        shown
        in parts_of(write_model_card(make_run(tmp_path / "r", "sft", HUB, {}, audit=audit)))[1]
    )


def test_adapters_have_a_card_of_their_own(tmp_path):
    sft = make_run(tmp_path / "sft", "sft", HUB, {})
    grpo = make_run(tmp_path / "grpo", "grpo", sft / "final", FULL)
    for run in (sft, grpo):
        (run / "adapter").mkdir()
    write_model_card(grpo)
    header, text = parts_of(sft / "adapter" / "README.md")
    assert header["library_name"] == "peft"
    assert header["base_model"] == "Qwen/Qwen2.5-VL-7B-Instruct"
    assert header["base_model_relation"] == "adapter"
    assert "LoRA adapters of a vision-language model" in text
    assert "was trained on (`Qwen/Qwen2.5-VL-7B-Instruct@main`)" in text
    header, text = parts_of(grpo / "adapter" / "README.md")
    assert "base_model" not in header
    assert 'PeftModel.from_pretrained(AutoModelForImageTextToText.from_pretrained("base")' in text
    assert "| greedy | 0.500 (0.450 to 0.550) | 0.700 (0.650 to 0.750) |" in text
    assert str(tmp_path) not in text
    assert "peft" not in (grpo / "final" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["[1]", "[" * 100_000, '{"steps": ' + "1" * 5000 + "}"])
def test_a_damaged_result_is_named(tmp_path, text):
    run = make_run(tmp_path / "run", "sft", HUB, {})
    (run / "result.json").write_text(text)
    with pytest.raises(InputError, match=r"result\.json is"):
        write_model_card(run)


def test_a_control_says_so(tmp_path):
    run = make_run(tmp_path / "run", "grpo", HUB, {}, control="shuffled-labels")
    assert "**This is the control `shuffled-labels`" in parts_of(write_model_card(run))[1]


def test_the_models_before_it_are_named_and_get_their_own_cards(tmp_path):
    sft = make_run(tmp_path / "sft", "sft", "tiny", {})
    grpo = make_run(tmp_path / "grpo", "grpo", sft / "final", FULL)
    header, text = parts_of(write_model_card(grpo))
    assert "base_model" not in header
    assert "1. sft by recipe `laptop`, from a tiny model" in text
    assert "2. grpo by recipe `laptop`, from `sft/final`" in text
    assert "knows nothing of geography" in text
    assert "grpo by recipe" not in (sft / "final" / "README.md").read_text(encoding="utf-8")


def test_no_path_of_this_machine_is_told(tmp_path):
    sft = make_run(tmp_path / "sft", "sft", "tiny", {})
    grpo = make_run(tmp_path / "grpo", "grpo", sft / "final", {})
    assert str(tmp_path) not in write_model_card(grpo).read_text(encoding="utf-8")


def test_a_card_that_its_owner_edited_stays(tmp_path):
    run = make_run(tmp_path / "run", "sft", HUB, {})
    write_model_card(run).write_text("mine")
    assert write_model_card(run).read_text() == "mine"


def test_a_run_that_is_not_finished_has_no_card(tmp_path):
    run = make_run(tmp_path / "run", "sft", HUB)
    with pytest.raises(InputError, match="not finished"):
        write_model_card(run)
    assert not (run / "final" / "README.md").exists()


def test_a_result_of_another_shape_is_an_error_with_a_next_step(tmp_path):
    run = make_run(tmp_path / "run", "sft", HUB, {"after": {"questions": 4}})
    with pytest.raises(InputError, match=r"result\.json") as caught:
        write_model_card(run)
    assert "--overwrite" in caught.value.hint


def test_the_training_command_ends_with_the_card(tmp_path, monkeypatch):
    run = make_run(tmp_path / "run", "sft", HUB, {})
    (run / "metrics.jsonl").write_text('{"step": 1, "loss": 0.5}\n')
    result = json.loads((run / "result.json").read_text())
    report = TrainReport(run, run / "final", result)
    monkeypatch.setattr("geobench_tools.training.run_training", lambda *_: report)
    done = CliRunner().invoke(app, ["train", "sft", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["card"] == str(run / "final" / "README.md")
    assert (run / "final" / "README.md").is_file()
