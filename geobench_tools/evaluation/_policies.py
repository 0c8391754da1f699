"""The rules behind a column of figures, by name: runs of different ones are not compared."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Policies", "scored_differently", "with_prompt"]


@dataclass(frozen=True)
class Policies:
    """The rules of one protocol of one benchmark; ``none`` where there is nothing to rule.

    Attributes:
        distance: Earth model, as in ``WGS-84 geodesic`` or ``haversine, R = 6371 km``.
        comparison: How a distance is held against a threshold: ``<=`` or ``<``.
        missing: What an answer that is missing, unreadable or failed counts as.
        aliases: Which names are the same.
        geocoder: What turns names into coordinates.
        aggregation: How verdicts become one figure, where that is not the plain mean.
    """

    distance: str = "none"
    comparison: str = "none"
    missing: str = "wrong"
    aliases: str = "none"
    geocoder: str = "none"
    aggregation: str = "none"


def with_prompt(scores: Mapping[str, Any], identity: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of scores with the prompt policy of the run in each of its policies.

    Args:
        scores: As ``Scores.document`` gives them.
        identity: The benchmark's part of the run's identity: prompt and probe.
    """
    prompt = str(identity.get("prompt", "none"))
    probe = identity.get("probe") or "none"
    asked = prompt if probe == "none" else f"{prompt}, probe {probe}"
    policies = scores.get("policies") or {"strict": asdict(Policies())}
    return {
        **scores,
        "policies": {name: {**one, "prompt": asked} for name, one in policies.items()},
    }


def scored_differently(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[str, ...]:
    """Return in which named policies two documents of scores differ."""
    one, two = first["policies"], second["policies"]
    return tuple(
        f"{protocol} {rule}: {_named(one, protocol, rule)!r} and {_named(two, protocol, rule)!r}"
        for protocol in sorted({*one, *two})
        for rule in sorted({*one.get(protocol, {}), *two.get(protocol, {})})
        if _named(one, protocol, rule) != _named(two, protocol, rule)
    )


def _named(policies: Mapping[str, Any], protocol: str, rule: str) -> str | None:
    named: str | None = policies.get(protocol, {}).get(rule)
    return named
