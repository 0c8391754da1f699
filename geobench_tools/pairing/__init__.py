"""Candidate sets: samplers, splits, audit and export."""

from geobench_tools.pairing._build import BuildJob, build_pairs
from geobench_tools.pairing._options import EXECUTORS, SAMPLERS, PairOptions
from geobench_tools.pairing._sets import LETTERS, SPLITS, PairingSet, open_pairs, question_schema

__all__ = [
    "EXECUTORS",
    "LETTERS",
    "SAMPLERS",
    "SPLITS",
    "BuildJob",
    "PairOptions",
    "PairingSet",
    "build_pairs",
    "open_pairs",
    "question_schema",
]
