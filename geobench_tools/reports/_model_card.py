"""``README.md`` of a trained model: from what, on what, how, with what result and limits."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.files import write_text
from geobench_tools.provenance import Manifest, read_manifest
from geobench_tools.reports._markdown import citation, code_span, markdown_table, plain
from geobench_tools.training import RUN_KIND, RunFolder

__all__ = ["write_model_card"]

_FINAL, _ADAPTER, _CARD = "final", "adapter", "README.md"
_DEEPEST = 8
_TINY = "tiny"
_STAGES = {
    "sft": "fine-tuned on reasoning traces",
    "grpo": "reinforced by the choice of the right satellite tile (GRPO)",
}
_TRAINERS = {"sft": "SFTTrainer", "grpo": "GRPOTrainer"}


def write_model_card(run_folder: Path) -> Path:
    """Write ``final/README.md`` into a finished training run, unless it is there already.

    The card has the YAML header that the Hugging Face Hub reads. Paths of this machine are
    shortened to their last names. Adapters that lie in ``adapter`` get a card of their own, and so
    do the runs that the model started from.

    Args:
        run_folder: A folder that ``geor1 train`` wrote.

    Returns:
        The path of the card; one that is there is left as its owner edited it.

    Raises:
        InputError: The folder holds no finished training run.
    """
    runs = _runs(run_folder)
    for index, (folder, _) in enumerate(runs):
        try:
            result = RunFolder(folder).result()
        except InputError:
            if not index:
                raise
            continue
        if result is None:
            if index:
                continue
            raise InputError(
                f"{folder} is not finished", hint="the command that began it finishes it"
            )
        for name in (_FINAL, _ADAPTER):
            if (folder / name).is_dir():
                _write(folder / name / _CARD, runs[index:], result, adapter=name == _ADAPTER)
    return run_folder / _FINAL / _CARD


def _write(
    path: Path,
    runs: Sequence[tuple[Path, Manifest]],
    result: Mapping[str, Any],
    *,
    adapter: bool,
) -> None:
    if path.exists():
        return
    try:
        text = "\n\n".join(_sections(runs, result, adapter)) + "\n"
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(
            f"{runs[0][0]}: run.json or result.json is not as this version writes it: {error!r}",
            hint="train again with --overwrite",
        ) from None
    write_text(path, text)


def _runs(folder: Path) -> list[tuple[Path, Manifest]]:
    """Return a run and those that its model comes from, newest first."""
    found = [(folder, read_manifest(folder / "run.json", RUN_KIND))]
    while len(found) < _DEEPEST:
        start = Path(str(found[-1][1].parameters["model"]))
        if start.name != _FINAL or not (start.parent / "run.json").is_file():
            break
        try:
            found.append((start.parent, read_manifest(start.parent / "run.json", RUN_KIND)))
        except InputError:
            break
    return found


def _sections(
    runs: Sequence[tuple[Path, Manifest]], result: Mapping[str, Any], adapter: bool
) -> Iterator[str]:
    folder, manifest = runs[0]
    yield _header(runs, adapter)
    yield _what(runs, adapter)
    yield _held_out(manifest, result)
    yield _data(manifest)
    yield _audit(manifest)
    yield _recipe(manifest, result)
    yield _use_adapter(manifest) if adapter else _use(folder)
    yield _limits(runs, result)
    yield citation()


def _header(runs: Sequence[tuple[Path, Manifest]], adapter: bool) -> str:
    import yaml

    recipe = runs[0][1].parameters["recipe"]
    header: dict[str, Any] = {
        "license": "other",
        "license_name": "not-stated",
        "library_name": "peft" if adapter else "transformers",
        "pipeline_tag": "image-text-to-text",
    }
    # Adapters belong to the very weights that they were trained on.
    base = str(runs[0][1].parameters["model"]) if adapter else _base(runs)
    if base.count("/") == 1 and not base.startswith((".", "/", "~")) and not Path(base).exists():
        header["base_model"] = base.partition("@")[0]
        header["base_model_relation"] = "adapter" if adapter else "finetune"
    header["tags"] = ["geospatial", "cross-view", "geolocation", "reasoning"]
    if recipe["stage"] in _TRAINERS:
        header["tags"] += ["trl", recipe["stage"]]
    if adapter:
        header["tags"] += ["lora"]
    note = "# Put your licence here; those of the base model and of the data bind it.\n"
    return f"---\n{note}{yaml.safe_dump(header, sort_keys=False, allow_unicode=True)}---"


def _base(runs: Sequence[tuple[Path, Manifest]]) -> str:
    return str(runs[-1][1].parameters["model"])


def _name(model: str) -> str:
    """Return a model's name as text; of a folder, the last two names of its path."""
    if model == _TINY:
        return "a tiny model of the Qwen2.5-VL classes with random weights"
    path = Path(model)
    local = path.is_absolute() or path.exists() or model.startswith((".", "~"))
    return code_span("/".join(path.parts[-2:]) if local else model)


def _what(runs: Sequence[tuple[Path, Manifest]], adapter: bool) -> str:
    manifest = runs[0][1]
    recipe, k = manifest.parameters["recipe"], manifest.parameters["k"]
    title = f"# {plain(recipe['name'])}, {plain(recipe['stage'])}: cross-view pairing"
    how = _STAGES.get(recipe["stage"], plain(recipe["stage"]))
    kind = "LoRA adapters of a" if adapter else "A"
    lines = [
        title,
        f"{kind} vision-language model, {how}. It is shown one view from the ground and {k} "
        f"satellite images of the same neighbourhood, thinks in `<think>…</think>`, and names "
        "the one that shows the place in `<answer>…</answer>`.",
    ]
    if control := manifest.parameters["identity"].get("control"):
        lines.append(
            f"**This is the control `{plain(control)}`: it was trained where there is nothing to "
            "learn or a shortcut is open, to be compared with. Use it for nothing else.**"
        )
    steps = [
        f"{plain(one.parameters['recipe']['stage'])} by recipe "
        f"{code_span(one.parameters['recipe']['name'])}, from {_name(one.parameters['model'])}"
        for _, one in reversed(runs)
    ]
    lines.append("\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1)))
    return "\n\n".join(lines)


def _held_out(manifest: Manifest, result: Mapping[str, Any]) -> str:
    title, after = "## Held-out questions", result.get("after")
    if not after:
        return f"{title}\n\nNone were asked: nothing is known of its accuracy. `--held-out N` asks."
    k = manifest.parameters["k"]
    header, rows = ["replies", "right"], []
    for kind in ("greedy", "sampled"):
        shares = [after[kind]]
        if "before" in result:
            header = ["replies", "before", "after", "change"]
            change = result["change"][kind]["difference"]
            shares = [result["before"][kind], after[kind], change]
        rows.append([kind, *map(_interval, shares)])
    table = markdown_table(header, rows)
    return (
        f"{title}\n\n{after['questions']:,} questions of the test split, at places never trained "
        f"on. Share of right answers with its 95 % interval, cliques as units; a reply without a "
        f"readable letter is wrong. Chance is {1 / k:.3f}.\n\n{table}\n\n"
        f"{100 * after['answered']:.1f} % of the greedy replies have a readable letter. Sampled "
        "means once, at temperature 1."
    )


def _interval(share: Mapping[str, Any]) -> str:
    return f"{share['value']:.3f} ({share['low']:.3f} to {share['high']:.3f})"


def _data(manifest: Manifest) -> str:
    inputs = [
        [code_span("/".join(Path(one.path).parts[-2:])), one.bytes, f"`{one.sha256[:16]}…`"]
        for one in manifest.inputs
    ]
    counts = [[plain(name), count] for name, count in manifest.counts.items()]
    parts = ["## Data", markdown_table(["what", "number"], counts)]
    if inputs:
        parts.append(markdown_table(["input", "bytes", "SHA-256"], inputs))
    return "\n\n".join(parts)


def _audit(manifest: Manifest) -> str:
    audit, title = manifest.parameters.get("audit") or {}, "## Audit of the pairing set"
    if not audit:
        return f"{title}\n\nNo pairing set was used, so none was audited."
    by = {"audit.json": "the full audit", "certificate": "the certificate alone"}.get(
        audit["source"], plain(audit["source"])
    )
    if audit["passed"]:
        said = f"Passed, by {by}: no shortcut past the question was found before training."
    else:
        failed = ", ".join(code_span(name) for name in audit.get("failed", ())) or "see its audit"
        said = (
            f"**Failed ({failed}), by {by}; trained all the same with `--allow-leak`. The reward "
            "could be earned by a shortcut, so accuracy may say nothing of geography.**"
        )
    return f"{title}\n\n{said}"


def _recipe(manifest: Manifest, result: Mapping[str, Any]) -> str:
    recipe = manifest.parameters["recipe"]
    rows = [
        [code_span(name), _value(name, one["value"]), plain(one["source"])]
        for name, one in recipe["settings"].items()
    ]
    packages = ", ".join(f"{plain(name)} {plain(one)}" for name, one in manifest.packages.items())
    commit = manifest.run.get("commit")
    made = f"Made by {plain(manifest.tool)}" + (f", source {plain(commit)}" if commit else "")
    return (
        f"## Recipe\n\n{plain(recipe['about'])} {result['steps']:,} steps in "
        f"{result['seconds']:,.0f} seconds.\n\n"
        + markdown_table(["setting", "value", "source"], rows)
        + f"\n\n{made}, seed {manifest.seed}, with {packages}."
    )


def _value(name: str, value: object) -> str:
    if value is None:
        return "none"
    if name == "model":
        return _name(str(value))
    return plain(json.dumps(value) if isinstance(value, dict | list | bool) else value)


def _use(folder: Path) -> str:
    return f"""\
## How to use it

With this folder as `{_FINAL}` (of run {code_span(folder.resolve().name)}):

```bash
geor1 eval pairing --model hf:{_FINAL}
```

```python
from transformers import AutoModelForImageTextToText, AutoProcessor

model = AutoModelForImageTextToText.from_pretrained("{_FINAL}")
processor = AutoProcessor.from_pretrained("{_FINAL}")
```"""


def _use_adapter(manifest: Manifest) -> str:
    base = _name(str(manifest.parameters["model"]))
    return f"""\
## How to use it

With this folder as `{_ADAPTER}` and the model it was trained on ({base}) as `base`;
`{_FINAL}` of the same run has both merged:

```python
from peft import PeftModel
from transformers import AutoModelForImageTextToText, AutoProcessor

model = PeftModel.from_pretrained(AutoModelForImageTextToText.from_pretrained("base"), "{_ADAPTER}")
processor = AutoProcessor.from_pretrained("base")
```"""


def _limits(runs: Sequence[tuple[Path, Manifest]], result: Mapping[str, Any]) -> str:
    reinforced = runs[0][1].parameters["recipe"]["stage"] == "grpo"
    limits = [
        "What the model writes in `<think>` need not be why it answers so, nor true."
        + (" The reward looked at the chosen tile alone." if reinforced else ""),
        "Accuracy on pairing questions of these places says little of other places, other "
        "imagery and other tasks.",
        "No one measured what else the training changed: harms, biases and skills of the base "
        "model are to be taken as they were, or worse.",
        "A model that tells places from pictures can find people who do not wish to be found.",
    ]
    if _base(runs) == _TINY:
        limits.insert(
            0,
            "**This is a tiny model on drawn pictures, made to show that the training works. It "
            "has never seen a photograph and knows nothing of geography.**",
        )
    if "after" in result:
        limits.append(
            "The figures are of one run with one seed; the intervals cover the choice of "
            "questions, not the seed."
        )
    return "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits)
