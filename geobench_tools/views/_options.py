"""How sources of views are to be read: the one set of options that every reader takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

__all__ = ["Kind", "OnBad", "ReadOptions"]

Kind = Literal["ground", "satellite"]
OnBad = Literal["fail", "drop"]


@dataclass(frozen=True)
class ReadOptions:
    """What the user says about the sources; what is None is taken from the source or refused.

    Attributes:
        kind: Kind of all rows that do not state their own.
        columns: Names of the source's columns by the view column they fill, as in
            ``{"lat": "Latitude"}``; they come before any guess.
        timezone: IANA name of the zone of times without offset, as ``Europe/Berlin``.
        image_root: Folder that image paths are relative to. Default: the folder of the source.
        crs: Coordinate reference system of positions, as ``EPSG:25832``; overrides the source's.
        footprint_size_m: Side of a square footprint around each satellite position, metres.
        source: Name of a source layout in ``manifests/sources``, as ``cv-cities``.
        split: Split of a Hugging Face dataset or of a source layout; default: all of them.
        revision: Commit, tag or branch of a Hugging Face dataset; default: its newest.
        export_images: Folder to which images that lie inside a Hugging Face dataset are written;
            without it they stay there and the views have no image.
        tms: Rows of a tile tree count from the south (TMS), not from the north (XYZ).
        encoding: Encoding of text tables, as ``latin-1``; default: UTF-8, or UTF-16 with its mark.
        delimiter: Separator of text tables; default: a comma, in ``.tsv`` and ``.tab`` a tab.
        decimal: Decimal mark of numbers in text, ``.`` or ``,``.
        check_images: Open and decode every image.
        max_image_pixels: Images with more pixels are refused, not decoded.
        on_bad: ``fail``: any bad row is an error; ``drop``: bad rows are left out and listed.
        keep_repeats: Let views of one kind at one position and time stand, as crops of a panorama
            are; a pairing set must not have them, facts about images may.
    """

    kind: Kind | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    image_root: Path | None = None
    crs: str | None = None
    footprint_size_m: float | None = None
    source: str | None = None
    split: str | None = None
    revision: str | None = None
    export_images: Path | None = None
    tms: bool = False
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str = "."
    check_images: bool = False
    max_image_pixels: int = 200_000_000
    on_bad: OnBad = "fail"
    keep_repeats: bool = False
