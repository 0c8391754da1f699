"""Models and endpoints that the environment and the settings name; keys are never shown."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.findings import Finding
from geobench_tools.models import KEY_VARIABLE, checked_url, parse_model, without_keys
from geobench_tools.settings import active

__all__ = ["endpoint_findings"]

_TOPIC = "Models and endpoints"
_WAIT_S = 10.0
_SHOWN = 6
_PACKAGE_OF = {"hf": "transformers", "vllm": "vllm", "geoclip": "geoclip"}


@dataclass(frozen=True)
class _Answer:
    """What ``/models`` of an endpoint said: names, or a fault with the next step."""

    models: tuple[str, ...] = ()
    fault: str = ""
    next: str = ""


def endpoint_findings() -> Iterator[Finding]:
    """Yield which keys are set, and whether each named endpoint answers and lists its model."""
    for name, use in (
        (KEY_VARIABLE, "for endpoints that want a key"),
        ("HF_TOKEN", "for gated data sets and checkpoints"),
    ):
        said = "set (not shown)" if os.environ.get(name) else "not set"
        yield Finding(_TOPIC, name, "note", said, use)
    name, url = os.environ.get("OPENAI_MODEL", ""), os.environ.get("OPENAI_BASE_URL", "")
    if url:
        yield _endpoint("OPENAI_BASE_URL", url, name)
        if not name and not active().default_model:
            yield Finding(
                _TOPIC,
                "OPENAI_MODEL",
                "error",
                "not set, although OPENAI_BASE_URL is",
                "a command without --model fails",
                "export OPENAI_MODEL=NAME",
            )
    elif name:
        yield _public("OPENAI_MODEL", name)
    for key, model in active().models.items():
        where = active().where("models", key)
        yield from _named(f"{key} ({where})", model.model, model.base_urls, url)
    if not url and not name and not active().models:
        how = "export OPENAI_BASE_URL and OPENAI_MODEL, or name models in geor1.toml (geor1 init)"
        effect = "geor1 eval without --model uses the baseline majority, which sees no image"
        yield Finding(_TOPIC, "model", "note", "none is named", effect, how)


def _named(name: str, model: str, urls: Sequence[str], shared_url: str) -> Iterator[Finding]:
    kind, _, rest = model.partition(":")
    if kind == "openai":
        for url in urls:
            yield _endpoint(name, url, rest)
        if not urls and shared_url:
            yield Finding(_TOPIC, name, "ok", f"{model} at OPENAI_BASE_URL")
        elif not urls:
            yield _public(name, rest)
        return
    package = _PACKAGE_OF.get(kind, "")
    if package and not _installed(package):
        how = f"pip install 'geobench-tools[{kind}]'"
        yield Finding(_TOPIC, name, "error", f"{model} needs {package}", "it cannot run", how)
    elif kind in ("hf", "vllm") and rest.startswith((".", "/", "~")) and not Path(rest).is_dir():
        said = f"{model}: there is no such folder"
        yield Finding(_TOPIC, name, "error", said, "it cannot run", "correct the path")
    elif kind in _PACKAGE_OF:
        yield Finding(_TOPIC, name, "ok", model)
    else:
        yield _built_in(name, model)


def _built_in(name: str, model: str) -> Finding:
    try:
        parse_model(model)
    except InputError as error:
        return Finding(_TOPIC, name, "error", error.message, "it cannot run", error.hint)
    return Finding(_TOPIC, name, "ok", model)


def _public(name: str, model: str) -> Finding:
    said = f"{model} at api.openai.com (not asked)"
    if os.environ.get(KEY_VARIABLE):
        return Finding(_TOPIC, name, "ok", said)
    how = f"export {KEY_VARIABLE}=…, or name an endpoint"
    return Finding(_TOPIC, name, "error", f"{said}, and {KEY_VARIABLE} is not set", "", how)


def _endpoint(name: str, url: str, model: str) -> Finding:
    try:
        address = checked_url(url)
    except InputError as error:
        return Finding(_TOPIC, name, "error", error.message, "requests would fail", error.hint)
    answer = _asked(address)
    if answer.fault:
        effect = "requests to it will fail"
        return Finding(_TOPIC, name, "error", f"{address}: {answer.fault}", effect, answer.next)
    listed = ", ".join(answer.models[:_SHOWN]) + (" …" if len(answer.models) > _SHOWN else "")
    if model and answer.models and model not in answer.models:
        said = f"{address} answers but does not list {model}; it lists {listed}"
        return Finding(_TOPIC, name, "warning", said, "requests may fail", "correct the name")
    return Finding(_TOPIC, name, "ok", f"{address} answers, lists {listed or 'no models'}")


def _asked(url: str) -> _Answer:
    import httpx2

    key = os.environ.get(KEY_VARIABLE)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        response = httpx2.get(f"{url}/models", headers=headers, timeout=_WAIT_S)
    except httpx2.HTTPError as error:
        said = without_keys(str(error) or type(error).__name__)
        return _Answer(fault=f"no connection: {said}", next="start the server, or correct the URL")
    if response.status_code in (401, 403):
        how = f"export a valid {KEY_VARIABLE}" if key else f"export {KEY_VARIABLE}=…"
        return _Answer(fault=f"refuses the key (HTTP {response.status_code})", next=how)
    if response.status_code != 200:
        how = "a base URL usually ends in /v1"
        return _Answer(fault=f"/models gives HTTP {response.status_code}", next=how)
    try:
        names = tuple(str(entry["id"]) for entry in response.json()["data"])
    except (ValueError, KeyError, TypeError):
        how = "a base URL usually ends in /v1"
        return _Answer(fault="/models is no list of models", next=how)
    return _Answer(names)


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
