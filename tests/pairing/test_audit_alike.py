import pytest

from geobench_tools.pairing._audit.conclusions import FamilyResult
from geobench_tools.pairing._audit.report import _outcome
from geobench_tools.pairing._audit.verdict import Estimate


@pytest.mark.parametrize(
    ("family", "low", "p", "outcome"),
    [
        ("colour-match", 0.27, 0.001, "alike"),
        ("colour-match", 0.34, 0.001, "alike"),
        ("colour-match", 0.36, 0.001, "leak"),
        ("colour-match", 0.36, 0.2, "no leak found"),
        ("mark-match", 0.27, 0.001, "leak"),
        ("time-match", 0.27, 0.001, "leak"),
        ("colour-match", 0.18, 0.001, "alike"),
        ("colour-match", 0.10, 0.001, "leak"),
    ],
)
def test_content_explains_only_small_advantages_and_only_where_it_is_seen(family, low, p, outcome):
    seen = {"logit": Estimate(low + 0.02, low, low + 0.04, 0.01, p)}
    result = FamilyResult(family, "", "", "no leak found", accuracy=seen)
    assert _outcome(result, p, 4) == outcome
