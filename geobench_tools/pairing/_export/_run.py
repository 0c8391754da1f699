"""The export as a whole: options, checks, rows, README and manifest."""

import csv
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError
from geobench_tools.files import atomic_file, atomic_folder
from geobench_tools.pairing._export._hf import HuggingFace
from geobench_tools.pairing._export._images import (
    Found,
    ImageMode,
    ImageRef,
    ImageStore,
    image_finder,
)
from geobench_tools.pairing._export._llamafactory import LlamaFactory
from geobench_tools.pairing._export._question import Wording, iter_images, iter_questions
from geobench_tools.pairing._export._readme import write_readme
from geobench_tools.pairing._export._swift import Swift
from geobench_tools.pairing._export._target import Target
from geobench_tools.pairing._export._trl import Trl
from geobench_tools.pairing._export._verl import Verl
from geobench_tools.pairing._export._vlm_r1 import VlmR1
from geobench_tools.pairing._export._webdataset import WebDataset
from geobench_tools.pairing._prompt import LabelStyle, PairingPrompt, load_prompt
from geobench_tools.pairing._sets import SPLITS, PairingSet, open_pairs
from geobench_tools.plaintext import sheet_cell
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, digest_input, read_manifest, write_manifest

__all__ = ["TARGETS", "ExportConfig", "ExportReport", "export_pairs"]

_TARGETS: dict[str, type[Target]] = {
    target.name: target
    for target in (VlmR1, Trl, Verl, Swift, LlamaFactory, WebDataset, HuggingFace)
}
TARGETS = tuple(_TARGETS)

_KIND = "export"
_SHOWN_PROBLEMS = 8
_LISTED_PROBLEMS = 100_000


@dataclass(frozen=True)
class ExportConfig:
    """What to export, and how.

    Attributes:
        pairs: Folder of the pairing set.
        to: One of ``TARGETS``.
        out: Folder to make.
        splits: Splits to export; empty for all that have questions.
        images: How images travel; None for the target's default, or ``keep`` with ``image_folder``.
        image_folder: Leave the images where they are and write paths relative to this folder.
        prompt: A question template; None for the built-in one.
        answer: Whether candidates are labelled by letters or numbers.
        allow_missing_images: Write rows whose image files are not there (yet).
        shard_bytes: Greatest size of a shard of the targets that have shards, bytes.
        overwrite: Replace an earlier export at ``out``.
    """

    pairs: Path
    to: str
    out: Path
    splits: tuple[str, ...] = ()
    images: ImageMode | None = None
    image_folder: Path | None = None
    prompt: Path | None = None
    answer: LabelStyle = "letters"
    allow_missing_images: bool = False
    shard_bytes: int = 500_000_000
    overwrite: bool = False


@dataclass(frozen=True)
class ExportReport:
    """What was exported.

    Attributes:
        out: The folder.
        to: The target.
        rows: Number of questions by split.
        images: How images travel.
        image_files: Image files copied or linked, or images embedded in rows.
        image_bytes: Their size.
        missing_images: Images named in rows whose files are not there.
        prompt: Name of the question template.
        note: A limit that every user of the target must know; empty if there is none.
    """

    out: Path
    to: str
    rows: dict[str, int]
    images: ImageMode
    image_files: int
    image_bytes: int
    missing_images: int
    prompt: str
    note: str

    def document(self) -> dict[str, Any]:
        """Return the report as a JSON document."""
        return {**asdict(self), "out": str(self.out)}


def export_pairs(config: ExportConfig, *, progress: Progress = SILENT) -> ExportReport:
    """Write a pairing set in the layout of a trainer or library.

    The output is one folder with rows, ``README.md`` and ``manifest.json``, and for targets that
    name files ``images/`` and ``images.csv``. It is a function of the set, its images and the
    options; only the manifest's ``run`` says when it was made. Memory does not grow with the set.

    Raises:
        InputError: An option does not fit the target, an image is missing, outside its root or no
            image, or ``out`` exists.
    """
    pairs = open_pairs(config.pairs)
    target_class, mode = _checked(config)
    prompt = load_prompt(config.prompt)
    wording = Wording.of(prompt, pairs.k, config.answer)
    rows = _row_counts(pairs, config.splits)
    base = config.image_folder
    find = image_finder(pairs, base)
    _check_images(pairs, rows, find, config, progress)
    with atomic_folder(config.out, overwrite=config.overwrite) as folder:
        seed = int(pairs.manifest.parameters.get("seed") or 0)
        with ImageStore(mode, folder, seed, find, base) as images:
            target = target_class(folder, wording, images, config.shard_bytes)
            for split, count in rows.items():
                with target.sink(split) as sink, progress.task(f"writing {split}", count) as done:
                    for question in iter_questions(pairs, split):
                        sink.write(target.row(question))
                        done(1)
        target.finish(list(rows))
        write_readme(folder, pairs, target, rows, prompt, str(base or "OUT"))
        manifest = _manifest(config, pairs, prompt, images, rows)
        write_manifest(manifest, folder / "manifest.json")
    return ExportReport(
        config.out,
        config.to,
        rows,
        mode,
        images.files,
        images.bytes,
        images.missing,
        prompt.name,
        target_class.note,
    )


def _checked(config: ExportConfig) -> tuple[type[Target], ImageMode]:
    target = _TARGETS.get(config.to)
    if target is None:
        raise InputError(f"no export target {config.to!r}", hint=f"one of {', '.join(TARGETS)}")
    if config.answer not in target.styles:
        raise InputError(
            f"{config.to} cannot read {config.answer} as answers: its parser knows "
            f"{' and '.join(target.styles)} only",
            hint=f"--answer {target.styles[0]}",
        )
    if config.image_folder and config.images:
        raise InputError(
            "--image-folder leaves the images where they are: none is copied or linked",
            hint="give one of --copy-images, --link-images and --image-folder",
        )
    mode: ImageMode = "keep" if config.image_folder else config.images or target.modes[0]
    if mode not in target.modes:
        raise InputError(
            f"{config.to} holds the images in its own files",
            hint="leave out --copy-images, --link-images and --image-folder",
        )
    if config.allow_missing_images and mode == "embed":
        raise InputError(
            f"{config.to} holds the pixels, so the images must be there",
            hint="fetch the images first, or "
            + (
                "name files: --copy-images --allow-missing-images"
                if "copy" in target.modes
                else "export to vlm-r1 or ms-swift, which name files"
            ),
        )
    if unknown := [split for split in config.splits if split not in SPLITS]:
        raise InputError(f"no split {unknown[0]!r}", hint=f"one of {', '.join(SPLITS)}")
    if config.shard_bytes < 1:
        raise InputError(f"shards of {config.shard_bytes} bytes", hint="give a size above 0")
    if config.overwrite and config.out.exists():
        read_manifest(config.out / "manifest.json", _KIND)
    return target, mode


def _row_counts(pairs: PairingSet, wanted: Sequence[str]) -> dict[str, int]:
    counts = {split: pairs.count(split) for split in SPLITS if not wanted or split in wanted}
    if empty := [split for split in wanted if not counts[split]]:
        have = [split for split in SPLITS if pairs.parts(split)]
        raise InputError(
            f"{pairs.folder} has no questions in {', '.join(empty)}",
            hint=f"it has {', '.join(have)}" if have else "build the pairs again",
        )
    found = {split: count for split, count in counts.items() if count}
    if not found:
        raise InputError(
            f"{pairs.folder} has no questions at all", hint="see the drop reasons in its map.html"
        )
    return found


def _check_images(
    pairs: PairingSet,
    rows: dict[str, int],
    find: Callable[[ImageRef], Found],
    config: ExportConfig,
    progress: Progress,
) -> None:
    problems: dict[ImageRef, str] = {}
    with progress.task("checking images", sum(rows.values())) as done:
        for split in rows:
            for images in iter_images(pairs, split):
                for ref in images:
                    found = find(ref)
                    if found.problem and not (found.absent and _may_be_absent(found, config)):
                        problems[ref] = found.problem
                done(1)
                if len(problems) > _LISTED_PROBLEMS:
                    break
    if problems:
        raise _image_error(pairs, problems, config)


def _may_be_absent(found: Found, config: ExportConfig) -> bool:
    return config.allow_missing_images and bool(found.file or not config.image_folder)


def _image_error(
    pairs: PairingSet, problems: dict[ImageRef, str], config: ExportConfig
) -> InputError:
    if config.image_folder and set(problems.values()) == {f"outside {config.image_folder}"}:
        roots = [
            root.resolve() for kind in ("ground", "satellite") if (root := pairs.image_root(kind))
        ]
        return InputError(
            f"{len(problems):,} images lie outside {config.image_folder}",
            hint=f"name a folder that holds them all, such as {os.path.commonpath(roots)}",
        )
    modes = _TARGETS[config.to].modes
    copying = "" if modes[0] == "copy" else "--copy-images "
    later = f", or write rows without them by {copying}--allow-missing-images"
    later = later if "copy" in modes else ""
    if all(ref.path is None for ref in problems):
        kinds = " or ".join(sorted({ref.kind for ref in problems}))
        return InputError(
            f"{pairs.folder} names no {kinds} images, and {config.to} needs them",
            hint="index the views with their images (geor1 plan-tiles and geor1 fetch-tiles get "
            f"satellite tiles) and build the pairs again{later}",
        )
    counts = Counter(problems.values()).most_common(5)
    lines = [f"{ref.kind} {ref.path or ref.view_id}: {text}" for ref, text in problems.items()]
    message = f"{len(problems):,} images cannot be exported ("
    message += ", ".join(f"{text}: {count:,}" for text, count in counts) + ")"
    hint = f"put the files where they are expected{later}; do not delete single questions, since"
    hint += " the balance within a clique would be lost: build the pairs again without those views"
    if len(lines) > _SHOWN_PROBLEMS:
        listing = config.out.with_name(f"{config.out.name}-missing-images.csv")
        with atomic_file(listing) as temporary, temporary.open("w", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("kind", "view_id", "image", "problem"))
            writer.writerows(
                map(sheet_cell, (r.kind, r.view_id, r.path, text)) for r, text in problems.items()
            )
        lines = [*lines[:_SHOWN_PROBLEMS], f"… all of them: {listing}"]
    return InputError("\n  ".join([message, *lines]), hint=hint)


def _manifest(
    config: ExportConfig,
    pairs: PairingSet,
    prompt: PairingPrompt,
    images: ImageStore,
    rows: dict[str, int],
) -> Manifest:
    inputs = [pairs.folder / "manifest.json", *(pairs.folder / split for split in rows)]
    inputs += [config.prompt] if config.prompt else []
    parameters = {
        "to": config.to,
        "splits": list(rows),
        "images": images.mode,
        "image_folder": str(config.image_folder) if config.image_folder else None,
        "answer": config.answer,
        "k": pairs.k,
        "prompt": {"name": prompt.name, "sha256": prompt.sha256},
        "allow_missing_images": config.allow_missing_images,
        "shard_bytes": config.shard_bytes,
    }
    counts = {f"{split}_rows": count for split, count in rows.items()}
    counts |= {
        "images": images.files,
        "image_bytes": images.bytes,
        "missing_images": images.missing,
    }
    return Manifest(
        kind=_KIND,
        parameters=parameters,
        seed=pairs.manifest.seed,
        inputs=tuple(digest_input(path) for path in inputs),
        counts=counts,
    )
