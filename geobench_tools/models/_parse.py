"""The grammar of ``--model``."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.models._baselines import (
    ConstantModel,
    MajorityModel,
    RandomModel,
    ReplayModel,
)
from geobench_tools.models._types import Model
from geobench_tools.settings import active

__all__ = ["DEFAULT_NOTE", "GRAMMAR", "LocalOptions", "default_model", "parse_model"]

GRAMMAR: Mapping[str, str] = {
    "openai:NAME": "any OpenAI-compatible endpoint; --base-url may be repeated",
    "vllm:PATH": "vLLM's offline engine on this machine (extra vllm)",
    "hf:PATH": "transformers on this machine (extra hf)",
    "geoclip": "GeoCLIP with its own gallery, a retrieval baseline (extra geoclip)",
    "majority": "the reply that is right most often",
    "random[:SEED]": "any of the replies that are right somewhere",
    "constant:TEXT": "always the same reply",
    "replay:FILE": "recorded replies by sample id, JSON lines",
}

DEFAULT_NOTE = (
    "no model was named and OPENAI_BASE_URL/OPENAI_MODEL are not set: this is the embedded "
    "baseline 'majority', which looks at no image"
)


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """How an engine on this machine is run.

    Attributes:
        batch_size: Requests given to the engine at once; None leaves it to the engine's default.
        max_model_len: Longest prompt and reply together, tokens (vLLM).
        tensor_parallel: GPUs that share one model (vLLM).
        device: Such as ``cuda`` or ``cpu`` (transformers, geoclip); empty for the best there is.
    """

    batch_size: int | None = None
    max_model_len: int | None = None
    tensor_parallel: int = 1
    device: str = ""


def default_model() -> tuple[str, str]:
    """Return the model to use where the user names none, and a note to print loudly.

    The environment's ``OPENAI_MODEL`` (at ``OPENAI_BASE_URL``), else the default model of the
    active settings, else the embedded baseline.

    Raises:
        InputError: Only ``OPENAI_BASE_URL`` is set.
    """
    name, url = os.environ.get("OPENAI_MODEL"), os.environ.get("OPENAI_BASE_URL")
    if name:
        return f"openai:{name}", f"model openai:{name} at {url or 'api.openai.com'} (environment)"
    if default := active().default_model:
        return default, f"model {default} ({active().where('models', 'default')})"
    if url:
        raise InputError(
            "OPENAI_BASE_URL is set but OPENAI_MODEL is not",
            hint="export OPENAI_MODEL=NAME, or pass --model openai:NAME",
        )
    return "majority", DEFAULT_NOTE


def parse_model(
    text: str,
    *,
    base_urls: Sequence[str] = (),
    timeout_s: float = 600.0,
    local: LocalOptions | None = None,
) -> Model:
    """Make the model that a text names.

    Args:
        text: One of the forms of ``GRAMMAR``, or a name of the active settings.
        base_urls: For ``openai:``; default what the settings say of that name, else
            ``OPENAI_BASE_URL``.
        timeout_s: Longest wait for one reply of an endpoint, seconds.
        local: For ``vllm:``, ``hf:`` and ``geoclip``.

    Raises:
        InputError: The text is no such form, or what it names cannot be used.
    """
    if named := active().models.get(text):
        text, base_urls = named.model, base_urls or named.base_urls
    kind, colon, rest = text.partition(":")
    local = local or LocalOptions()
    if base_urls and kind != "openai":
        raise InputError(
            f"--base-url means nothing to --model {text}", hint="--model openai:NAME takes it"
        )
    match kind:
        case "openai":
            from geobench_tools.models._openai import OpenAIModel

            urls = base_urls or tuple(filter(None, [os.environ.get("OPENAI_BASE_URL")]))
            return OpenAIModel(rest, urls, timeout_s=timeout_s)
        case "vllm" if rest:
            from geobench_tools.models._vllm import VLLMModel

            return VLLMModel(
                rest,
                batch_size=local.batch_size or 256,
                max_model_len=local.max_model_len,
                tensor_parallel=local.tensor_parallel,
            )
        case "hf" if rest:
            from geobench_tools.models._hf import HFModel

            return HFModel(rest, batch_size=local.batch_size or 4, device=local.device)
        case "geoclip" if not colon:
            from geobench_tools.models._geoclip import GeoCLIPModel

            return GeoCLIPModel(device=local.device)
        case "majority" if not colon:
            return MajorityModel()
        case "random" if not colon or rest.isdecimal():
            return RandomModel(int(rest or 0))
        case "constant" if colon:
            return ConstantModel(rest)
        case "replay" if rest:
            return ReplayModel(Path(rest))
    forms = ", ".join((*active().models, *GRAMMAR))
    raise InputError(f"--model {text!r} is not understood", hint=f"one of {forms}")
