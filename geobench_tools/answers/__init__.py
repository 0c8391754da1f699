"""One versioned reader of answers out of model replies, for rewards and for scores.

``read`` serves nearly everything. The other functions are what it is made of, for benchmarks whose
answers are of no common kind.
"""

from geobench_tools.answers._apply import READER_VERSION, read_with
from geobench_tools.answers._country import no_value
from geobench_tools.answers._declare import absence, declarations, denied_after, denied_before
from geobench_tools.answers._marks import Options
from geobench_tools.answers._mcq import options_of, read_mcq
from geobench_tools.answers._objects import ANSWER_KEYS, answer_leaf
from geobench_tools.answers._read import read
from geobench_tools.answers._reading import Kind, Reading, Status
from geobench_tools.answers._source import Source

__all__ = [
    "ANSWER_KEYS",
    "READER_VERSION",
    "Kind",
    "Options",
    "Reading",
    "Source",
    "Status",
    "absence",
    "answer_leaf",
    "declarations",
    "denied_after",
    "denied_before",
    "no_value",
    "options_of",
    "read",
    "read_mcq",
    "read_with",
]
