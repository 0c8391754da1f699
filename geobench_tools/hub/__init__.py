"""Publishing on the Hugging Face Hub: what goes, what stays here, and the upload."""

from geobench_tools.hub._contents import Contents, LeftOut, contents_of
from geobench_tools.hub._push import PushReport, PushRequest, push

__all__ = ["Contents", "LeftOut", "PushReport", "PushRequest", "contents_of", "push"]
