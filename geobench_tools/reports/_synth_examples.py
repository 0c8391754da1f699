"""Traces as the report shows them: claims marked by verdict, with the evidence below."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.pairing import LETTERS
from geobench_tools.reports._page import Html, escape, table
from geobench_tools.strictjson import parse_json

__all__ = ["images_of", "marked_trace", "trace_example"]


Line = Mapping[str, Any]


def marked_trace(line: Line) -> Html:
    """Return a trace's text with its claims and leaks marked."""
    text = line["text"]
    marks = [
        (claim["span"][0], claim["span"][1], claim["verdict"], _said(claim))
        for claim in line["claims"]
    ]
    marks += [(*leak["span"], "leak", f"leak: {leak['kind']}") for leak in line["leaks"]]
    made: list[str] = []
    at = 0
    for start, end, name, title in sorted(marks, key=lambda mark: (mark[0], -mark[1])):
        if start < at or end > len(text) or start >= end:
            continue
        made.append(escape(text[at:start]))
        made.append(
            f'<mark class="{escape(name)}" title="{escape(title)}">{escape(text[start:end])}</mark>'
        )
        at = end
    return Html("".join(made) + escape(text[at:]))


def trace_example(line: Line, images: Sequence[str], *, opened: bool = False) -> Html:
    """Return one trace with its pictures, its marked text and its claims."""
    status = line["reason"] or "kept"
    detail = f" {line['detail']}" if line["detail"] else ""
    planted = f" · injected: {line['injected']}" if line["injected"] else ""
    rows = [
        (
            claim["text"],
            claim["kind"].replace("_", " "),
            claim["strength"],
            claim["verdict"],
            _evidence(claim["evidence"]),
        )
        for claim in line["claims"]
    ]
    claims = table(("claim", "kind", "strength", "verdict", "evidence"), rows) if rows else ""
    return Html(
        f'<details class="example"{" open" if opened else ""}><summary>'
        f'<span class="id">{escape(line["id"])}</span> <span class="pill">{escape(status)}</span>'
        f"{escape(line['place'])}{escape(detail)}{escape(planted)}</summary>{_shots(line, images)}"
        f'<div class="reply" tabindex="0">{marked_trace(line)}</div>{claims}</details>'
    )


def images_of(sft: Path, names: Iterable[str]) -> dict[str, list[str]]:
    """Return the image paths of kept traces, relative to the parent of ``sft``, by name."""
    wanted = set(names)
    found: dict[str, list[str]] = {}
    for path in sorted((sft / "trl").glob("*.jsonl")):
        with path.open(encoding="utf-8") as rows:
            for row in rows:
                if len(found) == len(wanted):
                    return found
                document = parse_json(row)
                if document["id"] in wanted:
                    found[document["id"]] = [f"{sft.name}/{image}" for image in document["images"]]
    return found


def _shots(line: Line, images: Sequence[str]) -> str:
    if not images:
        return ""
    names = ["photo", *LETTERS[: len(images) - 1]]
    shots = "".join(
        f"<figure{' class=right' if name == line['answer'] else ''}>"
        f'<img src="{escape(path)}" alt="{escape(_alt(name, line))}" loading="lazy">'
        f"<figcaption>{escape(name)}</figcaption></figure>"
        for name, path in zip(names, images, strict=True)
    )
    return f'<div class="shots">{shots}</div>'


def _alt(name: str, line: Line) -> str:
    if name == "photo":
        return "street-level photo"
    return f"candidate {name}, the right one" if name == line["answer"] else f"candidate {name}"


def _said(claim: Mapping[str, Any]) -> str:
    return (
        f"{claim['kind']}, {claim['strength']}: {claim['verdict']}. {_evidence(claim['evidence'])}"
    )


def _evidence(evidence: Mapping[str, Any]) -> str:
    known = f"known: {evidence['known']}; " if evidence["known"] else ""
    source = f" ({evidence['source']})" if evidence["source"] else ""
    return f"{known}{evidence['rule']}{source}"
