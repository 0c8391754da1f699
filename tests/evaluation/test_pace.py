import asyncio

import pytest

from geobench_tools.evaluation._pace import Pace


def test_slow_start_one_cut_for_what_was_open_together_then_one_more_a_round():
    async def work():
        pace = Pace(64, asyncio.Event())
        for ticket in [await pace.enter() for _ in range(8)]:
            pace.leave(ticket, succeeded=True)
        assert pace.limit == 16
        tickets = [await pace.enter() for _ in range(16)]
        for ticket in tickets[:3]:
            pace.overloaded(ticket, None)
        assert (pace.limit, pace.lowest, pace.overloads) == (8, 8, 1)
        for ticket in tickets:
            pace.leave(ticket)
        for ticket in [await pace.enter() for _ in range(8)]:
            pace.leave(ticket, succeeded=True)
        assert pace.limit == pytest.approx(9, abs=0.1)

    asyncio.run(work())


def test_who_waits_is_let_in_when_a_place_is_free_and_the_limit_is_kept():
    async def work():
        pace = Pace(2, asyncio.Event())
        first, second = await pace.enter(), await pace.enter()
        third = asyncio.create_task(pace.enter())
        await asyncio.sleep(0.01)
        assert not third.done()
        pace.leave(first, succeeded=True)
        pace.leave(await third, succeeded=True)
        pace.leave(second, succeeded=True)
        assert pace.limit == 2

    asyncio.run(work())
