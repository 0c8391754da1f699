"""What is installed and reachable here, and what is wrong with data: findings with a next step."""

from geobench_tools.doctor._examination import Examination
from geobench_tools.doctor._examine import examine, examine_data
from geobench_tools.doctor._init import WrittenSettings, write_settings
from geobench_tools.findings import Finding, Level

__all__ = [
    "Examination",
    "Finding",
    "Level",
    "WrittenSettings",
    "examine",
    "examine_data",
    "write_settings",
]
