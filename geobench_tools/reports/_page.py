"""One-file HTML pages: no network, light and dark, keyboard and screen reader.

Everything that comes from data passes ``escape`` or ``Page.data``; the rest of a page is the
project's own. A content security policy lets the page run its own scripts and styles only, and
load images only from where it lies.
"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape as _escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from geobench_tools import __version__
from geobench_tools.files import write_text

__all__ = [
    "Html",
    "Page",
    "asset",
    "bar_table",
    "card",
    "escape",
    "facts",
    "table",
    "words",
    "write_page",
]


_FIGURE = re.compile(r"[-+]?\d|(n/a|unknown)?$")


class Html(str):
    """A string that is markup already; anything else is escaped where cells are made."""


@dataclass(frozen=True)
class Page:
    """What a page is made of.

    Attributes:
        title: Shown as heading and window title.
        subtitle: A line under it.
        body: The content.
        styles: CSS texts besides the shared one.
        scripts: JavaScript texts, run in order after the shared one.
        data: JSON documents that scripts find in the element of that id.
    """

    title: str
    subtitle: str
    body: Html
    styles: Sequence[str] = ()
    scripts: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


def write_page(page: Page, path: Path) -> None:
    """Write a page as one file, atomically; same page, same bytes."""
    write_text(path, _document(page))


def asset(name: str) -> str:
    """Return a style sheet or script of this package."""
    return (files("geobench_tools.reports") / name).read_text(encoding="utf-8")


def escape(text: object) -> Html:
    """Return text as markup that shows it; ``Html`` stays as it is."""
    return text if isinstance(text, Html) else Html(_escape(str(text)))


def words(value: object) -> str:
    """Return a value of a manifest in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {words(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(words, value)) or "none"
    return "none" if value is None else str(value)


def facts(entries: Mapping[str, object]) -> Html:
    """Return a row of labelled figures."""
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{_figure(value)}</dd></div>"
        for name, value in entries.items()
    )
    return Html(f'<dl class="facts">{cells}</dl>')


def card(*content: str, title: str = "", level: int = 3, kind: str = "gap") -> Html:
    """Return a box with a heading of its own.

    Args:
        content: Markup.
        title: Text or ``Html``; empty for no heading.
        level: Of the heading.
        kind: Further classes.
    """
    flush = ' class="flush"' if level == 2 else ""
    head = f"<h{level}{flush}>{escape(title)}</h{level}>" if title else ""
    return Html(f'<section class="{f"card {kind}".strip()}">{head}{"".join(content)}</section>')


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    caption: str = "",
    total: Sequence[object] | None = None,
    kind: str = "",
) -> Html:
    """Return a table; the first column heads its rows, numbers are aligned to the right.

    Args:
        header: Column names.
        rows: Cells: text, numbers or ``Html``. Text that begins like a number is set like one.
        caption: What the table shows.
        total: A last row set off from the others.
        kind: Class of the table.
    """
    every = [*rows, *([total] if total else [])]
    numeric = [
        i > 0 and bool(every) and all(_is_figure(row[i]) for row in every)
        for i in range(len(header))
    ]
    head = "".join(
        f'<th scope="col"{_class(right)}>{escape(name)}</th>' if name else "<td></td>"
        for name, right in zip(header, numeric, strict=True)
    )
    lines = []
    for row in every:
        first, *cells = row
        made = f'<th scope="row">{_figure(first)}</th>' + "".join(
            f"<td{_class(right)}>{_figure(cell)}</td>"
            for cell, right in zip(cells, numeric[1:], strict=True)
        )
        lines.append(f"<tr{' class=total' if row is total else ''}>{made}</tr>")
    shown = f"<caption>{escape(caption)}</caption>" if caption else ""
    named = f' class="{kind}"' if kind else ""
    return Html(
        f'<div class="scroll"><table{named}>{shown}<thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def bar_table(
    header: tuple[str, str], counts: Mapping[str, int], *, caption: str = "", whole: int = 0
) -> Html:
    """Return counts by name as a table with bars.

    Args:
        header: Names of the two columns.
        counts: Counts by name, in the order shown.
        caption: What the table shows.
        whole: What shares are of; the sum of the counts by default.
    """
    whole = whole or sum(counts.values())
    most = max(counts.values(), default=0) or 1
    rows = []
    for name, count in counts.items():
        bar = (
            '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
            '<rect class="track" width="100" height="8"/>'
            f'<rect width="{100 * count / most:.2f}" height="8"/></svg>'
        )
        share = f"{100 * count / whole:.1f} %" if whole else ""
        rows.append((name, count, share, Html(bar)))
    return table((*header, "share", ""), rows, caption=caption)


def _figure(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if math.isfinite(value) else "n/a"
    return escape("n/a" if value is None else value)


def _is_figure(value: object) -> bool:
    if isinstance(value, Html):
        return False
    return isinstance(value, int | float) or bool(_FIGURE.match(str(value)))


def _class(right: bool) -> str:
    return ' class="n"' if right else ""


def _json_block(name: str, document: Any) -> str:
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return f'<script type="application/json" id="{escape(name)}">{text}</script>'


def _policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    def hashes(texts: Sequence[str]) -> str:
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

    return (
        f"default-src 'none'; img-src 'self' file: data:; style-src {hashes(styles)}; "
        f"script-src {hashes(scripts)}; base-uri 'none'; form-action 'none'"
    )


def _document(page: Page) -> str:
    styles = [asset("page.css"), *page.styles]
    scripts = [asset("page.js"), *page.scripts]
    blocks = "\n".join(_json_block(name, document) for name, document in page.data.items())
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(_policy(styles, scripts))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="geobench-tools {__version__}">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{escape(page.title)}</title>
{"".join(f"<style>{style}</style>" for style in styles)}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="page"><div><h1>{escape(page.title)}</h1><p>{escape(page.subtitle)}</p></div>
<button id="theme" type="button" class="no-print">Theme</button></header>
<main id="main">
{page.body}
</main>
<footer class="page">Made by geobench-tools {__version__}. \
This page loads nothing from the network.</footer>
{blocks}
{"".join(f"<script>{script}</script>" for script in scripts)}
</body>
</html>
"""
