"""The parameters of a pairing set, and how the ones left open are chosen."""

from dataclasses import dataclass, replace

from geobench_tools.errors import InputError
from geobench_tools.geo import cell_diameter_m

__all__ = ["EXECUTORS", "SAMPLERS", "PairOptions", "parse_resolutions", "parse_split"]

SAMPLERS = ("clique", "ring", "pivot", "random")
EXECUTORS = ("local", "process", "ray")
MAX_K = 26

_FINEST, _COARSEST = 10, 1
_CELLS_PER_SEPARATION = 5.0
_PARTITION_RESOLUTION = 4


@dataclass(frozen=True)
class PairOptions:
    """How candidate sets are built.

    Attributes:
        k: Candidates of each question, 2 to 26.
        min_separation_m: Least distance between the centres of two candidates, metres.
        max_distance_m: Greatest distance between the centres of two candidates (cliques), or from
            the camera to a negative (ring); radius of the disc of negatives (pivot), metres.
        seed: Seed of every draw.
        within_s: All views of a clique are captured within this many seconds; None for no limit.
        stratify: Columns of the satellite table, or ``year`` or ``month``, that all candidates of a
            question share.
        sampler: ``clique``, or a control: ``ring``, ``pivot``, ``random``.
        split: Shares of train, val and test; they sum to 1.
        split_resolution: H3 resolution of the cells that are dealt to the splits; None for one
            coarser than the coarsest clique cell (``fit_split`` looks at the places).
        split_buffer_m: Extra distance kept free between the tiles of two splits, metres.
        positive_radius_m: A tile without footprint is right for a camera this near its centre.
        gps_error_m: Standard error of a camera's position where its view states none, metres.
        cameras_per_tile: At most this many ground views of a tile are used; None for no limit.
        rotations: Write val and test questions in all K rotations of the candidates.
        resolutions: H3 resolutions of the clique cells, finest first; empty to choose by distance.
        partitions: Number of partitions; None to choose by the number of rows.
    """

    k: int = 4
    min_separation_m: float = 150.0
    max_distance_m: float = 2_000.0
    seed: int = 0
    within_s: float | None = None
    stratify: tuple[str, ...] = ()
    sampler: str = "clique"
    split: tuple[float, float, float] = (0.9, 0.05, 0.05)
    split_resolution: int | None = None
    split_buffer_m: float = 0.0
    positive_radius_m: float = 50.0
    gps_error_m: float = 10.0
    cameras_per_tile: int | None = None
    rotations: bool = False
    resolutions: tuple[int, ...] = ()
    partitions: int | None = None

    @property
    def partition_resolution(self) -> int:
        """H3 resolution of the cells that are dealt to the partitions."""
        return min(_PARTITION_RESOLUTION, *self.resolutions, self.split_resolution or 0)

    def resolved(self) -> "PairOptions":
        """Check all values and fill the ones left open.

        Raises:
            InputError: A value is out of range or two contradict each other.
        """
        self._check()
        resolutions = self.resolutions or _resolutions(self.min_separation_m, self.max_distance_m)
        split_resolution = self.split_resolution
        if split_resolution is None:
            split_resolution = max(0, resolutions[-1] - 1)
        if split_resolution > resolutions[-1]:
            raise InputError(
                f"split resolution {split_resolution} is finer than the coarsest clique cell "
                f"({resolutions[-1]}), so a clique could fall into two splits",
                hint=f"--split-resolution {resolutions[-1]} or coarser",
            )
        return replace(self, resolutions=resolutions, split_resolution=split_resolution)

    def _check(self) -> None:
        _require(2 <= self.k <= MAX_K, f"k is {self.k}", f"k is from 2 to {MAX_K}")
        _require(
            self.sampler in SAMPLERS,
            f"no sampler {self.sampler!r}",
            f"one of {', '.join(SAMPLERS)}",
        )
        _require(
            0 < self.min_separation_m < self.max_distance_m,
            f"min separation {self.min_separation_m:g} m, max distance {self.max_distance_m:g} m",
            "0 < min separation < max distance",
        )
        _require(
            len(self.split) == 3 and min(self.split) >= 0 and abs(sum(self.split) - 1) < 1e-9,
            f"split {self.split}",
            "three shares of train, val and test, as in --split 90/5/5",
        )
        _require(
            self.split_resolution is None or self.split_resolution >= 0,
            f"split resolution {self.split_resolution}",
            "an H3 resolution from 0, as in --split-resolution 6",
        )
        for name in ("split_buffer_m", "positive_radius_m", "gps_error_m"):
            _require(getattr(self, name) >= 0, f"{name} is negative", "give a distance in metres")
        _require(
            self.within_s is None or self.within_s > 0, "the time window is empty", "--within 365d"
        )
        _require(
            self.cameras_per_tile is None or self.cameras_per_tile >= 1,
            "no camera per tile is allowed",
            "--cameras-per-tile 1 or more",
        )
        _require(
            self.partitions is None or 1 <= self.partitions <= 4096,
            f"{self.partitions} partitions",
            "1 to 4096 partitions",
        )
        _require(
            all(_COARSEST <= r <= _FINEST for r in self.resolutions)
            and list(self.resolutions) == sorted(set(self.resolutions), reverse=True),
            f"resolutions {self.resolutions}",
            f"falling H3 resolutions from {_FINEST} to {_COARSEST}, as in --resolutions 8,7",
        )


def parse_split(text: str) -> tuple[float, float, float]:
    """Read shares of train, val and test as ``90/5/5`` or ``0.9/0.05/0.05``.

    Raises:
        InputError: The text is not three non-negative numbers with a positive sum.
    """
    try:
        train, val, test = (float(part) for part in text.split("/"))
    except ValueError:
        raise InputError(f"split {text!r}", hint="three shares, as in --split 90/5/5") from None
    total = train + val + test
    if not (min(train, val, test) >= 0 and 0 < total < float("inf")):
        raise InputError(f"split {text!r}", hint="three shares, as in --split 90/5/5")
    return train / total, val / total, test / total


def parse_resolutions(text: str) -> tuple[int, ...]:
    """Read H3 resolutions as ``8,7``.

    Raises:
        InputError: An entry is no whole number.
    """
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise InputError(f"resolutions {text!r}", hint="as in --resolutions 8,7") from None


def _require(holds: bool, message: str, hint: str) -> None:
    if not holds:
        raise InputError(message, hint=hint)


def _resolutions(min_separation_m: float, max_distance_m: float) -> tuple[int, ...]:
    """Choose the cascade: cells wide enough for several tiles, up to the greatest distance."""
    levels = []
    for resolution in range(_FINEST, _COARSEST - 1, -1):
        diameter = cell_diameter_m(resolution)
        if diameter >= _CELLS_PER_SEPARATION * min_separation_m or resolution == _COARSEST:
            levels.append(resolution)
            if diameter >= max_distance_m:
                break
    return tuple(levels)
