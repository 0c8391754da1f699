"""Folding of widths and accents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geobench_tools.plaintext import name_key, plain, sheet_cell


@given(st.text())
def test_plain_text_keeps_every_offset(text):
    folded = plain(text)
    assert len(folded) == len(text)
    assert len(folded.lower()) == len(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("３５．６８", "35.68"),
        ("٣٥٫٦٨، ١", "35.68, 1"),
        ("Ⓓ③𝐁🅱", "D3BB"),
        ("“a” ‘b’", "\"a\" 'b'"),
        ("40º26′46″", "40°26'46\""),
        ("−1 – 2", "-1 – 2"),
        ("＜answer＞", "<answer>"),
        ("5² ½", "5² ½"),
        ("H₂O", "H₂O"),
        ("a\u200bb\ufeff", "a b "),
    ],
)
def test_plain_text(text, folded):
    assert plain(text) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Côte d’Ivoire", "COTE D'IVOIRE"),
        ("Zürich", "zurich"),
        ("Tu\u0308rkiye", "Türkiye"),
        ("Łódź", "Lodz"),
        ("Trinidad & Tobago", "Trinidad and Tobago"),
        ("Ελλάδα", "Ελλαδα"),
    ],
)
def test_names_that_share_a_key(one, other):
    assert name_key(one) == name_key(other)


def test_vowel_signs_of_other_scripts_stay_in_a_key():
    assert name_key("भारत") == "भारत"
    assert name_key("टोगो") != name_key("टोंगा")


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(first):
    assert sheet_cell(f"{first}cmd") == f"'{first}cmd"


@pytest.mark.parametrize("cell", ["-3.5", "+1e3", -3.5, None, "a=b", ""])
def test_other_cells_stay_as_they_are(cell):
    assert sheet_cell(cell) == cell
