"""``geor1 reward``: what replies earn and why, and the reward as a file for other trainers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ._console import JsonOption, QuietOption, command, table

if TYPE_CHECKING:
    from geobench_tools.training.rewards import Explained, RewardSpec

__all__ = ["register"]

REWARD, LENGTH = "Reward", "Length"

Preset = Literal["default", "paper", "vlm-r1"]
Target = Literal["verl", "ms-swift", "vlm-r1"]

PresetOption = Annotated[
    Preset | None,
    typer.Option(
        help="default: accuracy -1 or +1, format, repetition, over-long replies. paper: the same "
        "accuracy, cosine length. vlm-r1: the released training code, defects included. "
        "Without it: the reward of the run, else default.",
        rich_help_panel=REWARD,
        show_default=False,
    ),
]
WeightOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TERM=NUMBER",
        help="Weight of accuracy, format, length or repetition; repeatable.",
        rich_help_panel=REWARD,
        show_default=False,
    ),
]
KOption = Annotated[
    int | None,
    typer.Option(
        "--k",
        help="Number of candidates; by default the run's, else 26.",
        rich_help_panel=REWARD,
        show_default=False,
    ),
]
MaxTokensOption = Annotated[
    int | None,
    typer.Option(
        help="Greatest completion length; by default the run's, else 2048.",
        rich_help_panel=LENGTH,
        show_default=False,
    ),
]
OverlongOption = Annotated[
    int | None,
    typer.Option(
        help="Ramp before it on which length costs; by default the run's, else 256.",
        rich_help_panel=LENGTH,
        show_default=False,
    ),
]


group = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(group, name="reward", help="What replies earn in training, and why.")


@group.command("explain")
def explain(
    replies: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.jsonl|RUN",
            help="Lines with a reply (completion, reply, text) and its right letter (solution, "
            "target), or the folder of a run.",
            show_default=False,
        ),
    ],
    preset: PresetOption = None,
    weight: WeightOption = None,
    k: KOption = None,
    max_tokens: MaxTokensOption = None,
    overlong_tokens: OverlongOption = None,
    tokenizer: Annotated[
        str,
        typer.Option(
            metavar="FOLDER",
            help="Counts the tokens of lines without a count.",
            rich_help_panel=LENGTH,
            show_default=False,
        ),
    ] = "",
    solution: Annotated[
        str, typer.Option(help="Right letter of lines that have none.", show_default=False)
    ] = "",
    limit: Annotated[int, typer.Option(min=0, help="Replies to show; 0 shows all.")] = 20,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show each reward term of each reply, and why an answer earned nothing."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.training.rewards import explain_replies

        spec = _spec(preset, weight, k, max_tokens, overlong_tokens, run=replies)
        done = explain_replies(replies, spec, solution=solution, tokenizer=tokenizer)
        if done.unmeasured:
            out.warn(
                f"no token count for {done.unmeasured:,} of {len(done.replies):,} replies, so "
                "their totals leave the length term out; give --tokenizer"
            )
        rows = _rows(done, limit or len(done.replies))
        header = ("line", "answer", *spec.weights, "total", "ends with")
        weights = ", ".join(f"{name} {value:g}" for name, value in spec.weights.items())
        out.result(
            done.document(),
            table(f"preset {spec.preset}; weights: {weights}", header, rows),
            table("outcomes", ("", ""), list(done.outcomes.items())),
        )


@group.command("write")
def write(
    target: Annotated[Target, typer.Argument(help="The trainer.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Python file to write.", show_default=False)
    ],
    preset: PresetOption = None,
    weight: WeightOption = None,
    k: KOption = None,
    max_tokens: MaxTokensOption = None,
    overlong_tokens: OverlongOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write the reward as one Python file that needs nothing of this package."""
    with command(as_json=as_json, quiet=quiet) as out:
        from geobench_tools.training.rewards import write_reward_file

        spec = _spec(preset, weight, k, max_tokens, overlong_tokens)
        write_reward_file(spec, target, output)
        out.result({"file": str(output), "target": target, "reward": spec.to_json()}, str(output))


def _spec(
    preset: Preset | None,
    weight: list[str] | None,
    k: int | None,
    max_tokens: int | None,
    overlong_tokens: int | None,
    run: Path | None = None,
) -> "RewardSpec":
    from geobench_tools.training.rewards import chosen_reward

    given = {"k": k, "max_tokens": max_tokens, "overlong_tokens": overlong_tokens}
    return chosen_reward(preset, weight or (), given, run)


def _rows(done: "Explained", limit: int) -> list[list[object]]:
    rows: list[list[object]] = [
        [
            one.line,
            f"{one.why} ({one.letter})" if one.letter else one.why,
            *one.terms.values(),
            one.total,
            " ".join(one.reply[-200:].split())[-18:],
        ]
        for one in done.replies[:limit]
    ]
    means = [done.means[name] for name in (*done.spec.weights, "total")]
    return [*rows, ["", f"mean of {len(done.replies):,}", *means, ""]]
