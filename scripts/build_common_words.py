"""Pack common English words for telling place names from words: common_words.txt.gz.

    apt-get download scowl && dpkg-deb -x scowl_*.deb scowl
    python scripts/build_common_words.py scowl/usr/share/dict/scowl

Source: SCOWL 2020.12.07 by Kevin Atkinson, free to use and redistribute with its notice, which is
kept beside the packed file. One line for each level, most common first: SCOWL's level, a tab, and
the words of three letters and more that are written in lower case.
"""

import gzip
import sys
from pathlib import Path

LEVELS = (10, 20, 35, 40, 50)
REGIONS = ("english", "american", "british")
OUT = Path(__file__).parent.parent / "geobench_tools" / "reasoning" / "common_words.txt.gz"


def main(folder: Path) -> None:
    """Write the packed file."""
    seen: set[str] = set()
    lines = []
    for level in LEVELS:
        words: set[str] = set()
        for region in REGIONS:
            path = folder / f"{region}-words.{level}"
            if path.exists():
                words |= {w for w in path.read_text("latin-1").split() if _is_word(w)}
        lines.append(f"{level}\t{' '.join(sorted(words - seen))}\n")
        seen |= words
    OUT.write_bytes(gzip.compress("".join(lines).encode(), 9, mtime=0))
    print(f"{len(seen):,} words, {OUT.stat().st_size:,} bytes")


def _is_word(word: str) -> bool:
    return len(word) >= 3 and word.isascii() and word.isalpha() and word.islower()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
