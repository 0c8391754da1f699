"""Cross-view pairing (the task of arXiv 2510.00072): which tile shows the place of the photo?

Reads sets of ``geor1 build-pairs``. Probes withhold what an honest answer needs; a model that
scores above chance without it uses a shortcut.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from geobench_tools.answers import READER_VERSION
from geobench_tools.benchmarks._family import Family
from geobench_tools.benchmarks._options import BenchmarkOptions
from geobench_tools.benchmarks._pairing_faults import pairing_faults
from geobench_tools.benchmarks._pairing_rules import PairingRules
from geobench_tools.benchmarks._probes import blank, shrunk
from geobench_tools.counter_random import hash_strings, mix
from geobench_tools.errors import InputError
from geobench_tools.evaluation import Sample
from geobench_tools.files import within_root
from geobench_tools.models import JSON, ImagePart, Message, Sampling
from geobench_tools.pairing import default_pairs, load_prompt, open_pairs

__all__ = ["FAMILY", "Pairing"]

TASK_VERSION = "1"
_WITHHELD = "(image withheld)"
_TINY_SIDE = 8
_DISTANCES = ("negative_distance_m", "camera_distance_m", "min_separation_m")


class Pairing(PairingRules):
    """The questions of one split of a pairing set.

    Args:
        name: ``pairing``.
        options: ``data`` is the set's folder, by default that of the rendered world; ``split`` is
            ``test`` by default.
        manifest: Of the family; nothing of it is needed.

    Raises:
        InputError: The split is empty, or the set has no images.
    """

    sampling = Sampling()

    def __init__(self, name: str, options: BenchmarkOptions, manifest: Mapping[str, Any]) -> None:
        self._pairs = open_pairs(Path(options.data)) if options.data else default_pairs()
        self._data = "pairing-set" if options.data else "default rendered world"
        self._split = options.split or "test"
        super().__init__(self._pairs.k, options.probe)
        self._seed = options.seed
        self._circular = options.circular
        self._prompt = load_prompt(options.prompt)
        self._rows = list(self._pairs.iter_questions(self._split))
        if not self._rows:
            raise InputError(
                f"{self._pairs.folder} has no questions in split {self._split!r}",
                hint="name another: --split train, val or test",
            )
        if options.circular and any(row["rotation"] for row in self._rows):
            raise InputError(
                f"split {self._split!r} holds rotations of its questions already",
                hint="leave --circular out",
            )
        self._digest = _digest(self._rows)
        self._roots = {kind: self._pairs.image_root(kind) for kind in ("ground", "satellite")}
        self._places = _places(self._pairs)

    @property
    def identity(self) -> Mapping[str, JSON]:
        """Task version, digest of the questions, prompt, reader, probe."""
        return {
            "task": TASK_VERSION,
            "data": self._data,
            "k": self._pairs.k,
            "data_sha256": self._digest,
            "split": self._split,
            "prompt": self._prompt.sha256,
            "reader": READER_VERSION,
            "probe": self._probe,
            "probe_seed": self._seed if self._probe == "shuffled-tiles" else None,
            "circular": self._circular,
            "sample": False,
        }

    def size(self) -> int:
        """Return the number of questions, rotations included."""
        return len(self._rows) * len(self._turns)

    def samples(self) -> Iterator[Sample]:
        """Yield the questions in the set's order, each followed by its rotations if asked for."""
        shuffled = self._probe == "shuffled-tiles"
        shown = _deranged(self._rows, self._seed) if shuffled else self._rows
        for row, other in zip(self._rows, shown, strict=True):
            for turn in self._turns:
                yield self._sample(row, other, turn)

    def pool(self) -> Mapping[str, int]:
        """Return the letters with the number of questions that each is right for."""
        counts = Counter(self._letter(row, turn) for row in self._rows for turn in self._turns)
        return {f"<answer>{letter}</answer>": counts[letter] for letter in self._labels}

    @property
    def _turns(self) -> range:
        return range(self._pairs.k if self._circular else 1)

    def _letter(self, row: Mapping[str, Any], turn: int) -> str:
        return self._labels[(int(row["answer_index"]) - turn) % self._pairs.k]

    def _sample(self, row: Mapping[str, Any], shown: Mapping[str, Any], turn: int) -> Sample:
        k = self._pairs.k
        order = [(place + turn) % k for place in range(k)]
        rotation = int(row["rotation"] or 0) or turn
        ground_id = str(row["ground_id"])
        metadata: dict[str, JSON] = {name: _rounded(row.get(name)) for name in _DISTANCES}
        metadata |= {"place": self._places.get(ground_id, ""), "rotation": rotation}
        return Sample(
            ground_id + (f"#r{rotation}" if rotation else ""),
            self.name,
            self._messages(row, shown, order),
            self._letter(row, turn),
            group=ground_id,
            metadata=metadata,
        )

    def _messages(
        self, row: Mapping[str, Any], shown: Mapping[str, Any], order: Sequence[int]
    ) -> tuple[Message, ...]:
        tiles = shown.get("candidate_images") or [None] * len(order)
        paths = [("ground", row.get("ground_image")), *(("satellite", tiles[i]) for i in order)]
        parts: list[str | ImagePart] = []
        for part in self._prompt.interleaved(self._pairs.k, "letters"):
            shows = part if isinstance(part, str) else self._image(*paths[part])
            if isinstance(shows, str) and parts and isinstance(parts[-1], str):
                parts[-1] += shows
            else:
                parts.append(shows)
        return (Message("user", tuple(parts)),)

    def _image(self, kind: str, relative: str | None) -> str | ImagePart:
        if self._probe == "no-image" or (self._probe == "tiles-only" and kind == "ground"):
            return _WITHHELD
        root = self._roots[kind]
        if root is None or relative is None:
            raise InputError(
                f"the set names no {kind} images", hint="build it from views that have images"
            )
        path = within_root(root, relative)
        if self._probe == "8px":
            return ImagePart(shrunk(path, _TINY_SIDE), "image/png")
        if self._probe == "blank-ground" and kind == "ground":
            return ImagePart(blank(path), "image/png")
        return ImagePart(path)


def _digest(rows: Iterable[Mapping[str, Any]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        asked = (row["ground_id"], row["rotation"], row["answer"], row["candidate_ids"])
        digest.update(repr(asked).encode())
    return digest.hexdigest()


def _deranged(rows: Sequence[Mapping[str, Any]], seed: int) -> list[Mapping[str, Any]]:
    """For each question another one, of another clique where none holds half of all of them.

    The questions are turned by a seeded distance, in the order of their names.
    """
    names = [f"{row['clique_id']}/{row['ground_id']}#{row['rotation']}" for row in rows]
    order = sorted(range(len(rows)), key=names.__getitem__)
    largest = max(Counter(row["clique_id"] for row in rows).values())
    free = max(1, len(rows) - 2 * largest + 1)
    shift = largest + int(mix(seed, hash_strings([names[order[0]]])[0])) % free
    other: list[Mapping[str, Any]] = list(rows)
    for place, i in enumerate(order):
        other[i] = rows[order[(place + shift) % len(rows)]]
    return other


def _places(pairs: Any) -> dict[str, str]:
    places: dict[str, str] = {}
    for batch in pairs.view_batches("ground", ["view_id", "place"]):
        for view in batch.to_pylist():
            places[view["view_id"]] = view.get("place") or ""
    return places


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 2)


def _rules_of(identity: Mapping[str, Any], manifest: Mapping[str, Any]) -> PairingRules:
    return PairingRules(int(identity["k"]), str(identity["probe"]))


FAMILY = Family(open=Pairing, rules_of=_rules_of, faults=pairing_faults)
