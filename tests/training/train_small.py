"""A small training run as a program, for tests that kill it or start several processes of it."""

import sys
from pathlib import Path

from geobench_tools.errors import GeobenchError
from geobench_tools.training import LaptopSpec, TrainRequest, run_training

LEVEL = LaptopSpec(neighbourhoods=24)
SETTINGS = (
    *("batch_per_device=8", "max_steps=6", "save_steps=2", "log_steps=1"),
    *("min_pixels=784", "max_pixels=12544"),
)
GRPO = (
    *("group_size=4", "max_completion_tokens=12", "overlong_tokens=4", "beta=0.04"),
    # A random model is never right: length and repetition give it something to learn.
    "reward_weights={accuracy: 1, format: 0.2, length: 0.1, repetition: 0.1}",
    *("top_entropy_quantile=1", "learning_rate=1e-3", "train_vision=true"),
)


def request_for(stage, output, model=None, *settings, **more):
    own = GRPO if stage == "grpo" else ()
    return TrainRequest(
        stage,
        settings=(*SETTINGS, *own, *settings),
        model=model and str(model),
        output=Path(output),
        level=LEVEL,
        held_out=more.pop("held_out", 0),
        **more,
    )


if __name__ == "__main__":
    stage, output, model, held_out, *settings = sys.argv[1:]
    try:
        request = request_for(stage, output, model or None, *settings, held_out=int(held_out))
        report = run_training(request)
    except GeobenchError as error:
        sys.exit(f"{error.message}\n{error.hint}")
    print(report.result["steps"])
