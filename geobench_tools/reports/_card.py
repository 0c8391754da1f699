"""``card.md`` of a pairing set: what it is, how it was made, what is known of its shortcuts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.files import write_text
from geobench_tools.pairing import DISTANCES, PairingSet, PairingStats
from geobench_tools.reports._charts import metres
from geobench_tools.reports._markdown import (
    citation,
    code_block,
    code_span,
    markdown_table,
    plain,
)
from geobench_tools.reports._page import words
from geobench_tools.strictjson import parse_json

__all__ = ["split_rows", "write_card"]

_LISTED = 15
_CREDIT = "attribution.json"
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGEST = "1M<n<10M"


def write_card(
    pairs: PairingSet, stats: PairingStats, audit: Mapping[str, Any] | None, path: Path
) -> None:
    """Write a dataset card in Markdown, with the YAML header that the Hugging Face Hub reads.

    The credit line and licence of images that ``geor1 fetch-tiles`` fetched are taken from the
    ``attribution.json`` in their folder.

    Args:
        pairs: The set.
        stats: Its summary.
        audit: What ``audit.json`` holds; None if the set was not audited.
        path: The file, usually ``card.md`` in the set's folder.
    """
    sections = [
        _header(stats),
        _what(stats, audit),
        _holds(stats),
        _making(pairs),
        _distances(stats),
        _audited(stats, audit),
        _left_out(stats),
        _limits(stats),
        _loading(stats),
        _sources(pairs, stats),
        citation(),
    ]
    write_text(path, "\n\n".join(sections) + "\n")


def _header(stats: PairingStats) -> str:
    import yaml

    total = sum(stats.questions.values())
    files = [{"split": split, "path": f"{split}/part-*.parquet"} for split in stats.questions]
    header: dict[str, Any] = {
        "license": "other",
        "license_name": "see-image-sources",
        "pretty_name": "Cross-view pairing set",
        "task_categories": ["visual-question-answering"],
        "tags": ["geospatial", "cross-view", "geolocation", "reasoning"],
        "size_categories": [next((size for most, size in _SIZES if total < most), _LARGEST)],
    }
    if files:
        header["configs"] = [{"config_name": "default", "data_files": files}]
    text = yaml.safe_dump(header, sort_keys=False)
    note = "# Put your own licence here: that of the set, and of the images if they are added.\n"
    return f"---\n{note}{text}---"


def _what(stats: PairingStats, audit: Mapping[str, Any] | None) -> str:
    total, cliques = sum(stats.questions.values()), sum(stats.cliques.values())
    text = f"""\
# Cross-view pairing set

{total:,} multiple-choice questions. Each shows one view from the ground and {stats.k} satellite
images of the same neighbourhood; exactly one of these shows the place of the ground view. Chance is
{1 / stats.k:.3f}. The answers come from positions alone, so that a model can be rewarded for
geospatial reasoning without any human label."""
    if stats.sampler == "clique":
        text += f"""

The candidates form {cliques:,} cliques: {stats.k} tiles of one H3 cell that serve as each other's
negatives. A clique gives equally many questions for each of its tiles, all with the same candidates
in the same order: each tile is right as often as any other."""
    if audit and not audit.get("passed", True):
        text += (
            "\n\n**The audit failed: do not train on this set before reading its findings below.**"
        )
    return text


def split_rows(stats: PairingStats) -> tuple[list[str], list[list[object]]]:
    """Return names and rows of the table of splits."""
    letters = sorted({letter for counts in stats.letters.values() for letter in counts})
    columns = (stats.questions, stats.cameras, stats.cliques, stats.cells)
    rows: list[list[object]] = [
        [
            split,
            *(column[split] for column in columns),
            *(stats.letters[split].get(letter, 0) for letter in letters),
        ]
        for split in stats.questions
    ]
    return ["split", "questions", "cameras", "cliques", "H3 cells", *letters], rows


def _holds(stats: PairingStats) -> str:
    return (
        "## What it holds\n\n"
        + markdown_table(*split_rows(stats))
        + "\n\nCameras count the rotations of a question once. The letters are those of the right "
        "answers."
    )


def _making(pairs: PairingSet) -> str:
    manifest = pairs.manifest
    parameters = [
        [code_span(name), plain(words(value))]
        for name, value in manifest.parameters.items()
        if name != "image_roots"
    ]
    inputs = [
        [code_span(Path(entry.path).name), entry.bytes, f"`{entry.sha256[:16]}…`"]
        for entry in manifest.inputs
    ]
    lines = ["## How it was made"]
    if command := manifest.run.get("command"):
        lines.append(code_block(command))
    made = f"Made by {plain(manifest.tool)}, seed {manifest.seed}"
    if commit := manifest.run.get("commit"):
        made += f", source {plain(commit)}"
    lines.append(f"{made}. `manifest.json` has everything in full.")
    lines.append(markdown_table(["parameter", "value"], parameters))
    if inputs:
        lines.append(markdown_table(["input", "bytes", "SHA-256"], inputs))
    return "\n\n".join(lines)


def _distances(stats: PairingStats) -> str:
    rows = []
    for name, meaning in DISTANCES.items():
        lengths = stats.distances[name]
        q = lengths.quantiles
        values = [lengths.least, *(q.get(share, float("nan")) for share in (0.05, 0.5, 0.95))]
        rows.append([meaning, *map(metres, [*values, lengths.greatest])])
    near = ", ".join(f"{100 * share:.1f} % within {metres(m)}" for m, share in stats.within.items())
    cells = ", ".join(
        f"{count:,} at resolution {level}" for level, count in stats.resolutions.items()
    )
    return (
        "## Distances and hardness\n\n"
        + markdown_table(["distance", "least", "5 %", "median", "95 %", "greatest"], rows)
        + f"\n\nNearest wrong tile: {near}. H3 cells of the cliques: {cells or 'none'}; "
        "a higher resolution is a smaller neighbourhood with harder negatives."
    )


def _audited(stats: PairingStats, audit: Mapping[str, Any] | None) -> str:
    title = "## Shortcuts: proven, measured, not measured"
    if not audit:
        return f"{title}\n\nNot audited. `geor1 audit-pairs` does it."
    lines = [title]
    for kind, sentences in (audit.get("conclusions") or {}).items():
        said = "\n".join(f"- {plain(sentence)}" for sentence in sentences)
        if said:
            lines.append(f"**{plain(kind).capitalize()}**\n\n{said}")
    checks = (audit.get("certificate") or {}).get("checks") or ()
    if checks:
        rows = [
            [plain(check["claim"]), check["status"], check["checked"], check["failed"]]
            for check in checks
        ]
        lines.append("Certificate, counted over the whole set:")
        lines.append(markdown_table(["claim", "result", "checked", "failed"], rows))
    families = [one for one in audit.get("families") or () if one["outcome"] != "not present"]
    if families:
        lines.append(
            f"Adversaries, cross-validated by place; accuracy against {1 / stats.k:.4f} with its "
            "95 % interval:"
        )
        header = ["family", "result", "accuracy", "interval", "leak, nats", "smallest detectable"]
        lines.append(markdown_table(header, map(_family, families)))
    elif not audit.get("conclusions"):
        lines.append("The shortcut adversaries were not run; `geor1 audit-pairs` does it.")
    return "\n\n".join(lines)


def _family(family: Mapping[str, Any]) -> list[str]:
    accuracy, leak = family.get("accuracy") or {}, family.get("leak") or {}
    detectable = (family.get("detectable_corrected") or [None])[0]
    row = [plain(family["name"]), plain(family["outcome"])]
    if not accuracy:
        return [*row, "", "", "", ""]
    hit, gain = accuracy[family["stronger"]], leak.get(family["stronger"]) or {}
    return [
        *row,
        f"{hit['value']:.4f}",
        f"{hit['low']:.4f} to {hit['high']:.4f}",
        f"{gain['value']:.4f}" if gain else "",
        "" if detectable is None else f"{100 * detectable:.2g} points",
    ]


def _left_out(stats: PairingStats) -> str:
    lines = ["## Used and left out"]
    for kind, title in (("ground", "ground views"), ("satellite", "satellite tiles")):
        totals = stats.totals[kind]
        rows = [["used in questions", totals.used]]
        rows += [[plain(reason), count] for reason, count in totals.dropped.items()]
        if totals.read is not None:
            rows.append(["**read**", totals.read])
            if not totals.add_up:
                rows.append(["**these do not add up**", ""])
        lines.append(markdown_table([title, "number"], rows))
    return "\n\n".join(lines)


def _limits(stats: PairingStats) -> str:
    limits = []
    if stats.sampler == "clique":
        limits += [
            "The guarantee covers functions of the satellite tiles alone. What a ground view and "
            "its own tile share besides the place (season, brightness, a watermark) is not covered "
            "by it; see the audit.",
            f"The {stats.k} questions of a clique are a permutation: show one of them at a time, "
            "and keep them in one split.",
            "The balance holds for whole cliques. Leaving out single questions, for example those "
            "whose images fail to load, breaks it: leave out the clique.",
        ]
    else:
        limits.append(
            f"The sampler `{plain(stats.sampler)}` is a control. It gives no guarantee, and by "
            "design its candidates tell something about the answer."
        )
    places = sum(1 for name in stats.places if name)
    views = sum(stats.places.values())
    if places:
        top = next(name for name in stats.places if name)
        share = 100 * stats.places[top] / views
        limits.append(
            f"The views come from {places:,} named places; {plain(top)} alone has {share:.1f} %. "
            "Accuracy on this set says little of places unlike these."
        )
    limits += [
        "Positions are as accurate as their source says; a wrong position is a wrong answer.",
        "The folder holds questions and view tables. The images stay where `image_roots` of "
        "`manifest.json` says.",
    ]
    return "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits)


def _loading(stats: PairingStats) -> str:
    split = next(iter(stats.questions), "train")
    files = ", ".join(f'"{name}": "pairs/{name}/*.parquet"' for name in stats.questions)
    return f"""\
## How to load it

With this folder as `pairs`:

```python
from pathlib import Path
from geobench_tools.pairing import open_pairs

pairs = open_pairs(Path("pairs"))
for question in pairs.iter_questions("{split}"):
    question["ground_id"], question["candidate_ids"][question["answer_index"]]  # a pair
```

```python
from datasets import load_dataset

questions = load_dataset("parquet", data_files={{{files}}})
```

With images and prompts, for a trainer or as a data set of its own (`--to trl`, `verl`, `ms-swift`,
`llamafactory`, `vlm-r1`, `webdataset`, `hf`):

```bash
geor1 export-pairs pairs --to hf -o exported
```"""


def _sources(pairs: PairingSet, stats: PairingStats) -> str:
    lines = ["## Images: sources and licences"]
    for kind, title in (("ground", "ground views"), ("satellite", "satellite tiles")):
        providers = stats.providers[kind]
        rows: list[list[object]] = [
            [plain(name or "not stated"), count]
            for name, count in list(providers.items())[:_LISTED]
        ]
        if len(providers) > _LISTED:
            rest = sum(list(providers.values())[_LISTED:])
            rows.append([f"{len(providers) - _LISTED:,} more", rest])
        lines.append(markdown_table([f"provider of {title}", "number"], rows))
        period = stats.periods[kind]
        if period.first and period.last:
            lines.append(
                f"Captured from {period.first:%Y-%m-%d} to {period.last:%Y-%m-%d} (UTC); "
                f"{period.missing:,} without a date."
            )
        lines += [f"{title.capitalize()}: {credit}" for credit in _credits(pairs, kind)]
    lines.append(
        "Questions, splits and statistics are facts about positions. The images belong to their "
        "providers: their licences govern whether and how they may be passed on."
    )
    return "\n\n".join(lines)


def _credits(pairs: PairingSet, kind: str) -> list[str]:
    """Return what the image folder of a kind says of its source, as Markdown."""
    root = pairs.image_root(kind)
    file = root / _CREDIT if root else None
    if file is None or not file.is_file():
        return []
    try:
        credit = parse_json(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{file} cannot be read: {error}", hint="correct or remove it") from None
    names = ("attribution", "licence", "provider", "source")
    known = [(name, credit.get(name)) for name in names if isinstance(credit, dict)]
    said = "; ".join(f"{name} {plain(value)}" for name, value in known if value)
    return [f"{said}."] if said else []
