"""Models of the transformers library, in this process."""

import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from geobench_tools.errors import InputError, missing_extra
from geobench_tools.models._batches import Batcher
from geobench_tools.models._checkpoint import checkpoint_identity, split_revision
from geobench_tools.models._images import UnreadableImage, decoded
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


class HFModel:
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

    sees_images = True

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
        self._batcher = Batcher(self._generate, batch_size)
        self._loaded: tuple[Any, Any] | None = None

    @property
    def identity(self) -> Mapping[str, JSON]:
        """The checkpoint and its digest or revision."""
        return self._identity

    def accepts(self, media_type: str) -> bool:
        """Return whether Pillow decodes it: JPEG, PNG, WebP, GIF, TIFF or BMP."""
        return media_type.removeprefix("image/") in ("jpeg", "png", "webp", "gif", "tiff", "bmp")

    async def reply(self, request: Request) -> Reply:
        """Generate one reply, together with others that wait.

        Raises:
            ModelError: An image cannot be decoded, or memory does not suffice.
        """
        return await self._batcher.reply(request)

    async def facts(self) -> Mapping[str, JSON]:
        """Return device and library versions."""
        device = self._device
        if device.startswith("cuda"):
            device = str(self._torch.cuda.get_device_name())
        return {"device": device}

    async def close(self) -> None:
        """Wait for the batch in hand; the weights stay loaded."""
        await self._batcher.close()

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            name, revision = split_revision(self._name)
            options: dict[str, Any] = {"revision": revision} if revision else {}
            options["trust_remote_code"] = False
            try:
                processor = load_processor(self._name)
                model = self._transformers.AutoModelForImageTextToText.from_pretrained(
                    name, dtype="auto", **options
                )
            except (OSError, ValueError) as error:
                raise InputError(f"hf:{self._name} cannot be loaded: {error}") from None
            processor.tokenizer.padding_side = "left"
            self._loaded = processor, model.to(self._device).eval()
        return self._loaded

    def _generate(self, requests: Sequence[Request]) -> Sequence[Reply | ModelError]:
        processor, model = self._load()
        chats: list[list[dict[str, Any]]] = []
        bad: dict[int, ModelError] = {}
        for place, request in enumerate(requests):
            try:
                chats.append([_chat_message(message) for message in request.messages])
            except UnreadableImage as error:
                bad[place] = ModelError("rejected", error.message)
        good = iter(self._batch(processor, model, chats, requests[0].sampling) if chats else ())
        return [bad[place] if place in bad else next(good) for place in range(len(requests))]

    def _batch(
        self, processor: Any, model: Any, chats: list[list[dict[str, Any]]], sampling: Sampling
    ) -> list[Reply | ModelError]:
        started = time.perf_counter()
        try:
            replies = self._reply_all(processor, model, chats, sampling)
        except self._torch.OutOfMemoryError as error:
            self._torch.cuda.empty_cache()
            if len(chats) == 1:
                return [ModelError("rejected", f"out of memory: {str(error)[:200]}")]
            half = len(chats) // 2
            first = self._batch(processor, model, chats[:half], sampling)
            return first + self._batch(processor, model, chats[half:], sampling)
        seconds = (time.perf_counter() - started) / len(chats)
        version = str(getattr(model.config, "_commit_hash", None) or "")
        return [
            Reply(text, finish, usage, version, latency_s=seconds)
            for text, finish, usage in replies
        ]

    def _reply_all(
        self, processor: Any, model: Any, chats: list[list[dict[str, Any]]], sampling: Sampling
    ) -> list[tuple[str, str, Usage]]:
        torch = self._torch
        inputs = processor.apply_chat_template(
            chats,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        ).to(model.device)
        limit = sampling.max_tokens or _DEFAULT_TOKENS
        if sampling.seed is not None:
            torch.manual_seed(sampling.seed)
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            tokens = model.generate(
                **inputs, max_new_tokens=limit, **_drawn(sampling), tokenizer=processor.tokenizer
            )
        start = inputs["input_ids"].shape[1]
        asked = inputs["attention_mask"].sum(dim=1).tolist()
        ends = _end_tokens(model, processor)
        replies = []
        for row, prompt_tokens in zip(tokens[:, start:].tolist(), asked, strict=True):
            length = next((i + 1 for i, token in enumerate(row) if token in ends), len(row))
            text = processor.tokenizer.decode(row[:length], skip_special_tokens=True)
            cut = length >= limit and row[length - 1] not in ends
            stopped = any(stop in text for stop in sampling.stop)
            finish = "length" if cut and not stopped else "stop"
            replies.append((text, finish, Usage(prompt_tokens, length)))
        return replies


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
    if sampling.stop:
        fields["stop_strings"] = list(sampling.stop)
    return fields | dict(sampling.extra)


def _end_tokens(model: Any, processor: Any) -> set[int]:
    named = model.generation_config.eos_token_id
    ends = set(named) if isinstance(named, list | tuple) else {named}
    return (ends | {processor.tokenizer.pad_token_id, processor.tokenizer.eos_token_id}) - {None}
