"""The user's tile source: its URL template, and a key that is never shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from geobench_tools import __version__
from geobench_tools.errors import InputError

__all__ = ["FetchOptions", "Tile", "TileSource", "open_source"]

_PLACEHOLDERS = ("z", "x", "y", "-y", "q", "s", "key")
_CREDENTIAL_NAMES = (
    *("accesskey", "accesstoken", "apikey", "auth", "key", "pass", "password"),
    *("secret", "sig", "signature", "subscriptionkey", "token"),
)
_SHORTEST_SECRET = 4
_EXAMPLE = "https://tiles.example.org/{z}/{x}/{y}.jpg"


class Tile(NamedTuple):
    """One tile of the XYZ scheme: column x from the west, row y from the north."""

    z: int
    x: int
    y: int

    def __str__(self) -> str:
        return f"{self.z}/{self.x}/{self.y}"

    @property
    def quadkey(self) -> str:
        """The tile as base-4 digits from the coarsest to its own zoom level."""
        bits = range(self.z - 1, -1, -1)
        return "".join(str((self.x >> b & 1) + 2 * (self.y >> b & 1)) for b in bits)


@dataclass(frozen=True)
class FetchOptions:
    """Where tiles come from and how politely.

    Attributes:
        source: URL template with ``{z} {x} {y} {-y} {q} {s} {key}``.
        rate: Most requests each second, over all workers, retries and redirects included.
        concurrency: Most requests open at once.
        retries: Further attempts at a tile after a failure that may pass.
        timeout_s: Most time for one attempt from connecting to the last byte, seconds.
        backoff_s: Mean wait before the first retry, doubled for each further one, seconds.
        api_key_env: Name of the environment variable with the key, or None.
        headers: Further request headers as ``Name: value``; ``{key}`` is replaced.
        subdomains: Values that ``{s}`` takes in turn.
        user_agent: How the client names itself; default: ``geobench-tools/VERSION``.
        provider: Name of the provider in the view table; default: the source's host.
        licence: Licence of the tiles, recorded.
        attribution: Credit line of the tiles, recorded.
        max_bytes: The run stops once the tiles in the folder take this many bytes.
        missing_status: HTTP statuses that mean that the source has no such tile.
        retry_missing: Ask again for tiles that the source did not have.
        no_imagery: SHA-256 digests of tiles that show nothing; they are left out of the view table.
    """

    source: str = field(repr=False)
    rate: float = 5.0
    concurrency: int = 4
    retries: int = 5
    timeout_s: float = 30.0
    backoff_s: float = 1.0
    api_key_env: str | None = None
    headers: tuple[str, ...] = field(default=(), repr=False)
    subdomains: tuple[str, ...] = ("a", "b", "c")
    user_agent: str | None = None
    provider: str | None = None
    licence: str | None = None
    attribution: str | None = None
    max_bytes: int | None = None
    missing_status: tuple[int, ...] = (204, 404, 410)
    retry_missing: bool = False
    no_imagery: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise InputError for the first value that is out of range."""
        _require(0 < self.rate < float("inf"), f"a rate of {self.rate:g} per second", "--rate 5")
        _require(
            1 <= self.concurrency <= 256,
            f"{self.concurrency} open requests",
            "--concurrency from 1 to 256",
        )
        _require(0 <= self.retries <= 20, f"{self.retries} retries", "--retries from 0 to 20")
        _require(0 < self.timeout_s <= 3600, f"a timeout of {self.timeout_s:g} s", "--timeout 30s")
        _require(0 <= self.backoff_s <= 60, f"a back-off of {self.backoff_s:g} s", "--backoff 1s")
        _require(
            self.max_bytes is None or self.max_bytes > 0, "a budget of no bytes", "--max-bytes 2GB"
        )
        _require(bool(self.subdomains), "no sub-domain", "--subdomains a,b,c")
        _require(
            (self.user_agent or "").isascii() and (self.user_agent or "").isprintable(),
            "the user agent is not printable ASCII",
            "--user-agent 'my-project (me@example.org)'",
        )
        for status in self.missing_status:
            _require(
                status == 204 or 400 <= status <= 499,
                f"status {status} cannot mean that there is no tile",
                "--missing-status 403, or another of 400 to 499",
            )
        for digest in self.no_imagery:
            _require(
                re.fullmatch("[0-9a-f]{64}", digest) is not None,
                f"{digest!r} is no SHA-256",
                "64 hexadecimal digits, as the report of identical tiles gives them",
            )


@dataclass(frozen=True)
class TileSource:
    """A checked source.

    Attributes:
        template: The URL template as the user gave it, with ``{key}`` unfilled.
        provider: Name for the view table.
        subdomains: Values of ``{s}``.
        headers: Request headers for the source's own host, key filled in.
        public_headers: Request headers for any other host.
        key: The key, or empty.
    """

    template: str
    provider: str
    subdomains: tuple[str, ...]
    headers: Mapping[str, str] = field(repr=False)
    public_headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    key: str = field(repr=False)

    def url(self, tile: Tile) -> str:
        """Return the URL to request, key included."""
        return self._fill(tile, _in_url(self.key))

    def shown(self, tile: Tile) -> str:
        """Return the URL with the placeholder in the place of the key."""
        return self._fill(tile, "{key}")

    def redact(self, text: str) -> str:
        """Return a text without the key and the values of the user's headers."""
        for secret in self.secrets:
            text = re.sub(re.escape(secret), "[redacted]", text, flags=re.IGNORECASE)
        return text

    def holds_key(self, text: str) -> bool:
        """Say whether a text has the key in it, as it is or percent-encoded."""
        forms = _forms(self.key.lower())
        return bool(self.key) and any(form.lower() in text.lower() for form in forms)

    def _fill(self, tile: Tile, key: str) -> str:
        values = {
            "z": str(tile.z),
            "x": str(tile.x),
            "y": str(tile.y),
            "-y": str((1 << tile.z) - 1 - tile.y),
            "q": tile.quadkey,
            "s": self.subdomains[(tile.x + tile.y) % len(self.subdomains)],
            "key": key,
        }
        return re.sub(r"\{([^{}]*)\}", lambda found: values[found[1]], self.template)


def open_source(options: FetchOptions, environment: Mapping[str, str]) -> TileSource:
    """Check the source and take its key from the environment.

    Args:
        options: What the user asked for.
        environment: As ``os.environ``.

    Raises:
        InputError: The template is no HTTP URL with the placeholders of a tile, a header is none,
            the key is missing, or a secret is written where it would be recorded.
    """
    template = options.source
    key = _key(options, environment)
    _check_template(template, key)
    names = set(re.findall(r"\{([^{}]*)\}", template))
    in_headers = any("{key}" in header for header in options.headers)
    if options.api_key_env is None:
        _require(
            "key" not in names and not in_headers,
            "{key} is used, but no key is given",
            "--api-key-env NAME, with the key in the environment variable NAME",
        )
    else:
        _require(
            "key" in names or in_headers,
            f"nothing uses the key of {options.api_key_env}",
            "put {key} into --source or --header",
        )
    own = _headers(options.headers, key)
    public = {
        "User-Agent": options.user_agent or f"geobench-tools/{__version__}",
        "Accept": "image/*",
        "Accept-Encoding": "identity",
    }
    host = urlsplit(template.replace("{s}.", "").replace("{s}", "")).hostname or ""
    secrets = {*_forms(key), *own.values(), *_header_values(options.headers)}
    return TileSource(
        template=template,
        provider=options.provider or host,
        subdomains=options.subdomains,
        headers=public | own,
        public_headers=public,
        secrets=tuple(
            sorted((s for s in secrets if len(s) >= _SHORTEST_SECRET), key=lambda s: (-len(s), s))
        ),
        key=key,
    )


def _key(options: FetchOptions, environment: Mapping[str, str]) -> str:
    if options.api_key_env is None:
        return ""
    key = environment.get(options.api_key_env, "").strip()
    _require(
        bool(key),
        f"the environment variable {options.api_key_env} is not set",
        f"export {options.api_key_env}=…",
    )
    _require(
        len(key) >= _SHORTEST_SECRET and key.isascii() and key.isprintable() and " " not in key,
        f"what {options.api_key_env} holds is no key",
        f"at least {_SHORTEST_SECRET} printable ASCII characters without spaces",
    )
    return key


def _in_url(key: str) -> str:
    """Encode only what can never stand in a URL, so that a key may hold several parameters."""
    return quote(key, safe="!$&'()*+,;=:@/?%-._~")


def _forms(key: str) -> tuple[str, ...]:
    return key, _in_url(key), quote(key, safe="")


def _check_template(template: str, key: str) -> None:
    _require(
        not key or key not in template,
        "the source has the key written out",
        "write {key} in its place: the source is recorded",
    )
    try:
        parts = urlsplit(template)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"the source is no URL: {error}", hint=_EXAMPLE) from None
    _require(
        parts.scheme in ("http", "https"),
        f"the source has scheme {parts.scheme!r}" if parts.scheme else "the source has no scheme",
        f"only http and https are fetched, as {_EXAMPLE}",
    )
    _require(bool(host), "the source names no host", _EXAMPLE)
    _require(
        parts.username is None and parts.password is None,
        "the source has a user or password in it",
        "--header 'Authorization: Basic {key}' with --api-key-env",
    )
    for name in re.findall(r"\{([^{}]*)\}", template):
        _require(
            name in _PLACEHOLDERS,
            f"the source has an unknown placeholder {{{name}}}",
            "known are " + " ".join(f"{{{known}}}" for known in _PLACEHOLDERS),
        )
    bare = re.sub(r"\{[^{}]*\}", "", template)
    _require("{" not in bare and "}" not in bare, "the source has an unpaired brace", _EXAMPLE)
    has = {name for name in _PLACEHOLDERS if f"{{{name}}}" in template}
    _require(
        "q" in has or ({"z", "x"} <= has and bool(has & {"y", "-y"})),
        "the source does not say which tile it wants",
        "it needs {z}, {x} and one of {y} and {-y}; or {q}",
    )
    for placeholder in has - {"s"}:
        _require(
            f"{{{placeholder}}}" not in parts.netloc,
            f"{{{placeholder}}} stands in the host name",
            "only {s} may",
        )
    for name, value in parse_qsl(parts.query):
        plain = re.sub("[^a-z]", "", name.lower())
        _require(
            plain not in _CREDENTIAL_NAMES or "{key}" in value,
            f"the source has the value of {name!r} written out",
            f"write {name}={{key}} and name its environment variable: --api-key-env NAME",
        )


def _headers(given: tuple[str, ...], key: str) -> dict[str, str]:
    headers = {}
    for number, header in enumerate(given, start=1):
        name, colon, value = header.partition(":")
        filled = value.strip().replace("{key}", key)
        _require(
            bool(colon)
            and re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name.strip()) is not None
            and filled.isascii()
            and filled.isprintable(),
            f"header {number} is not of the form 'Name: value'",
            "--header 'Referer: https://example.org'",
        )
        headers[name.strip()] = filled
    return headers


def _header_values(given: tuple[str, ...]) -> list[str]:
    return [header.partition(":")[2].strip() for header in given]


def _require(holds: bool, message: str, hint: str) -> None:
    if not holds:
        raise InputError(message, hint=hint)
