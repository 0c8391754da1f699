import pytest

from geobench_tools.answers import Reading
from geobench_tools.evaluation import Prices, cost_of, status_of
from geobench_tools.models import Reply, Usage

READ, UNREAD = Reading("B", "ok", (0, 1)), Reading(None, "no_answer")


@pytest.mark.parametrize(
    ("usage", "prices", "cost"),
    [
        (Usage(1000, 100), Prices(2.0, 8.0), 2800e-6),
        (Usage(1000, 100, cached_tokens=400), Prices(2.0, 8.0), 2800e-6),
        (Usage(1000, 100, cached_tokens=400), Prices(2.0, 8.0, 0.5), 2200e-6),
        (Usage(1000, 100, cached_tokens=4000), Prices(2.0, 8.0, 0.5), 1300e-6),
        (Usage(1000, 100, reasoning_tokens=90), Prices(2.0, 8.0), 2800e-6),
        (Usage(None, 100), Prices(2.0, 8.0), None),
        (Usage(1000), Prices(2.0, 8.0), None),
    ],
)
def test_cost_is_that_of_fresh_cached_and_generated_tokens(usage, prices, cost):
    assert cost_of(usage, prices) == (None if cost is None else pytest.approx(cost))


@pytest.mark.parametrize(
    ("reply", "reading", "status"),
    [
        (Reply("B", "length"), READ, "ok"),
        (Reply("B", "content_filter"), READ, "refusal"),
        (Reply("B", "SAFETY"), READ, "refusal"),
        (Reply("", "stop", refusal="no"), UNREAD, "refusal"),
        (Reply("hm", "length"), UNREAD, "truncated"),
        (Reply("hm", "length"), Reading(None, "refusal"), "truncated"),
        (Reply("hm", "stop"), Reading(None, "refusal"), "refusal"),
        (Reply("<think>", "stop"), Reading(None, "truncated"), "truncated"),
        (Reply("hm", "stop"), UNREAD, "parse_error"),
        (Reply("hm", "stop"), None, "parse_error"),
    ],
)
def test_status_of_a_reply(reply, reading, status):
    assert status_of(reply, reading) == status
