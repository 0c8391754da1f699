"""The geometry oracle on a pairing set: the reference line that a model can be held against."""

import time
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from geobench_tools.array_types import F32, Floats
from geobench_tools.errors import InputError
from geobench_tools.pairing._audit.adversaries import cross_validate
from geobench_tools.pairing._audit.features import Design, Features
from geobench_tools.pairing._audit.places import choose_places, fold_places, home_folds
from geobench_tools.pairing._audit.sample import Sample, draw_sample
from geobench_tools.pairing._audit.verdict import Estimate, estimate
from geobench_tools.pairing._pictures import read_picture
from geobench_tools.pairing._sets import PairingSet
from geobench_tools.progress import SILENT, Progress
from geobench_tools.world import GROUND_SIZE, TILE_SIZE, Oracle

__all__ = ["OracleOptions", "OracleReport", "ask_oracle", "oracle_scores"]


_TILES_KEPT = 32
_TIE = 1e-9


@dataclass(frozen=True)
class OracleOptions:
    """How to ask.

    Attributes:
        oracle: The matcher.
        use_heading: Turn panoramas to north by the heading that the view table gives; without one
            the middle column counts as north. Of no effect if ``oracle.any_heading``.
        max_sets: Most cliques to ask about (questions, where there are no cliques).
        bootstrap: Resamples of places for the intervals.
        seed: Seed of the sample and of the bootstrap.
    """

    oracle: Oracle = field(default_factory=Oracle)
    use_heading: bool = True
    max_sets: int = 1000
    bootstrap: int = 1000
    seed: int = 0


@dataclass(frozen=True)
class OracleReport:
    """How the oracle did.

    Attributes:
        questions: Number of questions asked, each in one rotation.
        unreadable: Number of those with an image that cannot be read; they count as guesses.
        accuracy: Share of right choices, ties shared, with its interval over places.
        leak: log K minus the cross-validated negative log-likelihood of its scores, nats; None with
            too few places to test on.
        ms_per_question: CPU time, images included.
    """

    questions: int
    unreadable: int
    accuracy: Estimate
    leak: Estimate | None
    ms_per_question: float


def ask_oracle(
    pairs: PairingSet, options: OracleOptions | None = None, progress: Progress = SILENT
) -> OracleReport:
    """Let the oracle answer questions of a set from their pixels alone.

    Args:
        pairs: The set; its images must be there.
        options: The matcher and the sample.
        progress: Told of every question.

    Raises:
        InputError: The set has no images, or too few places for an interval.
    """
    options = options or OracleOptions()
    sample = draw_sample(pairs, options.max_sets, options.seed, progress)
    sample = sample.take(sample.rotation == 0)
    places = choose_places(
        {"split_cell": sample.split_cell, "cell": sample.cell, "clique": sample.clique}
    )
    if places is None:
        raise InputError(f"{pairs.folder} has too few places for an interval")
    began = time.process_time()
    scores = oracle_scores(sample, options, progress)
    spent = time.process_time() - began
    known = np.asarray(np.isfinite(scores).all(axis=1))
    scores = np.where(known[:, None], scores, 0.0)
    best = np.asarray(scores >= scores.max(axis=1, keepdims=True) - _TIE)
    right = np.take_along_axis(best, sample.answer[:, None], axis=1)[:, 0]
    hit = right / best.sum(axis=1)
    folds = fold_places(places)
    design = Design(Features(numbers={"score": scores}))
    leak = None
    if not design.is_constant():
        homes = home_folds(sample, places, folds)
        gain = cross_validate([design], sample.answer, folds, homes)["logit"].gain
        leak = estimate(gain, places, 0.0, options.bootstrap, options.seed)
    return OracleReport(
        questions=len(sample),
        unreadable=int((~known).sum()),
        accuracy=estimate(hit, places, 1 / sample.k, options.bootstrap, options.seed),
        leak=leak,
        ms_per_question=1000.0 * spent / len(sample),
    )


def oracle_scores(sample: Sample, options: OracleOptions, progress: Progress = SILENT) -> Floats:
    """Return the score of each candidate, NaN where an image cannot be read; shape (n, K).

    Raises:
        InputError: The sample has no images.
    """
    names, tile_root = sample.ground.texts("image"), sample.satellite.image_root
    ground_root = sample.ground.image_root
    if sample.shown is None or names is None or tile_root is None or ground_root is None:
        raise InputError("the pairing set has no images", hint="build it from views with images")
    headings = sample.ground.numbers("heading_deg")
    matcher = options.oracle

    @lru_cache(maxsize=_TILES_KEPT)
    def read_tile(tile: int) -> F32 | None:
        image = read_picture(tile_root, sample.images[tile], TILE_SIZE, TILE_SIZE)
        return None if image is None else matcher.read_tile(image)

    scores = np.full(sample.tiles.shape, np.nan)
    with progress.task("oracle", len(sample)) as advance:
        # Questions of one clique share their tiles.
        for question in np.argsort(sample.clique, kind="stable").tolist():
            camera = int(sample.camera[question])
            image = read_picture(ground_root, names[camera] or "", *GROUND_SIZE)
            advance(1)
            if image is None:
                continue
            if options.use_heading and not matcher.any_heading:
                turn = float(np.nan_to_num(headings[camera])) * GROUND_SIZE[0] / 360.0
                image = np.roll(image, round(turn), axis=1)
            ground = matcher.read_ground(image)
            for place, tile in enumerate(sample.shown[question].tolist()):
                if (read := read_tile(tile)) is not None:
                    scores[question, place] = matcher.score(ground, read)
    return scores
