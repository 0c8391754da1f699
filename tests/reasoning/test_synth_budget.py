import asyncio

import pytest

from geobench_tools.errors import InputError
from geobench_tools.models import Reply, Request, Usage
from geobench_tools.reasoning import Budget
from geobench_tools.reasoning._teacher_budget import BudgetedModel, BudgetSpent


class Counted:
    """Answers after a moment; each reply uses 100 tokens, or as many as its number says."""

    identity = {"backend": "counted"}  # noqa: RUF012
    sees_images = False

    def __init__(self, usage=None):
        self.usage = usage or Usage(80, 20)
        self.sent = self.open = self.most_open = 0

    def accepts(self, media_type):
        return True

    async def reply(self, request):
        self.sent += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        await asyncio.sleep(0.001)
        self.open -= 1
        return Reply("x", usage=self.usage)

    async def facts(self):
        return {}

    async def close(self):
        return None


def ask(model, count):
    async def all_of_them():
        requests = [model.reply(Request(f"{i:032x}", f"s{i}", ())) for i in range(count)]
        return await asyncio.gather(*requests, return_exceptions=True)

    return asyncio.run(all_of_them())


def price(usage):
    return (usage.prompt_tokens + usage.completion_tokens) / 100


@pytest.mark.parametrize(
    ("budget", "before", "allowed"),
    [
        (Budget(tokens=1000), {}, 10),
        (Budget(tokens=1050), {}, 10),
        (Budget(cost=3.0), {}, 3),
        (Budget(cost=3.0, tokens=250), {}, 2),
        (Budget(tokens=1000), {"tokens": 700}, 3),
        (Budget(tokens=1000), {"tokens": 1000}, 0),
        (Budget(cost=5.0), {"cost": 4.5}, 1),
        (Budget(cost=5.0), {"cost": 4.5, "replies": 4}, 0),
    ],
)
def test_as_many_requests_as_fit(budget, before, allowed):
    counted = Counted()
    ends = ask(BudgetedModel(counted, budget, price, **before), 40)
    assert counted.sent == allowed
    assert sum(isinstance(end, Reply) for end in ends) == allowed
    assert sum(isinstance(end, BudgetSpent) for end in ends) == 40 - allowed


def test_requests_go_side_by_side_once_their_cost_is_known():
    counted = Counted()
    ask(BudgetedModel(counted, Budget(tokens=100_000), price), 50)
    assert counted.sent == 50
    assert counted.most_open > 10


@pytest.mark.parametrize("budget", [Budget(tokens=1000), Budget(cost=1.0)])
def test_what_the_endpoint_does_not_count_cannot_be_limited(budget):
    counted = Counted(Usage())
    ends = ask(BudgetedModel(counted, budget, lambda _usage: None), 5)
    assert counted.sent == 1
    assert sum(isinstance(end, InputError) for end in ends) == 4


@pytest.mark.parametrize("values", [{"cost": 0.0}, {"tokens": -1}])
def test_budget_of_nothing_is_refused(values):
    with pytest.raises(InputError, match="allows nothing"):
        Budget(**values)
