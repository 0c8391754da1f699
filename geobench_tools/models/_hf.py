"""Models of the transformers library, in this process."""

import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from geobench_tools.errors import InputError, missing_extra
from geobench_tools.models._batches import BatchedModel
from geobench_tools.models._checkpoint import checkpoint_identity, said, split_revision
from geobench_tools.models._images import decoded, pillow_decodes
from geobench_tools.models._processor import load_processor
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

__all__ = ["HFModel"]

_DEFAULT_TOKENS = 1024
_SPARE_TOKENS = 16


class HFModel(BatchedModel[tuple[Any, Any]]):
    """An image-text-to-text model of transformers, with several images per prompt.

    Loaded at the first request. ``json_object`` is a wish that it does not know; the prompt must
    ask. Without ``max_tokens`` it writes at most 1,024. Code from a checkpoint is never run.

    Args:
        name: A checkpoint's folder, or ``org/model@revision`` of the hub.
        batch_size: Requests generated together; halved where memory does not suffice.
        device: Such as ``cuda:0``; empty for a GPU if there is one.

    Raises:
        InputError: The extra is not installed, or there is no such folder.
    """

    def __init__(self, name: str, *, batch_size: int = 4, device: str = "") -> None:
        try:
            import torch
            import transformers
        except ImportError as error:
            raise missing_extra(error.name or "transformers", "hf", "for --model hf:") from None
        transformers.utils.logging.disable_progress_bar()
        self._torch, self._transformers = torch, transformers
        self._name = name
        self._identity = {"backend": "hf", **checkpoint_identity(name)}
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        super().__init__(f"hf:{name}", batch_size)

    @property
    def identity(self) -> Mapping[str, JSON]:
        """The checkpoint and its digest or revision."""
        return self._identity

    def accepts(self, media_type: str) -> bool:
        """Return whether Pillow decodes it: JPEG, PNG, WebP, GIF, TIFF or BMP."""
        return pillow_decodes(media_type)

    async def facts(self) -> Mapping[str, JSON]:
        """Return the device."""
        device = self._device
        if device.startswith("cuda"):
            device = str(self._torch.cuda.get_device_name())
        return {"device": device}

    def _load(self) -> tuple[Any, Any]:
        processor = load_processor(self._name)
        processor.tokenizer.padding_side = "left"
        processor.apply_chat_template([_chat_message(Message("user", ("?",)))], tokenize=False)
        name, revision = split_revision(self._name)
        model, found = self._transformers.AutoModelForImageTextToText.from_pretrained(
            name,
            dtype="auto",
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            **({"revision": revision} if revision else {}),
        )
        unfit = {*found["missing_keys"], *(entry[0] for entry in found["mismatched_keys"])}
        if unfit:
            raise InputError(
                f"hf:{self._name}: {len(unfit):,} weights of the model are not in its files or "
                f"have another shape there, such as {min(unfit)}",
                hint="fetch the checkpoint again, or its config.json, which is of another model",
            )
        return processor, model.to(self._device).eval()

    def _generate(self, engine: tuple[Any, Any], requests: Sequence[Request]) -> list[Reply]:
        processor, model = engine
        started = time.perf_counter()
        chats = [[_chat_message(message) for message in one.messages] for one in requests]
        inputs = processor.apply_chat_template(
            chats,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        )
        asked = inputs["attention_mask"].sum(dim=1).tolist()
        sampling = requests[0].sampling
        limit = sampling.max_tokens or _DEFAULT_TOKENS
        context = _context(model)
        if max(asked) >= context:
            raise ModelError(
                "rejected",
                f"the prompt has {max(asked):,} tokens and the model takes {context:,}; "
                "fewer or smaller images make it shorter (--max-image-side)",
            )
        tokens = self._tokens(processor, model, inputs, sampling, min(limit, context - min(asked)))
        seconds = (time.perf_counter() - started) / len(requests)
        version = str(getattr(model.config, "_commit_hash", None) or "")
        ends = _end_tokens(model, processor)
        replies = []
        for written, prompt_tokens in zip(tokens, asked, strict=True):
            most = min(limit, context - prompt_tokens)
            row = written[:most]
            length = next((i + 1 for i, token in enumerate(row) if token in ends), len(row))
            text = processor.tokenizer.decode(row[:length], skip_special_tokens=True)
            stops = [at for stop in sampling.stop if (at := text.find(stop)) >= 0]
            cut = length == most and row[length - 1] not in ends and not stops
            usage = Usage(prompt_tokens, length)
            finish = "length" if cut else "stop"
            text = text[: min(stops, default=None)]
            replies.append(Reply(text, finish, usage, version, latency_s=seconds))
        return replies

    def _tokens(
        self, processor: Any, model: Any, inputs: Any, sampling: Sampling, limit: int
    ) -> list[list[int]]:
        torch = self._torch
        start = inputs["input_ids"].shape[1]
        if sampling.seed is not None:
            torch.manual_seed(sampling.seed)
        try:
            with torch.inference_mode(), warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                tokens = model.generate(
                    **inputs.to(model.device),
                    max_new_tokens=limit,
                    **_drawn(sampling),
                    **self._stops(processor, sampling.stop, start),
                )
            rows: list[list[int]] = tokens[:, start:].tolist()
        except getattr(torch, "AcceleratorError", ()) as error:
            raise ModelError(
                "engine",
                f"hf:{self._name}: {self._device} failed: {said(error)}",
                hint="the same command goes on where it stopped",
            ) from None
        return rows

    def _stops(self, processor: Any, stops: Sequence[str], start: int) -> dict[str, Any]:
        """Return what ends a row at one of the texts; transformers' own looks at the prompt too."""
        if not stops:
            return {}
        tail = max(len(stop.encode()) for stop in stops) + _SPARE_TOKENS

        def stopped(tokens: Any, _scores: Any, **_options: Any) -> Any:
            written = tokens[:, max(start, tokens.shape[1] - tail) :]
            texts = processor.tokenizer.batch_decode(written, skip_special_tokens=True)
            found = [any(stop in text for stop in stops) for text in texts]
            return self._torch.tensor(found, device=tokens.device)

        return {"stopping_criteria": [stopped]}


def _chat_message(message: Message) -> dict[str, Any]:
    content = [
        {"type": "image", "image": decoded(part)}
        if isinstance(part, ImagePart)
        else {"type": "text", "text": part}
        for part in message.parts
    ]
    return {"role": message.role, "content": content}


def _drawn(sampling: Sampling) -> dict[str, Any]:
    greedy = sampling.temperature == 0
    fields: dict[str, Any] = {"do_sample": not greedy} if sampling.temperature is not None else {}
    if sampling.temperature:
        fields["temperature"] = sampling.temperature
    if sampling.top_p is not None and not greedy:
        fields["top_p"] = sampling.top_p
    return fields | dict(sampling.extra)


def _end_tokens(model: Any, processor: Any) -> set[int]:
    named = model.generation_config.eos_token_id
    ends = set(named) if isinstance(named, list | tuple) else {named}
    return (ends | {processor.tokenizer.pad_token_id, processor.tokenizer.eos_token_id}) - {None}


def _context(model: Any) -> int:
    """Return the most tokens of prompt and reply together; endless if the model does not say."""
    config = model.config.get_text_config()
    most = getattr(config, "max_position_embeddings", None)
    scaling = (getattr(config, "rope_parameters", None) or {}).get("factor", 1.0)
    return int(most * max(1.0, scaling)) if most else sys.maxsize
