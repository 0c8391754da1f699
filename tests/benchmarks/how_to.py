"""The family of benchmarks of docs/how-to/add-a-benchmark.md, as files."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/how-to/add-a-benchmark.md"


def write_flags(folder):
    """Write flags.py and flags.yaml as the page has them, and return the path of flags.py."""
    text = PAGE.read_text(encoding="utf-8")
    for language, suffix in (("yaml", "yaml"), ("python", "py")):
        (block,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
        (folder / f"flags.{suffix}").write_text(block, encoding="utf-8")
    return folder / "flags.py"
