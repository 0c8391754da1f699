"""Text brought to a plain form: digits, quotes, dashes and letters of all widths and scripts.

``plain`` keeps the length, so that an offset into its result is an offset into the original.
``name_key`` makes the key by which names of places are compared; ``sheet_cell`` keeps a text from
being a formula.
"""

import re
import unicodedata

__all__ = ["name_key", "plain", "sheet_cell", "words"]

_SINGLE = {
    **dict.fromkeys("‘’‚‛′‵´`ʹʼˈꞌ＇＇", "'"),
    **dict.fromkeys("“”„‟″‶〃ʺ˝＂״", '"'),
    **dict.fromkeys("º˚⁰∘゜", "°"),
    **dict.fromkeys("−﹣‐‑⁃－", "-"),
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufe0f\ufe0e\u20e3\u061c", " "),
    **dict.fromkeys("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00", " "),
    "İ": "I",
    "،": ",",
    "、": ",",
    "٫": ".",
    "٬": ",",
    "؛": ";",
    "؟": "?",
    "۔": ".",
    "।": ".",
    "`": "`",
}
_ENCLOSED_CAPITALS = (0x1F130, 0x1F150, 0x1F170)  # squared, negative circled, negative squared
_KEPT = frozenset("½¼¾")


class _Folding(dict[int, str]):
    """Maps a code point to one plain character and remembers it."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


def _fold(char: str) -> str:
    if char in _SINGLE:
        return _SINGLE[char]
    for first in _ENCLOSED_CAPITALS:
        if first <= ord(char) < first + 26:
            return chr(ord("A") + ord(char) - first)
    decomposition = unicodedata.decomposition(char)
    if char in _KEPT or decomposition.startswith(("<super>", "<sub>", "<fraction>")):
        return char
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    compatible = unicodedata.normalize("NFKC", char)
    if len(compatible) == 3 and compatible[0] == "(" and compatible[2] == ")":
        return compatible[1]
    if len(compatible) != 1 or len(compatible.lower()) != 1:
        return char
    return " " if compatible.isspace() and compatible not in "\n\r" else compatible


_FOLDING = _Folding()


def plain(text: str) -> str:
    """Fold widths, digits, quotes, dashes and spaces; the result is as long as ``text``.

    Full-width and enclosed letters and the digits of all scripts become ASCII, curly quotes and
    primes straight ones, the minus sign a hyphen (the en dash stays), and invisible characters
    blanks. Superscripts and fractions stay as they are: "5²" is not 52.
    """
    return text if text.isascii() else text.translate(_FOLDING)


_COMBINING = re.compile("[\u0300-\u036f]+")
_LATIN = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "ð": "d",
        "þ": "th",
        "&": " and ",
    }
)


def name_key(name: str) -> str:
    """Return the key of a name: no accents, no case, no punctuation, single blanks.

    Accents are dropped from letters that carry them as combining marks of Latin, Greek and
    Cyrillic; vowel signs of other scripts stay. "Côte d’Ivoire" and "COTE D'IVOIRE" share a key.
    """
    if not name.isascii():
        name = _COMBINING.sub("", unicodedata.normalize("NFKD", name))
        name = unicodedata.normalize("NFKC", name)
    folded = name.casefold().translate(_LATIN)
    if folded.isascii():
        return " ".join(re.findall(r"[a-z0-9]+", folded))
    letters = (c if unicodedata.category(c)[0] in "LNM" else " " for c in folded)
    return " ".join("".join(letters).split())


def words(text: str) -> frozenset[str]:
    """Return the set of blank-separated words, for word lists in code."""
    return frozenset(text.split())


def sheet_cell(value: object) -> object:
    """Return a cell of a CSV file that no spreadsheet takes for a formula.

    A text that begins as formulas do gets an apostrophe before it; numbers stay as they are.
    """
    if not isinstance(value, str) or not value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
