"""The terms of given replies, one by one: why a reply earned what it earned."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.strictjson import parse_json
from geobench_tools.training.rewards._adapters import reply_text, token_counts, tokenizer_counter
from geobench_tools.training.rewards._spec import TERMS, RewardSpec, parse_weights
from geobench_tools.training.rewards._terms import bare_letter, score

__all__ = ["Explained", "ExplainedReply", "chosen_reward", "explain_replies"]

_REPLY = ("completion", "reply", "text", "response", "output")
_SOLUTION = ("solution", "target", "answer", "ground_truth", "label")
_TOKENS = ("tokens", "completion_tokens", "completion_length", "length")
_SAMPLES = "samples.jsonl"
_UNANSWERED = ("error", "skipped")
_MAX_LINE = 16 << 20


@dataclass(frozen=True)
class ExplainedReply:
    """One reply and its reward.

    Attributes:
        line: Its line in the file, from 1.
        letter: The letter that was read, or None.
        why: ``right``, ``wrong``, a flaw, or why there is no letter.
        terms: Unweighted terms by name; None where a term needs token counts that are unknown.
        total: The weighted sum; without the terms that are None.
        tokens: Length in tokens, or None.
        reply: The text.
    """

    line: int
    letter: str | None
    why: str
    terms: Mapping[str, float | None]
    total: float
    tokens: int | None
    reply: str


@dataclass(frozen=True)
class Explained:
    """All replies of a file with the reward that was used.

    Attributes:
        spec: The reward.
        replies: In the file's order.
        outcomes: Number of replies by outcome.
        means: Mean of each term over the replies that have it, and of ``total``.
        unmeasured: Replies whose length term is unknown although it has a weight.
    """

    spec: RewardSpec
    replies: tuple[ExplainedReply, ...]
    outcomes: Mapping[str, int]
    means: Mapping[str, float | None]
    unmeasured: int

    def document(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
            "reward": self.spec.to_json(),
            "outcomes": dict(self.outcomes),
            "means": dict(self.means),
            "unmeasured": self.unmeasured,
            "replies": [asdict(one) for one in self.replies],
        }


def explain_replies(
    path: Path, spec: RewardSpec, *, solution: str = "", tokenizer: str = ""
) -> Explained:
    """Score the replies of a file and say why each earned what it earned.

    Args:
        path: JSON lines with a reply (``completion``, ``reply``, ``text``, ``response``), its
            right letter (``solution``, ``target``, ``answer``, ``ground_truth``) and, if known, its
            ``tokens`` or ``completion_ids`` and the number of candidates ``k``; or the folder of a
            training or evaluation run, whose requests without a reply are passed over.
        spec: The reward.
        solution: The right letter of lines that have none.
        tokenizer: Folder or hub name of a tokenizer for lines without a token count.

    Raises:
        InputError: The file is missing, holds no replies, or a line lacks a reply or a letter.
    """
    file = path / _SAMPLES if path.is_dir() else path
    rows = list(_rows(file, solution))
    if not rows:
        raise InputError(f"{file} holds no replies", hint="one JSON object a line")
    count = tokenizer_counter(tokenizer) if tokenizer else None
    made: list[ExplainedReply] = []
    unmeasured = 0
    for line, reply, letter, tokens, k in rows:
        known = count(reply) if tokens is None and count else tokens
        reward = spec if known is not None else _without_length(spec)
        unmeasured += reward is not spec
        scored = score(
            reward,
            [reply],
            [letter],
            tokens=None if known is None else [known],
            k=[k] if k else None,
        )
        terms: dict[str, float | None] = {name: scored.terms[name][0] for name in TERMS}
        end = scored.outcomes[0]
        made.append(
            ExplainedReply(line, end.letter, end.why, terms, scored.totals[0], known, reply)
        )
    outcomes = dict(Counter(one.why for one in made).most_common())
    means: dict[str, float | None] = {
        name: _mean([one.terms[name] for one in made]) for name in TERMS
    }
    means["total"] = _mean([one.total for one in made])
    return Explained(spec, tuple(made), outcomes, means, unmeasured)


def chosen_reward(
    preset: str | None,
    weights: Iterable[str],
    given: Mapping[str, int | None],
    run: Path | None = None,
) -> RewardSpec:
    """Return the reward that a user asks for; what is left open is the run's, else the default.

    Args:
        preset: A preset; its own weights are used then, not the run's.
        weights: Weights as ``TERM=NUMBER``.
        given: Further parameters of ``RewardSpec``; None means not given.
        run: A training run's folder, or anything else.

    Raises:
        InputError: A value cannot be.
    """
    found = _reward_of_run(run) if run is not None else {}
    if preset is not None:
        found = {name: value for name, value in found.items() if name != "weights"}
        found["preset"] = preset
    found["weights"] = {**found.get("weights", {}), **parse_weights(weights)}
    return RewardSpec(**{**found, **{n: v for n, v in given.items() if v is not None}})


def _reward_of_run(folder: Path) -> dict[str, Any]:
    """Return preset, weights and lengths of a training run's reward; nothing if it has none.

    Raises:
        InputError: ``recipe.json`` is damaged.
    """
    path = folder / "recipe.json"
    if not path.is_file():
        return {}
    try:
        settings = parse_json(path.read_text(encoding="utf-8"))["settings"]
        run = parse_json((folder / "run.json").read_text(encoding="utf-8"))
        names = {
            "preset": "reward",
            "weights": "reward_weights",
            "max_tokens": "max_completion_tokens",
            "overlong_tokens": "overlong_tokens",
        }
        found = {name: settings[key]["value"] for name, key in names.items() if key in settings}
        k = run["parameters"].get("k")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not the recipe of a run: {error!r}") from None
    return found | ({"k": k} if isinstance(k, int) else {})


def _without_length(spec: RewardSpec) -> RewardSpec:
    if not spec.needs_lengths:
        return spec
    document = spec.to_json()
    return RewardSpec.from_json({**document, "weights": {**document["weights"], "length": 0.0}})


def _rows(file: Path, fallback: str) -> Iterator[tuple[int, str, str, int | None, int | None]]:
    try:
        with file.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if not line.strip():
                    continue
                if not line.endswith(b"\n") and not _is_json(line):
                    return
                row = _document(file, number, line)
                if row.get("status") not in _UNANSWERED:
                    yield (number, *_fields(row, file, number, fallback))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from None


def _is_json(line: bytes) -> bool:
    try:
        parse_json(line)
    except ValueError:
        return False
    return True


def _document(file: Path, number: int, line: bytes) -> dict[str, Any]:
    if len(line) > _MAX_LINE:
        raise InputError(f"{file}, line {number}: {len(line):,} bytes, more than {_MAX_LINE:,}")
    try:
        document = parse_json(line)
    except ValueError:
        raise InputError(f"{file}, line {number} is not JSON: {line[:60]!r}") from None
    if not isinstance(document, dict):
        raise InputError(f"{file}, line {number} is not a JSON object: {line[:60]!r}")
    return document


def _fields(
    row: Mapping[str, Any], file: Path, number: int, fallback: str
) -> tuple[str, str, int | None, int | None]:
    name = next((name for name in _REPLY if row.get(name) is not None), None)
    if name is None:
        known = ", ".join(_REPLY)
        raise InputError(
            f"{file}, line {number} has no reply; its keys are {', '.join(sorted(row))}",
            hint=f"give the reply as one of {known}",
        )
    letter = next((row[name] for name in _SOLUTION if isinstance(row.get(name), str)), fallback)
    if not letter:
        raise InputError(
            f"{file}, line {number} has no right letter",
            hint=f"give it as one of {', '.join(_SOLUTION)}, or for all lines by --solution",
        )
    if len(bare := bare_letter(letter)) != 1 or not "A" <= bare <= "Z":
        raise InputError(
            f"{file}, line {number}: the right answer is {letter[:60]!r}, which is no letter",
            hint="rewards are for choices; give the letter of the right one",
        )
    k = _whole(row.get("k"))
    if k is not None and not 2 <= k <= 26:
        raise InputError(f"{file}, line {number}: k is {k}", hint="2 to 26 candidates have letters")
    return reply_text(row[name]), letter, _tokens(row), k


def _tokens(row: Mapping[str, Any]) -> int | None:
    if isinstance(row.get("completion_ids"), list):
        return token_counts([row["completion_ids"]])[0]
    usage = row.get("usage")
    places = [row, usage] if isinstance(usage, Mapping) else [row]
    found = (_whole(place.get(name)) for place in places for name in _TOKENS)
    return next((count for count in found if count is not None), None)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
