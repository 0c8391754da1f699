"""Pairing sets in the layouts of trainers and libraries, one file for each target."""

from geobench_tools.pairing._export._run import TARGETS, ExportConfig, ExportReport, export_pairs

__all__ = ["TARGETS", "ExportConfig", "ExportReport", "export_pairs"]
