"""One Python file that holds a whole reward, for trainers that live in another environment.

The file carries the sources of the reward and of the answer reader, under a package name of its
own, so that it needs neither this package nor any other and gives the same numbers everywhere.
"""

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Literal

from geobench_tools import __version__
from geobench_tools.files import atomic_file
from geobench_tools.training.rewards._spec import RewardSpec

__all__ = ["RewardTarget", "reward_file", "write_reward_file"]

RewardTarget = Literal["verl", "ms-swift", "vlm-r1"]

_ROOT = "geobench_tools"
_START = f"{_ROOT}.training.rewards._adapters"

_HEAD = '''\
"""Reward for {target}, written by geobench-tools {version}. Do not edit: write it again.

Preset {preset}; the whole specification is SPEC. Needs the standard library{needs}.
"""

import importlib
import importlib.abc
import importlib.util
import json
import sys

PACKAGE = "{package}"
SPEC = json.loads({spec!r})

_SOURCES = {{
{sources}
}}


class _Bundle(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    def find_spec(self, name, path=None, target=None):
        if name not in _SOURCES:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=self.is_package(name))

    def is_package(self, name):
        return any(other.startswith(name + ".") for other in _SOURCES)

    def get_source(self, name):
        return _SOURCES[name]


def _reward():
    """Return the reward's module and its specification.

    Called for every batch, so that functions of this file can be pickled to other processes.
    """
    if not any(getattr(finder, "package", "") == PACKAGE for finder in sys.meta_path):
        _Bundle.package = PACKAGE
        sys.meta_path.append(_Bundle())
    adapters = importlib.import_module(PACKAGE + ".training.rewards._adapters")
    return adapters, adapters.RewardSpec.from_json(SPEC)
'''

_TAILS: dict[str, str] = {
    "verl": '''

def compute_score(data_source, solution_str, ground_truth, extra_info=None, tokenizer=None, **_):
    """Return score, acc and the terms; ``tokenizer`` is a folder or hub name (reward_kwargs)."""
    adapters, spec = _reward()
    count = adapters.tokenizer_counter(tokenizer) if tokenizer else None
    return adapters.verl_score(spec, solution_str, ground_truth, extra_info, count)
''',
    "ms-swift": """
from swift.rewards import ORM, orms  # noqa: E402

_adapters, _spec = _reward()
orms.update(_adapters.swift_rewards(_spec, ORM))
""",
    "vlm-r1": '''

def register(grpo_jsonl):
    """Add the rewards to the trainer's registry; its tokenizer counts the tokens."""
    adapters, spec = _reward()

    def count(text):
        return len(grpo_jsonl.tokenizer.encode(text))

    grpo_jsonl.reward_funcs_registry.update(adapters.registry_rewards(spec, count))


def several_images(grpo_jsonl):
    """Return what chooses the trainer's module for a model.

    That for Qwen takes rows with several images, and folders of any name. The trainer asserts
    that a module returns one entry for each row beside its inputs; its own returns the grid of
    each image, which only rewards of bounding boxes read.
    """
    import transformers

    theirs = grpo_jsonl.get_vlm_module

    class SeveralImages(grpo_jsonl.Qwen2VLModule):
        def get_model_class(self, model_id, model_init_kwargs):
            config = transformers.AutoConfig.from_pretrained(model_id)
            return getattr(transformers, config.architectures[0])

        def prepare_model_inputs(self, *given, **options):
            inputs, _ = super().prepare_model_inputs(*given, **options)
            return inputs, None

    def choose(model):
        other = any(family in model.lower() for family in ("internvl", "glm"))
        return theirs(model) if other else SeveralImages

    return choose


def main():
    """Start the trainer of the checkout VLM_R1_HOME."""
    import os

    code = os.path.join(os.environ["VLM_R1_HOME"], "src", "open-r1-multimodal", "src")
    sys.path[:0] = [os.path.join(code, "open_r1"), code]
    import grpo_jsonl as trainer

    register(trainer)
    trainer.get_vlm_module = several_images(trainer)
    parser = trainer.TrlParser(
        (trainer.GRPOScriptArguments, trainer.GRPOConfig, trainer.GRPOModelConfig)
    )
    script, training, model = parser.parse_args_and_config()
    if training.deepspeed and "zero3" in training.deepspeed:
        trainer.monkey_patch_qwen2_5vl_forward()
    trainer.main(script, training, model)


if __name__ == "__main__":
    main()
''',
}
_NEEDS = {
    "verl": ", and transformers if a tokenizer is given",
    "ms-swift": " and ms-swift",
    "vlm-r1": " and VLM-R1",
}


def write_reward_file(spec: RewardSpec, target: RewardTarget, path: Path) -> None:
    """Write ``reward_file``, atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(reward_file(spec, target), encoding="utf-8")


def reward_file(spec: RewardSpec, target: RewardTarget) -> str:
    """Return a reward file: same specification and version, same text.

    Args:
        spec: The reward.
        target: ``verl``: defines ``compute_score``. ``ms-swift``: a plugin that registers
            ``geor1_TERM`` in ``orms``. ``vlm-r1``: a script that registers ``geor1_TERM`` and
            starts the trainer.
    """
    sources = _sources()
    document = json.dumps(spec.to_json(), sort_keys=True)
    digest = hashlib.sha256((document + "".join(sources.values())).encode()).hexdigest()
    package = f"geor1_reward_{digest[:12]}"
    renamed = {name: _renamed(text, package) for name, text in sources.items()}
    lines = [f"    {_renamed(name, package)!r}: {text!r}," for name, text in renamed.items()]
    head = _HEAD.format(
        target=target,
        version=__version__,
        preset=spec.preset,
        needs=_NEEDS[target],
        spec=document,
        sources="\n".join(lines),
        package=package,
    )
    return head + _TAILS[target]


def _renamed(text: str, package: str) -> str:
    return re.sub(rf"\b{_ROOT}\b(?=\.|$)", package, text)


def _sources() -> dict[str, str]:
    """Return the sources by module name.

    Of a package's ``__init__`` no more is kept than the names that some module takes from it.
    """
    found: dict[str, str] = {}
    taken: dict[str, set[str]] = {}
    waiting = [_START]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = _text(name) or ""
        for module, names in _imported(found[name]):
            if _text(module) is not None:
                waiting.append(module)
                continue
            inside = [f"{module}.{one}" for one in names if _text(f"{module}.{one}") is not None]
            lines = {_reexport(module, one) for one in names if f"{module}.{one}" not in inside}
            taken.setdefault(module, set()).update(lines)
            waiting += [*inside, *(line.split()[1] for line in lines)]
    for name in list(found):
        parts = name.split(".")
        for i in range(1, len(parts)):
            package = ".".join(parts[:i])
            found[package] = "".join(f"{line}\n" for line in sorted(taken.get(package, ())))
    return dict(sorted(found.items()))


def _imported(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield module and names of each import from this package."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_ROOT):
            yield str(node.module), [alias.name for alias in node.names]


def _reexport(package: str, name: str) -> str:
    """Return the line of a package's ``__init__`` that brings a name."""
    for module, names in _imported(_text(f"{package}.__init__") or ""):
        if name in names:
            return f"from {module} import {name}"
    raise LookupError(f"{package} does not import {name}")


def _text(module: str) -> str | None:
    """Return a module's source, or None for a package."""
    _, *parts = module.split(".")
    entry = files(_ROOT).joinpath(*parts[:-1], f"{parts[-1]}.py") if parts else None
    return entry.read_text(encoding="utf-8") if entry is not None and entry.is_file() else None
