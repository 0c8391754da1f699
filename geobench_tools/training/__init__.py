"""Training: rewards, recipes, engines."""

from geobench_tools.training._controls import CONTROLS, ControlReport
from geobench_tools.training._laptop import LaptopSpec, laptop_level, laptop_prompt_file
from geobench_tools.training._recipes import (
    Recipe,
    Setting,
    list_recipes,
    load_recipe,
    shown_recipe,
)
from geobench_tools.training._request import (
    TrainRequest,
    run_training,
    run_training_controls,
)
from geobench_tools.training._run_folder import RUN_KIND, RunFolder
from geobench_tools.training._sources import TrainJob
from geobench_tools.training._trl import TrainReport, train

__all__ = [
    "CONTROLS",
    "RUN_KIND",
    "ControlReport",
    "LaptopSpec",
    "Recipe",
    "RunFolder",
    "Setting",
    "TrainJob",
    "TrainReport",
    "TrainRequest",
    "laptop_level",
    "laptop_prompt_file",
    "list_recipes",
    "load_recipe",
    "run_training",
    "run_training_controls",
    "shown_recipe",
    "train",
]
