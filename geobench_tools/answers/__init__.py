"""One versioned reader of answers out of model replies, for rewards and for scores."""

from geobench_tools.answers._read import READER_VERSION, read
from geobench_tools.answers._reading import Kind, Reading, Status

__all__ = ["READER_VERSION", "Kind", "Reading", "Status", "read"]
