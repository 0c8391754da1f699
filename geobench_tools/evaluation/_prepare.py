"""A sample made ready to be asked: its images read, its prompt and request named by hashes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from geobench_tools.evaluation._record import ImageInfo, RunSpec, Sample
from geobench_tools.models import (
    JSON,
    EncodedImage,
    ImageLoader,
    ImagePart,
    Message,
    Model,
    Part,
    Request,
    Sampling,
)

__all__ = ["Prepared", "Preparer", "Turn"]

_SILENCE = "(no answer)"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request ready to be sent, and what the log says about it.

    Attributes:
        request: With images as bytes; of a later turn the whole conversation so far.
        prompt: Digest of the texts, roles and places of images.
        prompt_document: What the digest is of; of a later turn its own messages alone.
        images: As they will be sent; of a later turn its own alone.
    """

    request: Request
    prompt: str
    prompt_document: str
    images: tuple[ImageInfo, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier turn of a conversation: what was asked and the text that came back."""

    prepared: Prepared
    text: str

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation so far, the reply included."""
        reply = Message("assistant", (self.text if self.text.strip() else _SILENCE,))
        return (*self.prepared.request.messages, reply)

    @property
    def digest(self) -> str:
        """Names the conversation so far."""
        named = f"{self.prepared.request.key}\0{self.text}"
        return hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()


class Preparer:
    """Makes requests of samples, for one run index.

    Attributes:
        run_index: Which of several runs, from 0.
    """

    def __init__(
        self, spec: RunSpec, model: Model, pool: Mapping[str, int], run_index: int
    ) -> None:
        self._loader = ImageLoader(model.accepts, spec.max_side_px) if model.sees_images else None
        self._pool = pool
        self.run_index = run_index
        self._sampling = _of_run(spec.sampling, run_index)
        fixed: JSON = [model.identity, self._sampling.document(), run_index]
        self._fixed = hashlib.sha256(_canonical(fixed).encode()).hexdigest()

    def prepare(self, sample: Sample, before: Turn | None = None) -> Prepared:
        """Read the images of a sample and name its request.

        Args:
            sample: What is asked now.
            before: The turn that it follows, if it is a later one of a conversation.

        Raises:
            UnreadableImage: An image cannot be sent.
        """
        images: list[EncodedImage] = []
        messages = tuple(self._ready(message, images) for message in sample.messages)
        document = _canonical(_prompt(messages))
        prompt = hashlib.sha256(document.encode("utf-8", "replace")).hexdigest()[:32]
        parts = [prompt, self._fixed, *(image.sha256 for image in images)]
        if before is not None:
            parts.append(before.digest)
            messages = (*before.messages, *messages)
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
        pool = self._pool if sample.pool is None or self._loader else sample.pool
        request = Request(key, sample.sample_id, messages, self._sampling, self.run_index, pool)
        infos = tuple(
            ImageInfo(image.sha256, image.media_type, len(image.data), image.change)
            for image in images
        )
        return Prepared(request, prompt, document, infos)

    def _ready(self, message: Message, images: list[EncodedImage]) -> Message:
        parts: list[Part] = []
        for part in message.parts:
            if isinstance(part, ImagePart) and self._loader is not None:
                image = self._loader.load(part)
                images.append(image)
                part = ImagePart(image.data, image.media_type)
            parts.append(part)
        return Message(message.role, tuple(parts))


def _of_run(sampling: Sampling, run_index: int) -> Sampling:
    if sampling.seed is None:
        return sampling
    return replace(sampling, seed=sampling.seed + run_index)


def _prompt(messages: tuple[Message, ...]) -> JSON:
    numbers = iter(range(1, 1 << 30))
    return [
        {
            "role": message.role,
            "parts": [
                part if isinstance(part, str) else {"image": next(numbers)}
                for part in message.parts
            ],
        }
        for message in messages
    ]


def _canonical(document: JSON) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
