"""The README of an export: what it holds, how it is used, and where it comes from."""

import re
from collections.abc import Mapping
from pathlib import Path

from geobench_tools.pairing._export._target import Target
from geobench_tools.pairing._prompt import PairingPrompt
from geobench_tools.pairing._sets import PairingSet

__all__ = ["write_readme"]

_IMAGES = {
    "embed": "Images are in the rows, byte for byte as they were, EXIF included.",
    "copy": "Images are copies in `images/`, byte for byte, EXIF included; `images.csv` says which "
    "view each one is. Their names are hashes, since file names that speak of place or role are a "
    "shortcut.",
    "link": "`images/` holds symbolic links to the original files; `images.csv` says which view "
    "each one is. The link names are hashes, since file names that speak of place or role are a "
    "shortcut. The links work on this machine only.",
    "keep": "Images stay where they are, under their own names. File names that speak of place or "
    "role are a shortcut for anything that reads them.",
}


def write_readme(
    folder: Path,
    pairs: PairingSet,
    target: Target,
    rows: Mapping[str, int],
    prompt: PairingPrompt,
    image_folder: str,
) -> None:
    """Write ``README.md``; for ``hf`` it ends with the card of the pairing set."""
    splits = list(rows)
    question = target.wording.images_first if target.name == "vlm-r1" else target.wording.text
    counts = "\n".join(f"| {split} | {count:,} |" for split, count in rows.items())
    note = f"> {target.note}\n\n" if target.note else ""
    text = f"""\
{target.readme_header(splits)}# Cross-view pairing questions for {target.name}

Each question shows one ground view and {pairs.k} satellite images of the same neighbourhood; one of
them shows the place of the ground view. Chance is {1 / pairs.k:.3f}.

| split | questions |
| --- | ---: |
{counts}

{note}## Use

`OUT` stands for this folder.

{target.usage(splits, image_folder)}
## Question

Template `{prompt.name}`, SHA-256 `{prompt.sha256}`:

```text
{question}
```

## Images

{_IMAGES[target.images.mode]}

Ids ending in `#r1`, `#r2` … are the same question with its candidates rotated, for circular
evaluation. `manifest.json` has all parameters and the digests of the inputs.
{_card(pairs) if target.name == "hf" else ""}"""
    (folder / "README.md").write_text(text, encoding="utf-8")


def _card(pairs: PairingSet) -> str:
    path = pairs.folder / "card.md"
    if not path.is_file():
        return ""
    text = path.read_text(encoding="utf-8")
    if text.startswith("---\n"):
        text = text.partition("\n---\n")[2]
    demoted = re.sub(r"^#", "##", text.strip(), flags=re.MULTILINE)
    return f"\nThe card of the pairing set that this was exported from follows.\n\n{demoted}\n"
