"""Any OpenAI-compatible endpoint, or several that serve the same model."""

import asyncio
import math
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from geobench_tools.errors import InputError
from geobench_tools.models._images import data_url, image_bytes
from geobench_tools.models._types import (
    JSON,
    ErrorReason,
    Message,
    ModelError,
    Part,
    Reply,
    Request,
    Usage,
)
from geobench_tools.strictjson import parse_json
from geobench_tools.views import read_retry_after

if TYPE_CHECKING:
    from httpx2 import Response
    from openai import APIStatusError, AsyncOpenAI

__all__ = ["KEY_VARIABLE", "OpenAIModel", "checked_url", "without_keys"]

KEY_VARIABLE = "OPENAI_API_KEY"
PUBLIC_URL = "https://api.openai.com/v1"
_MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
_OVERLOADED = (429, 503, 529)
_WORTH_ANOTHER_TRY = (408, 409, 425)
_DETAIL_CHARS = 500
_CONNECT_S = 15.0
_REST_S = 2.0
_LONGEST_REST_S = 60.0
_ENDLESS = 1e15
"""No count of tokens and no cost comes near it."""
_NO_KEY = "none"

TokenField = Literal["max_tokens", "max_completion_tokens"]


@dataclass(slots=True)
class _Endpoint:
    """One address: its client, what is open there, and until when it rests after a failure."""

    url: str
    client: "AsyncOpenAI | None" = None
    in_flight: int = 0
    failures: int = 0
    rests_until: float = 0.0


class OpenAIModel:
    """A model behind one or more OpenAI-compatible endpoints.

    A request goes to the endpoint with the least in flight; one that cannot be reached rests a
    while. The key is read from ``OPENAI_API_KEY`` when a connection is opened and is kept nowhere
    else.

    Args:
        name: The model's name at the endpoint.
        base_urls: Addresses such as ``http://localhost:8000/v1``; none means api.openai.com.
        timeout_s: Longest wait for a whole reply, seconds.
        token_field: How the endpoint calls the token limit; default ``max_completion_tokens`` at
            api.openai.com, else ``max_tokens``.

    Raises:
        InputError: A URL is not http(s) or holds a user, a password or a query; the public
            endpoint is meant and there is no key; or the timeout is not above 0.
    """

    def __init__(
        self,
        name: str,
        base_urls: Sequence[str] = (),
        *,
        timeout_s: float = 600.0,
        token_field: TokenField | None = None,
    ) -> None:
        if not name:
            raise InputError("openai: needs a model's name", hint="--model openai:qwen2.5-vl-7b")
        if not base_urls and not os.environ.get(KEY_VARIABLE):
            raise InputError(
                f"{KEY_VARIABLE} is not set, and api.openai.com needs a key",
                hint=f"export {KEY_VARIABLE}=..., or name your own endpoint with --base-url",
            )
        if not 0 < timeout_s < math.inf:
            raise InputError(f"a timeout of {timeout_s:g} s cannot be kept", hint="--timeout 600")
        self.name = name
        self._endpoints = [_Endpoint(checked_url(url)) for url in base_urls or (PUBLIC_URL,)]
        self._timeout_s = timeout_s
        public = self._endpoints[0].url == PUBLIC_URL
        self._token_field = token_field or ("max_completion_tokens" if public else "max_tokens")

    @property
    def identity(self) -> Mapping[str, JSON]:
        """The model's name."""
        return {"backend": "openai", "name": self.name}

    @property
    def sees_images(self) -> bool:
        """Images are sent."""
        return True

    def accepts(self, media_type: str) -> bool:
        """JPEG, PNG, WebP and GIF go out as they are."""
        return media_type in _MEDIA_TYPES

    async def reply(self, request: Request) -> Reply:
        """Send one chat completion.

        Raises:
            ModelError: There is no reply.
        """
        import openai
        from httpx2 import Response

        endpoint = self._next_endpoint()
        body = self._body(request)
        endpoint.in_flight += 1
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._client(endpoint).post(
                    "/chat/completions", cast_to=Response, body=body
                )
        except (TimeoutError, openai.APITimeoutError):
            raise ModelError("timeout", f"no whole reply within {self._timeout_s:g} s") from None
        except openai.APIConnectionError as error:
            self._rest(endpoint)
            detail = f"{endpoint.url}: {_root_cause(error)}"
            raise ModelError("connection", without_keys(detail)) from None
        except openai.APIStatusError as error:
            raise self._status_error(error, endpoint) from None
        finally:
            endpoint.in_flight -= 1
        endpoint.failures = 0
        return _read_reply(response, time.perf_counter() - started)

    async def facts(self) -> Mapping[str, JSON]:
        """Return the addresses, and what each lists under ``/models`` for this model."""
        found: dict[str, JSON] = {"base_urls": [endpoint.url for endpoint in self._endpoints]}
        for endpoint in self._endpoints:
            for entry in await self._listed(endpoint):
                if entry.get("id") == self.name:
                    kept = ("id", "root", "parent", "max_model_len", "created", "owned_by")
                    facts = {key: entry[key] for key in kept if key in entry}
                    found.setdefault("listed", facts)
        return found

    async def close(self) -> None:
        """Close the connections; the next reply opens new ones."""
        for endpoint in self._endpoints:
            client, endpoint.client = endpoint.client, None
            if client is not None:
                await client.close()

    async def _listed(self, endpoint: _Endpoint) -> list[Mapping[str, Any]]:
        import openai
        from httpx2 import Response

        try:
            async with asyncio.timeout(_CONNECT_S):
                response = await self._client(endpoint).get("/models", cast_to=Response)
                data = response.json()["data"]
                return [entry for entry in data if isinstance(entry, dict)]
        except (openai.APIError, TimeoutError, ValueError, KeyError, TypeError):
            return []

    def _client(self, endpoint: _Endpoint) -> "AsyncOpenAI":
        if endpoint.client is None:
            import httpx2
            from openai import AsyncOpenAI

            timeout = httpx2.Timeout(self._timeout_s, connect=min(_CONNECT_S, self._timeout_s))
            key = os.environ.get(KEY_VARIABLE) or _NO_KEY
            endpoint.client = AsyncOpenAI(
                api_key=key, base_url=endpoint.url, max_retries=0, timeout=timeout
            )
        return endpoint.client

    def _next_endpoint(self) -> _Endpoint:
        if len(self._endpoints) == 1:
            return self._endpoints[0]
        now = time.monotonic()
        awake = [endpoint for endpoint in self._endpoints if endpoint.rests_until <= now]
        if not awake:
            return min(self._endpoints, key=lambda endpoint: endpoint.rests_until)
        return min(awake, key=lambda endpoint: endpoint.in_flight)

    def _rest(self, endpoint: _Endpoint) -> None:
        endpoint.failures += 1
        rest = min(_LONGEST_REST_S, _REST_S * 2.0 ** (endpoint.failures - 1))
        endpoint.rests_until = time.monotonic() + rest

    def _body(self, request: Request) -> dict[str, JSON]:
        sampling = request.sampling
        fields: dict[str, JSON] = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._token_field: sampling.max_tokens,
            "seed": sampling.seed,
            "stop": list(sampling.stop) or None,
            "reasoning_effort": sampling.reasoning_effort,
            "response_format": {"type": "json_object"} if sampling.json_object else None,
        }
        set_fields = {name: value for name, value in fields.items() if value is not None}
        messages = [_message(message) for message in request.messages]
        return {"model": self.name, "messages": messages, **set_fields, **sampling.extra}

    def _status_error(self, error: "APIStatusError", endpoint: _Endpoint) -> ModelError:
        status = error.status_code
        detail, code = _said(error)
        if status in (401, 403):
            hint = f"put a valid key into {KEY_VARIABLE}"
            return ModelError(
                "credentials", f"{endpoint.url}: {detail}", http_status=status, hint=hint
            )
        if code == "insufficient_quota":
            return ModelError(
                "credentials", detail, http_status=status, hint="the account has no credit left"
            )
        if status == 404 or code == "model_not_found":
            hint = f"list what it serves: curl {endpoint.url}/models"
            message = f"{endpoint.url} has no model {self.name!r}: {detail}"
            return ModelError("unknown_model", message, http_status=status, hint=hint)
        wait = read_retry_after(error.response.headers.get("retry-after"))
        reason: ErrorReason = "rejected"
        if status in _OVERLOADED:
            reason = "overloaded"
        elif status >= 500 or status in _WORTH_ANOTHER_TRY:
            reason = "server"
        return ModelError(reason, detail, http_status=status, retry_after_s=wait)


def _message(message: Message) -> dict[str, JSON]:
    parts = message.parts
    if len(parts) == 1 and isinstance(parts[0], str):
        return {"role": message.role, "content": parts[0]}
    return {"role": message.role, "content": [_content(part) for part in parts]}


def _content(part: Part) -> dict[str, JSON]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    url = data_url(image_bytes(part), part.media_type)
    return {"type": "image_url", "image_url": {"url": url}}


def _read_reply(response: "Response", latency_s: float) -> Reply:
    try:
        document = parse_json(response.content)
    except ValueError:
        start = response.text[:80]
        raise _malformed(f"the reply is not JSON: {start!r}", response) from None
    if not isinstance(document, dict):
        raise _malformed("the reply is not a JSON object", response)
    choices = document.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        said = document.get("error") or document.get("message") or "the reply has no choices"
        raise _malformed(str(said), response)
    choice = choices[0]
    message = choice.get("message")
    if not isinstance(message, dict):
        raise _malformed("the reply has no message", response)
    return Reply(
        text=_text(message.get("content")),
        finish_reason=str(choice.get("finish_reason") or ""),
        usage=_usage(document.get("usage")),
        model_version=str(document.get("model") or ""),
        fingerprint=str(document.get("system_fingerprint") or ""),
        latency_s=latency_s,
        reasoning=_text(message.get("reasoning_content") or message.get("reasoning")),
        refusal=_text(message.get("refusal")),
        cost=_charged(document.get("usage")),
    )


def _text(content: object) -> str:
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _usage(usage: object) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    generated = usage.get("completion_tokens_details")
    asked = usage.get("prompt_tokens_details")
    return Usage(
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        reasoning_tokens=_count(_get(generated, "reasoning_tokens")),
        cached_tokens=_count(_get(asked, "cached_tokens")),
    )


def _charged(usage: object) -> float | None:
    cost = _get(usage, "cost")
    if not isinstance(cost, int | float) or isinstance(cost, bool):
        return None
    return float(cost) if 0.0 <= cost < _ENDLESS else None


def _get(mapping: object, key: str) -> object:
    return mapping.get(key) if isinstance(mapping, dict) else None


def _count(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < _ENDLESS else None


def _malformed(detail: str, response: "Response") -> ModelError:
    return ModelError("malformed", without_keys(detail), http_status=response.status_code)


def _said(error: "APIStatusError") -> tuple[str, str]:
    """Return what the endpoint said, without the key, and its error code."""
    body = error.body
    if isinstance(body, dict):
        detail, code = body.get("message"), body.get("code")
        return without_keys(str(detail or body)), str(code or "")
    return without_keys(str(body or error.message)), ""


def without_keys(text: str) -> str:
    """Return what an endpoint said, shortened, with keys replaced by ``[key]``."""
    key = os.environ.get(KEY_VARIABLE)
    cleaned = text.replace(key, "[key]") if key else text
    return re.sub(r"\bsk-[\w*-]{4,}", "[key]", cleaned)[:_DETAIL_CHARS]


def _root_cause(error: BaseException) -> str:
    cause = error.__cause__ or error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return str(cause) or type(cause).__name__


def checked_url(url: str) -> str:
    """Return a base URL without a slash at its end.

    Raises:
        InputError: It is not http(s), or holds a user, a password, a query or a fragment.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{url!r} is no base URL", hint="as in http://localhost:8000/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(
            f"the base URL of {parts.hostname} holds a user, a password or a query",
            hint=f"put the key into {KEY_VARIABLE}; it is read from the environment alone",
        )
    return url.rstrip("/")
