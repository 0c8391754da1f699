"""vLLM's offline engine, in this process."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from geobench_tools.errors import missing_extra
from geobench_tools.models._batches import BatchedModel
from geobench_tools.models._checkpoint import checkpoint_identity, said, split_revision
from geobench_tools.models._images import data_url, image_bytes
from geobench_tools.models._types import (
    JSON,
    ImagePart,
    Message,
    ModelError,
    Reply,
    Request,
    Sampling,
    Usage,
)

__all__ = ["VLLMModel"]

_DEFAULT_TOKENS = 4096


class VLLMModel(BatchedModel[Any]):
    """A model in vLLM's offline engine, which schedules each batch itself.

    Loaded at the first request. Without ``max_tokens`` it writes at most 4,096. Code from a
    checkpoint is never run.

    Args:
        name: A checkpoint's folder, or ``org/model@revision`` of the hub.
        batch_size: Requests handed over at once; raise the run's concurrency with it.
        max_model_len: Longest prompt and reply together, tokens; None for the model's own.
        tensor_parallel: GPUs that share the model.

    Raises:
        InputError: The extra is not installed, or there is no such folder.
    """

    def __init__(
        self,
        name: str,
        *,
        batch_size: int = 256,
        max_model_len: int | None = None,
        tensor_parallel: int = 1,
    ) -> None:
        try:
            import vllm
        except ImportError as error:
            raise missing_extra(error.name or "vllm", "vllm", "for --model vllm:") from None
        self._vllm = vllm
        self._name = name
        self._identity = {"backend": "vllm", **checkpoint_identity(name)}
        self._options = {"max_model_len": max_model_len, "tensor_parallel_size": tensor_parallel}
        super().__init__(f"vllm:{name}", batch_size)

    @property
    def identity(self) -> Mapping[str, JSON]:
        """The checkpoint and its digest or revision."""
        return self._identity

    def accepts(self, media_type: str) -> bool:
        """Return whether the engine decodes it: JPEG, PNG, WebP or GIF."""
        return media_type.removeprefix("image/") in ("jpeg", "png", "webp", "gif")

    async def facts(self) -> Mapping[str, JSON]:
        """Return the engine's version and options."""
        return {"vllm": str(self._vllm.__version__), **self._options}

    def _load(self) -> Any:
        name, revision = split_revision(self._name)
        return self._vllm.LLM(
            model=name, revision=revision, trust_remote_code=False, **self._options
        )

    def _generate(self, engine: Any, requests: Sequence[Request]) -> list[Reply]:
        from vllm.v1.engine.exceptions import EngineDeadError

        started = time.perf_counter()
        chats = [[_message(message) for message in request.messages] for request in requests]
        drawn = [self._drawn(request.sampling) for request in requests]
        try:
            outputs = engine.chat(chats, drawn, use_tqdm=False)
        except EngineDeadError as error:
            raise ModelError(
                "engine",
                f"vllm:{self._name} died: {said(error)}",
                hint="see its log above; the same command goes on where it stopped",
            ) from None
        seconds = (time.perf_counter() - started) / len(requests)
        return [_reply(output, seconds) for output in outputs]

    def _drawn(self, sampling: Sampling) -> Any:
        fields: dict[str, Any] = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "stop": list(sampling.stop) or None,
        }
        if sampling.json_object:
            from vllm.sampling_params import StructuredOutputsParams

            fields["structured_outputs"] = StructuredOutputsParams(json_object=True)
        set_fields = {name: value for name, value in fields.items() if value is not None}
        limit = sampling.max_tokens or _DEFAULT_TOKENS
        return self._vllm.SamplingParams(max_tokens=limit, **set_fields, **sampling.extra)


def _message(message: Message) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, ImagePart):
            url = data_url(image_bytes(part), part.media_type)
            content.append({"type": "image_url", "image_url": {"url": url}})
        else:
            content.append({"type": "text", "text": part})
    return {"role": message.role, "content": content}


def _reply(output: Any, seconds: float) -> Reply:
    best = output.outputs[0]
    usage = Usage(len(output.prompt_token_ids or ()), len(best.token_ids))
    return Reply(best.text, str(best.finish_reason or ""), usage, latency_s=seconds)
