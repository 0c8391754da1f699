"""Arguments, entities, hard replies."""

import json

import pytest

from geobench_tools.answers import READER_VERSION, read

CHOICES = {"A": "Residential area", "B": "Airport"}


def test_the_version_is_a_name_that_an_artefact_can_record():
    assert isinstance(READER_VERSION, str)
    assert READER_VERSION


def test_span_counts_in_the_reply_and_not_in_the_unescaped_text():
    reply = "&lt;answer&gt;B&lt;/answer&gt;"
    reading = read(reply, "mcq", choices=CHOICES)
    assert reading.span is not None
    assert reply[slice(*reading.span)] == "B"


def test_span_of_an_entity_covers_all_of_it():
    reply = "48.85&deg;N, 2.35&deg;E &amp; more"
    reading = read(reply, "latlon")
    assert reading.span is not None
    assert reply[slice(*reading.span)] == "48.85&deg;N, 2.35&deg;E"


def test_no_text_at_all_is_empty():
    assert read(None, "bool").status == "empty"


@pytest.mark.parametrize(
    ("kind", "arguments"), [("mcq", {}), ("multi", {"choices": {}}), ("index", {}), ("poem", {})]
)
def test_missing_arguments_and_unknown_kinds_are_the_callers_error(kind, arguments):
    with pytest.raises(ValueError, match=r"kind|needs"):
        read("B", kind, **arguments)


def test_choices_may_be_keys_alone():
    assert read("The answer is C.", "mcq", choices="ABCD").value == "C"
    assert read("Answer: 2", "mcq", choices=["1", "2", "3"]).value == "2"
    assert read("Answer: north", "mcq", choices=["north", "south"]).value == "north"


HARD = ["A ", "A or ", "(A) ", "the answer is ", "\\boxed{", "<think>", "<answer>", "{", "[",
        '{"a": 1, ', "1, ", "1-", "48.85° N, 2.35° E ", "lat: ", "France or ", "city: Lyon\n",
        "yes or ", "one hundred and ", "一", "&lt;", "\n", "   ", "'", "-", "**",
        "option b ", "is it? yes, ", "1, 2, 3, 1, ", "I cannot say, but ", "1. 12.5, 13.5\n",
        "unlike Spain, ", "N 51 30 "]  # fmt: skip


@pytest.mark.parametrize("kind", ["mcq", "multi", "index", "bool", "count", "bbox", "country",
                                  "place", "latlon"])  # fmt: skip
def test_repetitive_replies_are_read_to_their_end(kind):
    """Patterns that would keep a backtracking reader busy for hours; none may be quadratic."""
    arguments = {
        "mcq": {"choices": CHOICES},
        "multi": {"choices": CHOICES},
        "index": {"options": 5},
    }
    for piece in HARD:
        read(piece * (20_000 // len(piece)), kind, **arguments.get(kind, {}))


def test_escaped_letters_of_json_are_letters():
    text = json.dumps({"city": "Zürich", "country": "España", "note": "x"})
    reading = read(text, "place")
    assert reading.value == {"city": "Zürich", "country": "ES"}
    assert text[slice(*reading.span)].startswith("Z\\u00fcrich")


@pytest.mark.parametrize(
    "city",
    ["Santo Domingo de los Colorados", "San Cristóbal de las Casas", "Eningen unter Achalm",
     "Fond du Lac", "Reggio nell'Emilia", "Villers-sous-Saint-Leu", "Kamień Pomorski",
     "San Benedetto del Tronto", "Capelle aan den IJssel"],
)  # fmt: skip
def test_names_of_several_small_words(city):
    assert read(f"country: Peru\ncity: {city}", "place").value == {"city": city, "country": "PE"}
