"""The steps that every reading begins with, for any reader of an answer region."""

from collections.abc import Callable

from geobench_tools.answers._objects import closed_part
from geobench_tools.answers._reading import Reading
from geobench_tools.answers._reply import answer_region
from geobench_tools.answers._source import Source

__all__ = ["READER_VERSION", "read_with"]

READER_VERSION = "2"
"""Changes whenever any reply may be read differently; artefacts that hold readings record it."""


def read_with(text: str, reader: Callable[[str], Reading]) -> Reading:
    """Find a reply's answer region and read it; the span is given in the reply's own offsets.

    Args:
        text: The reply.
        reader: Reads the answer out of a region in plain text.
    """
    source = Source(text)
    region = answer_region(source.text)
    if region.status is not None:
        return Reading(None, region.status)
    reading = reader(closed_part(region.text))
    if reading.span is None:
        return reading
    start, end = reading.span
    span = source.original((start + region.start, end + region.start))
    return Reading(reading.value, reading.status, span)
