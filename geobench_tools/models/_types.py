"""What goes to a model and what comes back.

A failure is an exception, :class:`ModelError`, and never a :class:`Reply`: no caller can take one
for an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from geobench_tools.errors import GeobenchError, InputError

__all__ = [
    "JSON",
    "ErrorReason",
    "ImagePart",
    "Message",
    "Model",
    "ModelError",
    "Part",
    "Reply",
    "Request",
    "Role",
    "Sampling",
    "Usage",
]

JSON: TypeAlias = "str | int | float | bool | Sequence[JSON] | Mapping[str, JSON] | None"
"""Anything that ``json.dumps`` writes."""

Role = Literal["system", "user", "assistant"]

ErrorReason = Literal[
    "overloaded",
    "server",
    "connection",
    "timeout",
    "malformed",
    "rejected",
    "unknown_model",
    "credentials",
    "engine",
    "unanswerable",
]
"""Why there is no reply.

``overloaded`` (429, 503, 529), ``server`` (other 5xx), ``connection``, ``timeout`` and
``malformed`` (no JSON, no choices) may go away; ``rejected`` (other 4xx, or what a library on this
machine raised) and ``unanswerable`` (this model has no answer to this request) will not;
``unknown_model``, ``credentials`` and ``engine`` (one on this machine died) concern every request.
"""

_RETRYABLE = ("overloaded", "server", "connection", "timeout", "malformed")
_FATAL = ("unknown_model", "credentials", "engine")


@dataclass(frozen=True, slots=True)
class ImagePart:
    """One image of a message.

    Attributes:
        source: The path of an encoded image file, or its bytes.
        media_type: Such as ``image/jpeg``; empty to tell it from the first bytes.
    """

    source: Path | bytes
    media_type: str = ""


Part = str | ImagePart


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation: texts and images in the order the model shall see them."""

    role: Role
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a reply is drawn. None leaves a parameter out, so that the model's own default holds.

    Making one raises InputError for values that no model takes.

    Attributes:
        temperature: 0 for greedy decoding (under batching still not the same bytes each time).
        top_p: Nucleus sampling.
        max_tokens: Limit of generated tokens, reasoning included.
        seed: Of the sampler; run ``i`` of several uses ``seed + i``.
        stop: Texts that end the reply.
        json_object: Ask for one JSON object (``response_format``).
        reasoning_effort: Such as ``low``, for models that take it.
        extra: Further fields of the request body by name, as the endpoint takes them.
    """

    temperature: float | None = 0.0
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    json_object: bool = False
    reasoning_effort: str | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.temperature is not None and not 0 <= self.temperature < inf:
            raise InputError(f"temperature is {self.temperature:g}; it must be 0 or more")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise InputError(f"top_p is {self.top_p:g}; it must be above 0 and at most 1")
        if self.max_tokens is not None and self.max_tokens < 1:
            raise InputError(f"max_tokens is {self.max_tokens}; it must be at least 1")
        if "" in self.stop:
            raise InputError("an empty text cannot end a reply", hint="leave it out of the stops")

    def document(self) -> dict[str, JSON]:
        """Return the parameters that are set, as JSON."""
        fields: dict[str, JSON] = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "stop": list(self.stop) or None,
            "json_object": self.json_object or None,
            "reasoning_effort": self.reasoning_effort,
            "extra": dict(self.extra) or None,
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model.

    Attributes:
        key: Hash of everything that shapes the reply: prompt, image content, model, sampling and
            run index.
        sample_id: The sample it asks about; what ``replay`` looks up.
        messages: The conversation; its images as bytes when a run sends it.
        sampling: How to draw the reply.
        run_index: Which of several runs, from 0.
        pool: Replies that would be right for some sample of the benchmark, with the number of
            samples: what ``majority`` and ``random`` answer from. No part of the key.
    """

    key: str
    sample_id: str
    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    run_index: int = 0
    pool: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the model counted them; None where it did not say.

    Attributes:
        prompt_tokens: Of texts and images.
        completion_tokens: Generated, reasoning included.
        reasoning_tokens: Generated for reasoning.
        cached_tokens: Of the prompt, read from a cache.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model returned.

    Attributes:
        text: The reply as generated, reasoning tags and all.
        finish_reason: ``stop``, ``length``, ``content_filter`` or what else the endpoint says;
            empty if it says nothing.
        usage: Tokens.
        model_version: The model's name for itself, or its revision.
        fingerprint: ``system_fingerprint`` of the endpoint.
        latency_s: From sending to the whole reply, seconds, of the attempt that succeeded.
        reasoning: Reasoning that the endpoint returns apart from the text.
        refusal: The endpoint's own statement that the model refused; empty if it did not.
        cost: What the endpoint says it charged, in its currency.
    """

    text: str
    finish_reason: str = ""
    usage: Usage = field(default_factory=Usage)
    model_version: str = ""
    fingerprint: str = ""
    latency_s: float = 0.0
    reasoning: str = ""
    refusal: str = ""
    cost: float | None = None


class ModelError(GeobenchError):
    """No reply.

    Args:
        reason: The kind of failure.
        detail: What the endpoint or the library said, without keys.
        http_status: Of the response, if there was one.
        retry_after_s: How long the endpoint asks to wait, seconds.
        hint: The next step.
    """

    def __init__(
        self,
        reason: ErrorReason,
        detail: str,
        *,
        http_status: int | None = None,
        retry_after_s: float | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(detail, hint)
        self.reason = reason
        self.detail = detail
        self.http_status = http_status
        self.retry_after_s = retry_after_s

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.reason in _RETRYABLE

    @property
    def fatal(self) -> bool:
        """Whether no request can succeed until the user changes something."""
        return self.reason in _FATAL


class Model(Protocol):
    """Anything that answers requests.

    ``reply`` may be awaited by many tasks at once. A model outlives the event loop it was used in:
    after ``close`` the next ``reply`` opens again what it needs.
    """

    @property
    def identity(self) -> Mapping[str, JSON]:
        """What decides the reply, and so enters the request key: backend, name, revision.

        Without keys, and without addresses: the same model elsewhere is the same model.
        """
        ...

    @property
    def sees_images(self) -> bool:
        """Whether images matter to it; if not, a run neither reads nor hashes them."""
        ...

    def accepts(self, media_type: str) -> bool:
        """Return whether images of this type can be sent as they are."""
        ...

    async def reply(self, request: Request) -> Reply:
        """Answer one request; one attempt, without retries.

        Raises:
            ModelError: There is no reply.
        """
        ...

    async def facts(self) -> Mapping[str, JSON]:
        """Return what is worth recording about the endpoint or engine; empty if it will not say."""
        ...

    async def close(self) -> None:
        """Release connections and tasks of the running event loop."""
        ...
