"""The page of a training run: rewards, accuracy, length, KL, entropy and examples over time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.reports._curves_chart import Band, Chart, Line, line_chart, number
from geobench_tools.reports._curves_data import Series, TrainingLogs, read_logs
from geobench_tools.reports._page import Html, Page, asset, card, escape, facts, table, write_page

__all__ = ["write_curves"]

_TERMS = ("accuracy", "format", "length", "repetition")
_EXAMPLE_STEPS = 6
_EXAMPLES_EACH = 4
_MOST_CHARACTERS = 4000
_SHOWN = frozenset(
    [
        *(f"rewards/{term}/{what}" for term in _TERMS for what in ("mean", "std")),
        *("reward", "reward_std", "accuracy", "frac_reward_zero_std", "kl", "entropy", "loss"),
        *("learning_rate", "grad_norm", "mean_token_accuracy"),
        *(f"completions/{name}_length" for name in ("min", "mean", "max")),
        *("completions/clipped_ratio", "step", "epoch", "examples", "seconds"),
    ]
)

_PLAIN: tuple[tuple[str, str, str, str, float | None, float | None, bool], ...] = (
    ("Cut off", "Share of replies that reached the greatest length without ending.",
     "cut off", "completions/clipped_ratio", 0.0, None, True),
    ("Groups without variance",
     "Share of questions whose replies all earned the same: they teach nothing.",
     "no variance", "frac_reward_zero_std", 0.0, 1.0, True),
    ("KL divergence", "From the model at the start, per token; absent where its weight is 0.",
     "KL", "kl", 0.0, None, False),
    ("Entropy", "Of the next token, in nats: near 0 the model no longer explores.",
     "entropy", "entropy", 0.0, None, False),
    ("Loss", "As the trainer reports it.", "loss", "loss", None, None, False),
    ("Token accuracy", "Share of target tokens that the model would have chosen (fine-tuning).",
     "tokens", "mean_token_accuracy", None, None, True),
    ("Gradient norm", "Before clipping.", "norm", "grad_norm", 0.0, None, False),
    ("Learning rate", "As scheduled.", "rate", "learning_rate", 0.0, None, False),
)  # fmt: skip
"""Charts of one line: title, about, name of the line, metric, low, high, whether shares."""


def write_curves(run_folder: Path) -> Path:
    """Write ``curves.html`` into a training run, finished or not, and return its path.

    Reads ``metrics.jsonl`` and, where they are, ``samples.jsonl``, ``warnings.jsonl``,
    ``recipe.json`` and ``result.json``.

    Raises:
        InputError: The folder has no metrics.
    """
    logs = read_logs(run_folder)
    path = run_folder / "curves.html"
    name = str(logs.recipe.get("name") or run_folder.name)
    stage = str(logs.recipe.get("stage") or "")
    page = Page(
        title=f"Training: {name} {stage}".strip(),
        subtitle=str(logs.recipe.get("about") or run_folder.name),
        body=Html("\n".join(part for part in _body(logs) if part)),
        styles=[asset("run.css"), asset("curves.css")],
    )
    write_page(page, path)
    return path


def _body(logs: TrainingLogs) -> list[Html]:
    charts = [line_chart(chart) for chart in _charts(logs)]
    grid = Html(f'<div class="grid curve-grid">{"".join(charts)}</div>')
    return [
        facts(_facts(logs)),
        _warnings(logs),
        _held_out(logs),
        grid,
        _examples(logs),
        _others(logs),
        _recipe(logs),
    ]


def _facts(logs: TrainingLogs) -> dict[str, object]:
    steps = max(points[-1][0] for points in logs.metrics.values())
    found: dict[str, object] = {"steps": int(steps)}
    for label, name in (
        ("reward", "reward"),
        ("reply length, tokens", "completions/mean_length"),
        ("loss", "loss"),
    ):
        if points := logs.series(name):
            found[label] = number(points[-1][1])
    if points := _accuracy(logs):
        found["sampled accuracy"] = number(points[-1][1], True)
    if points := logs.series("seconds"):
        found["minutes"] = number(points[-1][1] / 60)
    found["state"] = "finished" if logs.result else "not finished"
    return found


def _charts(logs: TrainingLogs) -> list[Chart]:
    def line(label: str, name: str) -> Line:
        return Line(label, logs.series(name))

    mean = dict(logs.series("reward"))
    spread = [(step, std) for step, std in logs.series("reward_std") if step in mean]
    band = Band(
        [(step, mean[step] - std) for step, std in spread],
        [(step, mean[step] + std) for step, std in spread],
    )
    k = _candidates(logs)
    lengths = (logs.series("completions/min_length"), logs.series("completions/max_length"))
    return [
        Chart(
            "Reward",
            "Mean weighted sum of a batch; the band is one standard deviation within groups.",
            [line("reward", "reward")],
            band if spread else None,
        ),
        Chart(
            "Reward terms",
            "Means of the terms before weighting.",
            [line(term, f"rewards/{term}/mean") for term in _TERMS],
        ),
        Chart(
            "Accuracy of sampled replies",
            "Share of right answers among the replies trained on, at the training temperature.",
            [Line("right", _accuracy(logs))],
            level=(f"chance, 1/{k}", 1 / k) if k else None,
            low=0.0,
            share=True,
        ),
        Chart(
            "Reply length",
            "Tokens; the band reaches from the shortest to the longest reply of a batch.",
            [line("mean", "completions/mean_length")],
            Band(*lengths) if all(lengths) else None,
            low=0.0,
        ),
        *(
            Chart(title, about, [line(label, name)], low=low, high=high, share=share)
            for title, about, label, name, low, high, share in _PLAIN
        ),
    ]


def _accuracy(logs: TrainingLogs) -> Series:
    """Return the share of right replies; other trainers log the mean of the reward term alone."""
    mean, preset = logs.series("rewards/accuracy/mean"), logs.setting("reward")
    if points := logs.series("accuracy"):
        return points
    if preset in ("default", "paper"):
        return [(step, (value + 1) / 2) for step, value in mean]
    return mean if preset == "vlm-r1" else []


def _candidates(logs: TrainingLogs) -> int | None:
    parameters = logs.manifest.get("parameters", {})
    identity = parameters.get("identity", {}) if isinstance(parameters, Mapping) else {}
    places = (identity, parameters, logs.result)
    found = (place.get("k") for place in places if isinstance(place, Mapping))
    return next((k for k in found if isinstance(k, int) and k > 1), None)


def _warnings(logs: TrainingLogs) -> Html:
    if not logs.warnings:
        return Html()
    items = "".join(
        f"<li>Step {int(row['step']):,}: {escape(row.get('warning', ''))}</li>"
        for row in logs.warnings
    )
    return card(f"<ul>{items}</ul>", title="Warnings", level=2, kind="warned")


def _held_out(logs: TrainingLogs) -> Html:
    after = logs.result.get("after")
    if not isinstance(after, Mapping):
        return Html()
    rows = []
    for kind in ("greedy", "sampled"):
        cells = [_share(logs.result.get(when), kind) for when in ("before", "after")]
        change = logs.result.get("change")
        difference = change.get(kind) if isinstance(change, Mapping) else None
        rows.append([kind, *cells, _interval(difference, "difference")])
    header = ("replies", "before", "after", "change")
    questions = after.get("questions", "")
    caption = f"{questions} questions of places never trained on; 95 % intervals"
    return card(table(header, rows, caption=caption), title="Held out", level=2)


def _share(when: object, kind: str) -> str:
    return _interval(when.get(kind), "value") if isinstance(when, Mapping) else ""


def _interval(found: object, key: str) -> str:
    if not isinstance(found, Mapping):
        return ""
    inner = found.get(key)
    estimate: Mapping[str, Any] = inner if isinstance(inner, Mapping) else found
    value = estimate.get("value", inner)
    if not isinstance(value, int | float):
        return ""
    low, high = estimate.get("low"), estimate.get("high")
    known = isinstance(low, int | float) and isinstance(high, int | float)
    span = f" ({number(low, True)} to {number(high, True)})" if known else ""  # type: ignore[arg-type]
    return number(value, True) + span


def _examples(logs: TrainingLogs) -> Html:
    steps = sorted({float(sample["step"]) for sample in logs.samples})
    if not steps:
        return Html()
    last = len(steps) - 1
    chosen = sorted(
        {steps[round(i * last / max(1, _EXAMPLE_STEPS - 1))] for i in range(_EXAMPLE_STEPS)}
    )
    parts = []
    for index, step in enumerate(chosen):
        found = [sample for sample in logs.samples if float(sample["step"]) == step]
        shown = "".join(map(_example, found[:_EXAMPLES_EACH]))
        opened = " open" if index in (0, len(chosen) - 1) else ""
        parts.append(
            f'<details class="card gap"{opened}><summary>Step {int(step):,}</summary>'
            f'<div class="grid wide">{shown}</div></details>'
        )
    note = "The first reply of each of the first questions of a batch, not a choice of the best."
    return Html(
        f'<h2>Replies over time</h2><p class="small muted">{escape(note)}</p>{"".join(parts)}'
    )


def _example(sample: Mapping[str, Any]) -> str:
    reply = str(sample.get("reply") or sample.get("completion") or "")
    cut = " …" if len(reply) > _MOST_CHARACTERS else ""
    terms = sample.get("terms")
    pills = "".join(
        f'<span class="pill">{escape(name)} {_value(value)}</span>'
        for name, value in (terms.items() if isinstance(terms, Mapping) else ())
    )
    right = bool(sample.get("right"))
    verdict = (
        f'<strong class="{"good" if right else "bad"}">{"right" if right else "wrong"}</strong>, '
        f"answer {escape(sample.get('solution', ''))}, reward {_value(sample.get('reward'))}"
    )
    name = escape(sample.get("id", ""))
    return (
        f'<div><p class="small">{verdict} <span class="id muted">{name}</span></p>'
        f'<div class="reply">{escape(reply[:_MOST_CHARACTERS] + cut)}</div><p>{pills}</p></div>'
    )


def _value(value: object) -> str:
    return number(value) if isinstance(value, int | float) else "n/a"


def _others(logs: TrainingLogs) -> Html:
    names = sorted(set(logs.metrics) - _SHOWN)
    if not names:
        return Html()
    rows: Sequence[Sequence[object]] = [
        [name, *(number(value) for value in _ends(logs.series(name)))] for name in names
    ]
    shown = table(("metric", "first", "last", "least", "greatest"), rows)
    return Html(
        f'<details class="card gap"><summary>Other metrics ({len(names)})</summary>'
        f"{shown}</details>"
    )


def _ends(points: Series) -> tuple[float, float, float, float]:
    values = [value for _, value in points]
    return values[0], values[-1], min(values), max(values)


def _recipe(logs: TrainingLogs) -> Html:
    settings = logs.recipe.get("settings")
    if not isinstance(settings, Mapping):
        return Html()
    rows = [
        [name, "" if one.get("value") is None else str(one["value"]), one.get("source", "")]
        for name, one in settings.items()
        if isinstance(one, Mapping)
    ]
    shown = table(("setting", "value", "source"), rows)
    return Html(f'<details class="card gap"><summary>Recipe</summary>{shown}</details>')
