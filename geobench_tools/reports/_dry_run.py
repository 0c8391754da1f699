"""What an evaluation would send, before it is sent."""

import math
from collections.abc import Callable, Sequence

from geobench_tools.benchmarks import open_benchmark
from geobench_tools.errors import InputError
from geobench_tools.evaluation import DryRun, Prices, dry_run
from geobench_tools.models import default_model, parse_model
from geobench_tools.reports._evaluate import SAMPLE_NOTE, EvalRequest, run_spec

__all__ = ["dry_run_of", "prices_of", "sum_rows"]


def sum_rows(plans: Sequence[DryRun]) -> list[tuple[object, ...]]:
    """Return a line for each benchmark, and their sum: requests, tokens, cost."""

    def total(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) if len(known) == len(values) else None

    columns: list[Sequence[float | None]] = [
        [plan.requests for plan in plans],
        [plan.prompt_tokens for plan in plans],
        [plan.completion_tokens for plan in plans],
        [plan.cost for plan in plans],
    ]
    rows: list[tuple[object, ...]] = [
        (plan.benchmark, *cells)
        for plan, cells in zip(plans, zip(*columns, strict=True), strict=True)
    ]
    return [*rows, ("all", *(total(column) for column in columns))]


def prices_of(price_in: float | None, price_out: float | None) -> Prices | None:
    """Return prices per million tokens, or None without any.

    Raises:
        InputError: Only one is given, or one is negative.
    """
    if price_in is None and price_out is None:
        return None
    if (
        price_in is None
        or price_out is None
        or not all(0 <= price < math.inf for price in (price_in, price_out))
    ):
        raise InputError("a price is missing or negative", hint="pass --price-in and --price-out")
    return Prices(price_in, price_out)


def dry_run_of(
    request: EvalRequest, *, note: Callable[[str], None] = lambda _m: None
) -> list[DryRun]:
    """Estimate what each benchmark of a request would send; no request is made.

    Raises:
        InputError: An option or the data are bad, or an output holds another run.
    """
    name = request.model
    if not name:
        name, said = default_model()
        note(said)
    plans = []
    for one in request.benchmarks:
        benchmark = open_benchmark(one, request.options_of(one))
        if benchmark.sample:
            note(SAMPLE_NOTE)
        model = parse_model(name, base_urls=request.base_urls, local=request.local)
        plans.append(dry_run(run_spec(request, benchmark, name), benchmark, model))
    return plans
