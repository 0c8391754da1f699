"""Candidate sets: samplers, splits, audit and export."""

from geobench_tools.pairing._sets import LETTERS, SPLITS, PairingSet, open_pairs, question_schema

__all__ = ["LETTERS", "SPLITS", "PairingSet", "open_pairs", "question_schema"]
