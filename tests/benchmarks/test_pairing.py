import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from small_set import write_set

from geobench_tools.benchmarks import BenchmarkOptions, open_benchmark
from geobench_tools.benchmarks._pairing import _deranged
from geobench_tools.benchmarks._pairing_rules import _band
from geobench_tools.errors import InputError
from geobench_tools.evaluation import ReadingRecord, SampleRecord
from geobench_tools.models import ImagePart, Usage


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("set"), cliques={"train": 2, "val": 0, "test": 5})


def opened(pairs, **options):
    return open_benchmark("pairing", BenchmarkOptions(data=str(pairs.folder), **options))


def images(sample):
    return [part for part in sample.messages[0].parts if isinstance(part, ImagePart)]


def record(sample, letter, index=0, tokens=None, run=0):
    reading = ReadingRecord(letter, "ok", (0, 1)) if letter else None
    return SampleRecord(
        "", "pairing", sample.sample_id, index, run, "ok" if letter else "parse_error",
        sample.target, group=sample.group, metadata=sample.metadata, reading=reading,
        usage=Usage(completion_tokens=tokens),
    )  # fmt: skip


def test_question_shows_photo_and_tiles_in_order(pairs):
    rows = list(pairs.iter_questions("test"))
    for row, sample in zip(rows, opened(pairs).samples(), strict=True):
        shown = [part.source.relative_to(part.source.parents[0]).name for part in images(sample)]
        named = [row["ground_image"], *row["candidate_images"]]
        assert shown == [name.rsplit("/", 1)[-1] for name in named]
        assert sample.target == row["answer"]
        assert sample.group == row["ground_id"]
        assert sample.metadata["place"]


def test_probes_withhold_what_they_say(pairs):
    plain = next(opened(pairs).samples())
    assert len(images(next(opened(pairs, probe="no-image").samples()))) == 0
    only_tiles = images(next(opened(pairs, probe="tiles-only").samples()))
    assert [i.source for i in only_tiles] == [i.source for i in images(plain)[1:]]
    blanked = images(next(opened(pairs, probe="blank-ground").samples()))
    with Image.open(io.BytesIO(blanked[0].source)) as image:
        assert image.size == (24, 16)
        assert image.getcolors() == [(24 * 16, (128, 128, 128))]
    assert blanked[1].source == images(plain)[1].source
    for part in images(next(opened(pairs, probe="8px").samples())):
        with Image.open(io.BytesIO(part.source)) as image:
            assert max(image.size) == 8


def test_shuffled_tiles_never_show_the_right_one(pairs):
    rows = list(pairs.iter_questions("test"))
    samples = list(opened(pairs, probe="shuffled-tiles").samples())
    for row, sample in zip(rows, samples, strict=True):
        names = {part.source.name for part in images(sample)[1:]}
        assert not names & {name.rsplit("/", 1)[-1] for name in row["candidate_images"]}
        assert sample.target == row["answer"]


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_which_tiles_are_shown_instead_does_not_depend_on_the_order_of_rows(pairs, seed):
    rows = list(pairs.iter_questions("test"))
    shown = {
        row["ground_id"]: other["ground_id"]
        for row, other in zip(rows, _deranged(rows, seed), strict=True)
    }
    turned = [*rows[5:], *rows[:5]]
    again = {
        row["ground_id"]: other["ground_id"]
        for row, other in zip(turned, _deranged(turned, seed), strict=True)
    }
    assert shown == again
    assert sorted(shown) == sorted(shown.values())


def test_circular_asks_every_rotation_and_the_answer_moves_along(pairs):
    samples = list(opened(pairs, circular=True).samples())
    assert len(samples) == 4 * len(list(pairs.iter_questions("test")))
    assert len({sample.sample_id for sample in samples}) == len(samples)
    for start in range(0, len(samples), 4):
        turns = samples[start : start + 4]
        assert sorted(sample.target for sample in turns) == list("ABCD")
        right = {images(s)[1 + "ABCD".index(str(s.target))].source for s in turns}
        assert len(right) == 1


def test_scores_count_missing_answers_as_wrong(pairs):
    benchmark = opened(pairs)
    samples = list(benchmark.samples())
    records = [record(s, s.target, i, 10) for i, s in enumerate(samples)]
    records[0] = record(samples[0], None, 0, 400)
    metrics = {m["name"]: m for m in benchmark.score(records)["metrics"]}
    n = len(samples)
    assert metrics["accuracy"]["strict"]["value"] == pytest.approx((n - 1) / n)
    assert metrics["accuracy"]["chance"] == 0.25
    assert metrics["readable_accuracy"]["strict"]["value"] == 1.0
    tokens = metrics["completion_tokens"]["strict"]["value"]
    assert tokens == pytest.approx((10 * (n - 1) + 400) / n)


def test_one_letter_always_is_chance_and_shows_as_bias(pairs):
    benchmark = opened(pairs, circular=True)
    records = [record(s, "B", i) for i, s in enumerate(benchmark.samples())]
    scores = benchmark.score(records)
    metrics = {m["name"]: m["strict"] for m in scores["metrics"]}
    assert metrics["accuracy"]["value"] == 0.25
    assert metrics["circular_accuracy"]["value"] == 0.0
    chances = {m["name"]: m["chance"] for m in scores["metrics"]}
    assert (chances["accuracy"], chances["circular_accuracy"]) == (0.25, 0.25**4)
    assert metrics["accuracy"]["low"] < 0.25 + 1e-9
    letters = {row[0]: row for row in scores["breakdowns"][-1]["rows"]}
    assert letters["B"][3] == 1.0
    assert letters["A"][2] == 0


@pytest.mark.parametrize("circular", [False, True])
def test_pool_holds_the_letters(pairs, circular):
    benchmark = opened(pairs, circular=circular)
    counts = Counter(f"<answer>{sample.target}</answer>" for sample in benchmark.samples())
    assert {text: n for text, n in benchmark.pool().items() if n} == counts


@pytest.mark.parametrize(
    ("metres", "band"),
    [(99.99, "0-100 m"), (100, "100-250 m"), (2499, "1,000-2,500 m"), (2500, "over 2,500 m"),
     (None, "unknown")],
)  # fmt: skip
def test_bands_of_distance(metres, band):
    assert _band(metres) == band


def test_replies_are_read_as_letters(pairs):
    benchmark = opened(pairs)
    sample = next(benchmark.samples())
    assert benchmark.read("<think>A or B</think><answer>C</answer>", sample).value == "C"
    assert benchmark.read("I cannot tell.", sample).value is None


def test_a_folder_without_a_set_is_an_error(tmp_path):
    with pytest.raises(InputError):
        open_benchmark("pairing", BenchmarkOptions(data=str(tmp_path)))


def test_identity_changes_with_the_probe_and_with_the_questions(pairs, tmp_path):
    other = write_set(tmp_path, cliques={"test": 3})
    assert opened(pairs).identity == opened(pairs).identity
    assert opened(pairs).identity != opened(pairs, probe="8px").identity
    assert opened(pairs).identity["data_sha256"] != opened(other).identity["data_sha256"]
    assert np.isfinite(opened(pairs).size())
