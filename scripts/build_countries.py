"""Make geobench_tools/places/countries.tsv.gz out of CLDR's territory names and our aliases.

Run where the ``babel`` package is installed; the packed file's first line records its version.

    python scripts/build_countries.py

Source: babel (BSD-3-Clause), whose locale data is Unicode CLDR (Unicode License v3).
"""

import gzip
import io
import sys
import unicodedata
from collections import defaultdict
from pathlib import Path

import babel
from babel import Locale, localedata
from babel.core import get_global

from geobench_tools.plaintext import name_key, words

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "geobench_tools" / "places" / "countries.tsv.gz"

LANGUAGES = words(
    "en es pt fr de it nl sv da nb no nn fi is et lv lt pl cs sk hu ro bg sr hr bs sl mk sq el tr "
    "ru uk be kk ky uz tg tk az hy ka he ar fa ur ps ku hi bn pa gu mr ne ta te kn ml si or as th "
    "lo km my vi id ms jv fil ja ko zh yue bo dz sw am af ca eu gl cy ga gd mt lb fo"
)
"""Languages whose names are taken: national languages and those with many speakers."""

NOT_A_COUNTRY = frozenset(["EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"])
SOVEREIGN = {"AC": "SH", "CP": "FR", "CQ": "GG", "DG": "IO", "EA": "ES", "IC": "ES", "TA": "SH"}
"""CLDR's own codes that are not in ISO 3166-1, and the code that they count as."""

OBSOLETE = frozenset(["BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"])
"""Alpha-3 codes of former states and names."""

DROPPED = words(
    "brasilia granada salvador norfolk columbia guadalupe maurice dominique helena tunis grenade "
    "sarc gene kota sin"
)
"""Keys that are better known as something else: cities, first names, English words."""


def territories() -> dict[str, set[str]]:
    """Names by code, in all of ``LANGUAGES``; for Myanmar and Czechia also the bracketed one."""
    names: dict[str, set[str]] = defaultdict(set)
    for identifier in localedata.locale_identifiers():
        locale = Locale.parse(identifier)
        if locale.language not in LANGUAGES:
            continue
        for code, name in locale.territories.items():
            if len(code) != 2 or not code.isalpha() or code in NOT_A_COUNTRY:
                continue
            code = SOVEREIGN.get(code, code)
            names[code].add(name)
            if "(" in name and code not in ("CD", "CG"):
                outside, _, inside = name.partition("(")
                names[code].add(outside.strip())
                if code == "MM":
                    names[code].add(inside.strip(" )"))
    return names


def alpha3() -> dict[str, str]:
    """ISO 3166-1 alpha-3 codes by alpha-2."""
    pairs = get_global("territory_aliases").items()
    three = {
        new[0]: old
        for old, new in pairs
        if len(old) == 3 and old.isalpha() and len(new) == 1 and old not in OBSOLETE
    }
    return three | {"XK": "XKX"}


def entry(name: str) -> str:
    """Return a name's key, or its lower-case form where the key would be three bare letters."""
    key = name_key(name)
    exact = unicodedata.normalize("NFC", name).casefold()
    return exact if len(key) <= 3 and key.isascii() and not exact.isascii() else key


def aliases() -> list[tuple[tuple[str, ...], list[str]]]:
    """The lines of country_aliases.txt."""
    lines = (HERE / "country_aliases.txt").read_text(encoding="utf-8").splitlines()
    parsed = []
    for line in lines:
        if line and not line.startswith("#"):
            codes, _, names = line.partition(":")
            parsed.append((tuple(codes.split()), [name.strip() for name in names.split(";")]))
    return parsed


def main() -> None:
    """Write the packed file and say what was ambiguous."""
    claims: dict[str, set[str]] = defaultdict(set)
    for code, names in territories().items():
        for name in names:
            key = entry(name)
            short = len(key) <= 3 and key.isascii()
            if key and not short and key not in DROPPED:
                claims[key].add(code)
    for codes, names in aliases():
        for name in names:
            claims[entry(name)] = set(codes)
    english = {SOVEREIGN.get(c, c): n for c, n in Locale("en").territories.items() if len(c) == 2}
    english |= {c: n for c, n in Locale("en").territories.items() if c not in SOVEREIGN}
    three = alpha3()
    by_codes: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for key, codes in claims.items():
        by_codes[tuple(sorted(codes))].append(key)
        if len(codes) > 1:
            print(f"ambiguous: {key}: {sorted(codes)}", file=sys.stderr)
    text = io.StringIO()
    text.write(f"# CLDR territory names by babel {babel.__version__}, and country_aliases.txt\n")
    for codes in sorted(by_codes):
        single = codes[0] if len(codes) == 1 else ""
        row = [" ".join(codes), three.get(single, ""), english.get(single, "")]
        text.write("\t".join([*row, "|".join(sorted(by_codes[codes]))]) + "\n")
    packed = gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)
    TARGET.write_bytes(packed)
    print(f"{TARGET.name}: {len(claims)} names, {len(packed)} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
