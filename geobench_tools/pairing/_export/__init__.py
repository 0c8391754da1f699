"""Pairing sets in the layouts of trainers and libraries, one file for each target."""

from geobench_tools.pairing._export._images import ImageMode, ImageStore, image_finder
from geobench_tools.pairing._export._llamafactory import LlamaFactory
from geobench_tools.pairing._export._question import Question, Wording, iter_questions
from geobench_tools.pairing._export._run import TARGETS, ExportConfig, ExportReport, export_pairs
from geobench_tools.pairing._export._swift import Swift
from geobench_tools.pairing._export._target import JsonLines, RowSink, Target
from geobench_tools.pairing._export._trl import Trl

__all__ = [
    "TARGETS",
    "ExportConfig",
    "ExportReport",
    "ImageMode",
    "ImageStore",
    "JsonLines",
    "LlamaFactory",
    "Question",
    "RowSink",
    "Swift",
    "Target",
    "Trl",
    "Wording",
    "export_pairs",
    "image_finder",
    "iter_questions",
]
