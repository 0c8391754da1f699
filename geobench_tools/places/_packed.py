"""Reads the packed tables that lie beside this module."""

import gzip
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Arrays", "load", "load_tsv", "rings", "texts", "whole"]

Arrays = dict[str, npt.NDArray[Any]]
Ints = npt.NDArray[np.int64]


def load(name: str) -> Arrays:
    """Return all arrays of an archive; pickled objects are refused."""
    with (
        files("geobench_tools.places").joinpath(name).open("rb") as stream,
        np.load(stream, allow_pickle=False) as archive,
    ):
        return {key: archive[key] for key in archive.files}


def load_tsv(name: str) -> list[list[str]]:
    """Return the rows of a gzip'd table without its header."""
    packed = files("geobench_tools.places").joinpath(name).read_bytes()
    return [line.split("\t") for line in gzip.decompress(packed).decode().splitlines()[1:]]


def texts(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.object_]:
    """Return the lines of packed UTF-8 bytes as an array of strings."""
    lines = packed.tobytes().decode().split("\n")
    found = np.empty(len(lines), object)
    found[:] = lines
    return found


def whole(planes: npt.NDArray[np.uint8], *, signed: bool = False) -> Ints:
    """Put integers together again from planes of bytes, lowest first; zigzag-coded if signed."""
    octets = np.zeros((planes.shape[1], 8), np.uint8)
    octets[:, : len(planes)] = planes.T
    wide = octets.view("<i8").ravel()
    return np.where(wide & 1, -(wide + 1) // 2, wide // 2) if signed else wide


def rings(arrays: Arrays) -> tuple[npt.NDArray[np.float64], Ints, Ints]:
    """Return packed polygons' rings, closed.

    Returns:
        Coordinates in degrees, shape (n, 2), longitude first; where each ring begins, with n at the
        end; where each polygon's rings begin, with the number of rings at the end.
    """
    scale = float(arrays["scale"])
    open_xy = np.stack(
        [np.cumsum(whole(arrays[key], signed=True)) / scale for key in ("dx", "dy")], axis=1
    )
    sizes = arrays["ring_sizes"].astype(np.int64)
    ends = np.cumsum(sizes)
    xy = np.insert(open_xy, ends, open_xy[ends - sizes], axis=0)
    starts = np.concatenate([[0], np.cumsum(sizes + 1)])
    polygons = np.concatenate([[0], np.cumsum(arrays["ring_counts"].astype(np.int64))])
    return xy, starts, polygons
