"""A limit on what a teacher may cost."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from geobench_tools.errors import InputError, PartialFailure
from geobench_tools.models import JSON, Model, Reply, Request, Usage

__all__ = ["Budget", "BudgetSpent", "BudgetedModel"]


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be spent, over all calls of the same output.

    Attributes:
        cost: In the currency of the prices; None for no limit.
        tokens: Prompt and generated tokens together; None for no limit.
    """

    cost: float | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("--max-cost", self.cost), ("--max-tokens-total", self.tokens)):
            if value is not None and value <= 0:
                raise InputError(f"{name} {value:g} allows nothing", hint="give a number above 0")

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return self.cost is not None or self.tokens is not None


class BudgetSpent(PartialFailure):
    """The budget does not allow another request."""


class BudgetedModel:
    """A model that stops before its budget is exceeded.

    A request is sent only if what is spent, what is open and this one fit, each request taken to be
    as dear as the dearest so far; until the first reply only one is open. So a reply can exceed
    the budget by no more than its own surplus over that.

    Args:
        model: Who answers.
        budget: The limit.
        cost_of: What a reply cost, from its usage, by the user's prices; None where unknown.
        cost: Spent before.
        tokens: Spent before.
        replies: For how many replies that was.
    """

    def __init__(
        self,
        model: Model,
        budget: Budget,
        cost_of: Callable[[Usage], float | None],
        *,
        cost: float = 0.0,
        tokens: int = 0,
        replies: int = 0,
    ) -> None:
        self._model = model
        self._budget = budget
        self._cost_of = cost_of
        self.cost = cost
        self.tokens = tokens
        self._dearest = (cost / replies, tokens // replies) if replies else (0.0, 0)
        self._seen = replies > 0
        self._unknown = ""
        self._open = 0
        self._changed: asyncio.Condition | None = None

    @property
    def identity(self) -> Mapping[str, JSON]:
        """That of the model: a budget changes no reply."""
        return self._model.identity

    @property
    def sees_images(self) -> bool:
        """Whether images matter to the model."""
        return self._model.sees_images

    def accepts(self, media_type: str) -> bool:
        """Return whether the model takes such images."""
        return self._model.accepts(media_type)

    async def facts(self) -> Mapping[str, JSON]:
        """Return the model's."""
        return await self._model.facts()

    async def close(self) -> None:
        """Close the model."""
        self._changed = None
        await self._model.close()

    async def reply(self, request: Request) -> Reply:
        """Answer one request within the budget.

        Raises:
            BudgetSpent: Another request does not fit.
            InputError: The endpoint does not say what the budget limits.
            ModelError: There is no reply.
        """
        if self._changed is None:
            self._changed = asyncio.Condition()
        changed = self._changed
        async with changed:
            await changed.wait_for(self._may_decide)
            self._check()
            self._open += 1
        try:
            reply = await self._model.reply(request)
            self._count(reply)
            return reply
        finally:
            self._open -= 1
            async with changed:
                changed.notify_all()

    def _may_decide(self) -> bool:
        """Whether nothing is open that could change the decision, or the request fits anyway."""
        return not self._open or (self._seen and self._fits())

    def _fits(self) -> bool:
        requests = self._open + 1
        cost = self.cost + requests * self._dearest[0]
        tokens = self.tokens + requests * self._dearest[1]
        return (self._budget.cost is None or cost <= self._budget.cost) and (
            self._budget.tokens is None or tokens <= self._budget.tokens
        )

    def _check(self) -> None:
        if self._unknown:
            raise InputError(self._unknown, hint="leave the limit out, or pass prices")
        if self._fits() and not self._exhausted():
            return
        spent = f"{self.tokens:,} tokens" + (f", cost {self.cost:.4f}" if self.cost else "")
        raise BudgetSpent(
            f"the budget does not allow another request ({spent} spent)",
            hint="raise --max-cost or --max-tokens-total and run the same command again",
        )

    def _exhausted(self) -> bool:
        return (self._budget.cost is not None and self.cost >= self._budget.cost) or (
            self._budget.tokens is not None and self.tokens >= self._budget.tokens
        )

    def _count(self, reply: Reply) -> None:
        usage, cost = reply.usage, self._cost_of(reply.usage)
        cost = reply.cost if cost is None else cost
        if usage.prompt_tokens is None or usage.completion_tokens is None:
            if self._budget.tokens is not None:
                self._unknown = "the endpoint counts no tokens, so they cannot be limited"
            tokens = 0
        else:
            tokens = usage.prompt_tokens + usage.completion_tokens
        if cost is None:
            if self._budget.cost is not None:
                self._unknown = "the cost of a reply is unknown, so it cannot be limited"
            cost = 0.0
        self.cost += cost
        self.tokens += tokens
        self._dearest = (max(self._dearest[0], cost), max(self._dearest[1], tokens))
        self._seen = True
