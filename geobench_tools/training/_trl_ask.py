"""The held-out questions of a run, asked by all its processes together."""

import gc
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from geobench_tools.models import load_processor
from geobench_tools.progress import Progress
from geobench_tools.training._held_out import Answer, HeldOut, held_out
from geobench_tools.training._recipes import Recipe
from geobench_tools.training._sources import Sources
from geobench_tools.training._trl_model import import_torch, load_weights

__all__ = ["ask", "restored", "stored"]

_SPARE_TOKENS = 16


def ask(recipe: Recipe, sources: Sources, model: str, progress: Progress, label: str) -> HeldOut:
    """Ask a model all held-out questions; each process asks some of them.

    With one process the replies depend on the seed alone, with several on their number too.
    """
    torch, _ = import_torch()
    rank, processes = _place(torch)
    cuda = torch.cuda.is_available()
    half = cuda and recipe["precision"] == "bf16"
    loaded = load_weights(model, recipe, torch.bfloat16 if half else torch.float32)
    processor = load_processor(model, (recipe["min_pixels"], recipe["max_pixels"]))
    own = held_out(
        loaded.to("cuda" if cuda else "cpu"),
        processor,
        sources.held_out[rank::processes],
        max_tokens=_longest(recipe, sources, processor),
        seed=recipe["seed"] + rank,
        progress=progress,
        label=label,
    )
    del loaded
    gc.collect()
    if cuda:
        torch.cuda.empty_cache()
    groups = tuple(row.group for row in sources.held_out)
    return HeldOut.of(_gathered(own, processes, len(groups)), groups)


def _place(torch: Any) -> tuple[int, int]:
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return 0, 1
    return torch.distributed.get_rank(), torch.distributed.get_world_size()


def _gathered(own: list[Answer], processes: int, questions: int) -> list[Answer]:
    if processes == 1:
        return own
    from accelerate.utils import gather_object

    answers = iter(gather_object(own))
    order = [i for rank in range(processes) for i in range(rank, questions, processes)]
    return [answer for _, answer in sorted(zip(order, answers, strict=True))]


def _longest(recipe: Recipe, sources: Sources, processor: Any) -> int:
    if recipe.stage == "grpo":
        return int(recipe["max_completion_tokens"])
    longest = max((row.completion or "" for row in sources.rows), key=len)
    return len(processor.tokenizer(longest)["input_ids"]) + _SPARE_TOKENS


def stored(found: HeldOut) -> dict[str, Any]:
    """Return answers as the run's folder keeps them."""
    return {
        "greedy": _text(found.greedy),
        "sampled": _text(found.sampled),
        "answered": found.answered,
    }


def restored(kept: Mapping[str, Any], sources: Sources) -> HeldOut:
    """Return the answers of ``stored``."""
    groups = tuple(row.group for row in sources.held_out)
    return HeldOut(_flags(kept["greedy"]), _flags(kept["sampled"]), kept["answered"], groups)


def _text(flags: npt.NDArray[np.bool_]) -> str:
    return "".join("1" if flag else "0" for flag in flags.tolist())


def _flags(text: str) -> npt.NDArray[np.bool_]:
    return np.array([flag == "1" for flag in text])
