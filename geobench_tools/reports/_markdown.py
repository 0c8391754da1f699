"""Markdown of the cards: text that is shown as it is, tables, the citation."""

import re
from collections.abc import Iterable, Sequence

from geobench_tools import __version__

__all__ = ["citation", "code_block", "code_span", "markdown_table", "plain"]

_FIGURE = re.compile(r"-?\d|$")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")

_CITATION = """\
```bibtex
@article{xu2025geor1,
  title         = {Unlocking Zero-Shot Geospatial Reasoning via Indirect Rewards},
  author        = {Xu, Chenhui and Yu, Fuxun and others},
  year          = {2025},
  eprint        = {2510.00072},
  archivePrefix = {arXiv}
}

@software{geobench_tools,
  title   = {geobench-tools},
  author  = {{The geobench-tools authors}},
  version = {VERSION},
  license = {Apache-2.0}
}
```"""


def citation() -> str:
    """Return the section on how to cite."""
    return "## Citation\n\n" + _CITATION.replace("VERSION", __version__)


def plain(value: object) -> str:
    """Return data as Markdown text that shows it: nothing in it is markup or ends a table cell."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(value).split()))


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; the cells are Markdown, numbers are aligned to the right."""
    lines = [[_cell(cell) for cell in row] for row in rows]
    marks = [
        "---:" if i and lines and all(_FIGURE.match(line[i]) for line in lines) else "---"
        for i in range(len(header))
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, marks, *lines))


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def code_span(text: str) -> str:
    """Return data as inline code, safe in a table cell."""
    cleaned = " ".join(text.split()).replace("`", "'").replace("|", r"\|")
    return f"`{cleaned}`"


def code_block(text: str) -> str:
    """Return data as an indented block."""
    return "\n".join("    " + line for line in text.splitlines())
