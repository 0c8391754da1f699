"""How captions are scored: BLEU, ROUGE-L and CIDEr-D, with one reference for each picture.

Formulas as in the COCO caption evaluation (Chen et al. 2015, arXiv 1504.00325): BLEU over the
whole corpus (Papineni et al. 2002), ROUGE-L with beta 1.2 (Lin 2004), CIDEr-D with n-grams of 1
to 4 words and sigma 6 (Vedantam et al. 2015). Words are runs of letters and digits in lower case,
not those of the Penn treebank's tokenizer, so figures differ a little from COCO's program. METEOR
is left out: the authors released no scorer, and COCO's METEOR is a Java program.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geobench_tools.benchmarks._geobench_vlm_scores import unanswered
from geobench_tools.benchmarks._readings import value_of
from geobench_tools.evaluation import (
    Estimate,
    Items,
    Metric,
    Policies,
    SampleRecord,
    Scores,
    estimate,
)

__all__ = ["bleu", "caption_items", "caption_scores", "cider_d", "rouge_l", "words_of"]

Floats = npt.NDArray[np.float64]
Words = Sequence[str]

_WORD = re.compile(r"[^\W_]+")
_MOST = 4
_BETA = 1.2
_SIGMA = 6.0


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return _WORD.findall(text.lower())


def bleu(said: Sequence[Words], true: Sequence[Words]) -> tuple[float, ...]:
    """Return BLEU-1 to BLEU-4 of a corpus, with the brevity penalty."""
    hits, counts = np.zeros(_MOST), np.zeros(_MOST)
    for candidate, reference in zip(said, true, strict=True):
        for n in range(_MOST):
            own, others = _ngrams(candidate, n + 1), _ngrams(reference, n + 1)
            hits[n] += (own & others).total()
            counts[n] += own.total()
    length, wanted = sum(map(len, said)), sum(map(len, true))
    penalty = 1.0 if length >= wanted else math.exp(1 - wanted / length) if length else 0.0
    shares = np.divide(hits, counts, out=np.zeros(_MOST), where=counts > 0)
    return tuple(
        0.0
        if not shares[: n + 1].all()
        else penalty * float(np.exp(np.log(shares[: n + 1]).mean()))
        for n in range(_MOST)
    )


def rouge_l(said: Words, true: Words) -> float:
    """Return ROUGE-L: F of the longest common subsequence, recall weighed by beta 1.2."""
    common = _longest_common(said, true)
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(true)
    return (1 + _BETA**2) * precision * recall / (recall + _BETA**2 * precision)


def cider_d(said: Sequence[Words], true: Sequence[Words]) -> Floats:
    """Return CIDEr-D of each caption, 0 to 10; rare n-grams of the references count more."""
    seen: Counter[tuple[str, ...]] = Counter()
    for reference in true:
        seen.update({gram for n in range(_MOST) for gram in _ngrams(reference, n + 1)})
    log_count = math.log(max(1, len(true)))
    return np.array(
        [
            10.0
            * sum(
                _similarity(
                    _ngrams(candidate, n + 1),
                    _ngrams(reference, n + 1),
                    seen,
                    log_count,
                )
                for n in range(_MOST)
            )
            / _MOST
            * math.exp(-((len(candidate) - len(reference)) ** 2) / (2 * _SIGMA**2))
            for candidate, reference in zip(said, true, strict=True)
        ]
    )


def caption_items(records: Sequence[SampleRecord]) -> Items:
    """Return verdicts by metric; 0 for a missing caption."""
    said, true = _texts(records)
    rouge = np.array([rouge_l(one, other) for one, other in zip(said, true, strict=True)], float)
    return Items.of(records, {"rouge_l": rouge, "cider_d": cider_d(said, true)})


def caption_scores(
    name: str, records: Sequence[SampleRecord], rule: str, *, sample: bool
) -> Scores:
    """Score a run: every picture counts, a caption that is missing is empty."""
    items = caption_items(records)
    found = bleu(*_texts(records))
    metrics = [
        Metric(f"bleu_{n}", f"BLEU-{n}", "score", "higher", Estimate(value, len(records)))
        for n, value in enumerate(found, 1)
    ]
    for metric, label in (("rouge_l", "ROUGE-L"), ("cider_d", "CIDEr-D")):
        metrics.append(
            Metric(metric, label, "score", "higher", estimate(items.values[metric], items))
        )
    return Scores.of(
        name,
        records,
        metrics,
        sample=sample,
        breakdowns=unanswered(records),
        policy={
            "strict": "all pictures count; a missing caption is empty",
            "official": "none was released, and the paper's metric is not confirmed",
            "words": "runs of letters and digits in lower case, not the Penn treebank's tokens",
            "CIDEr-D": "0 to 10; document frequencies from the references of this run",
            "intervals": "95 %: Poisson bootstrap clustered by picture; none for BLEU, which is of "
            "the whole corpus",
        },
        policies={
            "strict": Policies(missing="an empty caption", aggregation=f"{rule} of five wordings")
        },
    )


def _texts(records: Sequence[SampleRecord]) -> tuple[list[Words], list[Words]]:
    said: list[Words] = [words_of(str(value_of(record) or "")) for record in records]
    return said, [words_of(str(record.target)) for record in records]


def _ngrams(words: Words, n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[i:] for i in range(n)), strict=False))


def _similarity(
    said: Counter[tuple[str, ...]],
    true: Counter[tuple[str, ...]],
    seen: Counter[tuple[str, ...]],
    log_count: float,
) -> float:
    """Cosine of two vectors of tf-idf, with said's counts clipped to true's."""

    def weight(gram: tuple[str, ...], count: int) -> float:
        return count * (log_count - math.log(max(1, seen[gram])))

    one = {gram: weight(gram, count) for gram, count in said.items()}
    other = {gram: weight(gram, count) for gram, count in true.items()}
    lengths = math.sqrt(sum(v * v for v in one.values()) * sum(v * v for v in other.values()))
    if not lengths:
        return 0.0
    return sum(min(one[gram], other[gram]) * other[gram] for gram in one if gram in other) / lengths


def _longest_common(one: Words, other: Words) -> int:
    row = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for j, wanted in enumerate(other, 1):
            kept = row[j]
            row[j] = before + 1 if word == wanted else max(row[j], row[j - 1])
            before = kept
    return row[-1]
