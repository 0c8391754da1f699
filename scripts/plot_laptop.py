"""Draw the accuracy of rollouts: python scripts/plot_laptop.py NAME=RUN [NAME=RUN ...].

Writes docs/assets/laptop-accuracy.svg from the metrics of training runs; five at most.
"""

import sys
from pathlib import Path

from plot_rewards import drawn, write

from geobench_tools.reports._curves_chart import Chart, Line
from geobench_tools.reports._curves_data import read_logs

STYLE = """\
.raw { fill: none; opacity: 0.3; }
path.level { stroke: #1b1f24; stroke-dasharray: 3 3; fill: none; }
"""


def main() -> None:
    """Write the picture."""
    runs = [argument.partition("=")[::2] for argument in sys.argv[1:]]
    lines = [Line(name, read_logs(Path(run)).series("accuracy")) for name, run in runs]
    level = ("chance", 0.25)
    svg = drawn(Chart("Rollouts", "", lines, level=level, low=0.0, share=True))
    write("laptop-accuracy", svg.replace("</style>", f"{STYLE}</style>", 1))


if __name__ == "__main__":
    main()
