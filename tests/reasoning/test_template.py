"""The four parts, the tags, the answer, length and repetition."""

import pytest

from geobench_tools.reasoning import CheckOptions, TraceFacts, check_trace

FACTS = TraceFacts(lat=45.764, lon=4.8357, candidates=tuple("ABCD"), answer="B")
PARTS = {
    "visual": "**Visual cues**: The photo shows a narrow street with pale limestone houses.",
    "cross_view": "**Cross-view evidence**: Tile B shows the same bend and the long roof.",
    "knowledge": "**Geographic knowledge**: Such facades are common in France.",
    "conclusion": "**Conclusion**: The best match is tile B.",
}


def wrap(*parts: str, answer: str = "B") -> str:
    return "<think>" + "\n".join(parts) + f"</think><answer>{answer}</answer>"


def problems(text: str, options: CheckOptions | None = None) -> tuple[str, ...]:
    return check_trace(text, FACTS, options or CheckOptions()).template.problems


def test_a_trace_in_order_passes() -> None:
    report = check_trace(wrap(*PARTS.values()), FACTS).template
    assert report.passed
    assert list(report.parts) == list(PARTS)


def test_prose_without_headings_passes() -> None:
    text = wrap(
        "The photo shows a narrow street with pale houses and a church.",
        "Among the candidates, tile B has the same bend seen from above.",
        "The climate and the architecture are typical of France.",
        "Therefore the answer is tile B.",
    )
    assert problems(text) == ()


@pytest.mark.parametrize("missing", list(PARTS))
def test_a_missing_part(missing: str) -> None:
    text = wrap(*(part for name, part in PARTS.items() if name != missing))
    assert f"missing:{missing}" in problems(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (wrap(PARTS["knowledge"], PARTS["visual"], PARTS["cross_view"], PARTS["conclusion"]),
         "order"),
        (wrap(PARTS["visual"], "**Cross-view evidence**:", PARTS["knowledge"],
              PARTS["conclusion"]), "empty:cross_view"),
        (wrap(*PARTS.values(), answer="C"), "answer:disagrees"),
        (wrap(*PARTS.values(), answer=" "), "empty:answer"),
        (wrap(*PARTS.values()).replace("<think>", ""), "tags:think"),
        (wrap(*PARTS.values()).replace("</answer>", ""), "tags:answer"),
        (wrap(*PARTS.values()) + " That is all.", "tags:outside"),
        ("<answer>B</answer><think>x</think>", "tags:order"),
        (wrap(*PARTS.values(), PARTS["visual"] * 8), "repetition"),
        (wrap("Visual cues: a road."), "length:short"),
    ],
)  # fmt: skip
def test_a_problem(text: str, problem: str) -> None:
    assert problem in problems(text)


def test_the_longest_reasoning() -> None:
    assert "length:long" in problems(wrap(*PARTS.values()), CheckOptions(max_words=20))
