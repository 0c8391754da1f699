"""Markdown of the cards: data stay data."""

import pytest

from geobench_tools.reports._markdown import code_span, markdown_table, plain


@pytest.mark.parametrize(
    ("text", "shown"), [("a b", "`a b`"), ("a|b`c\nd", "`a\\|b'c d`"), ("<b>", "`<b>`")]
)
def test_code(text, shown):
    assert code_span(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("a_b|c", r"a\_b\|c"), ("# x\n<i>", r"\# x \<i\>"), (3, "3")]
)
def test_text(text, shown):
    assert plain(text) == shown


def test_figures_are_aligned_to_the_right():
    rows = [["a", 1000, "b", -0.5], ["c", 2, "d", ""]]
    assert markdown_table(["", "n", "what", "x"], rows).splitlines() == [
        "|  | n | what | x |",
        "| --- | ---: | --- | ---: |",
        "| a | 1,000 | b | -0.5 |",
        "| c | 2 | d |  |",
    ]
