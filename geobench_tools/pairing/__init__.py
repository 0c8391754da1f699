"""Candidate sets: samplers, splits, audit and export."""

from geobench_tools.pairing._arrays import CameraArrays, TileArrays
from geobench_tools.pairing._audit import (
    AuditOptions,
    AuditReport,
    Certificate,
    audit_pairs,
    certify,
)
from geobench_tools.pairing._build import BuildJob, build_pairs
from geobench_tools.pairing._controls import pivot_negatives, random_negatives, ring_negatives
from geobench_tools.pairing._default import default_pairs, fit_split
from geobench_tools.pairing._export import TARGETS, ExportConfig, ExportReport, export_pairs
from geobench_tools.pairing._options import (
    EXECUTORS,
    SAMPLERS,
    PairOptions,
    parse_resolutions,
    parse_split,
)
from geobench_tools.pairing._oracle import OracleOptions, OracleReport, ask_oracle
from geobench_tools.pairing._prompt import PairingPrompt, candidate_labels, load_prompt
from geobench_tools.pairing._sets import LETTERS, SPLITS, PairingSet, open_pairs, question_schema
from geobench_tools.pairing._stats import DISTANCES, Lengths, PairingStats, Period, summarise

__all__ = [
    "DISTANCES",
    "EXECUTORS",
    "LETTERS",
    "SAMPLERS",
    "SPLITS",
    "TARGETS",
    "AuditOptions",
    "AuditReport",
    "BuildJob",
    "CameraArrays",
    "Certificate",
    "ExportConfig",
    "ExportReport",
    "Lengths",
    "OracleOptions",
    "OracleReport",
    "PairOptions",
    "PairingPrompt",
    "PairingSet",
    "PairingStats",
    "Period",
    "TileArrays",
    "ask_oracle",
    "audit_pairs",
    "build_pairs",
    "candidate_labels",
    "certify",
    "default_pairs",
    "export_pairs",
    "fit_split",
    "load_prompt",
    "open_pairs",
    "parse_resolutions",
    "parse_split",
    "pivot_negatives",
    "question_schema",
    "random_negatives",
    "ring_negatives",
    "summarise",
]
