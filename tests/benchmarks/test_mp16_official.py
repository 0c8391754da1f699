import json

import pytest

from geobench_tools.benchmarks._mp16_official import globe_match, globe_names


def test_names_match_as_the_official_function_says(shared_data):
    vectors = json.loads((shared_data / "mp16-reason/globe_string_vectors.json").read_text())
    for case in vectors["match"]:
        assert int(globe_match(case["pred"], case["gt"])) == case["match"], case


def test_replies_parse_as_the_official_function_says(shared_data):
    vectors = json.loads((shared_data / "mp16-reason/globe_string_vectors.json").read_text())
    for case in vectors["parse"]:
        assert globe_names(case["text"]) == (case["cot_country"], case["cot_city"]), case
        plain = globe_names(case["text"], reasoning=False)
        assert plain == (case["nocot_country"], case["nocot_city"]), case


@pytest.mark.parametrize(
    ("predicted", "true", "same"),
    [
        ("niger", "Nigeria", True),
        ("india", "Indiana", True),
        ("rome", "Romeo", True),
        ("new york", "New York City", False),
        ("usa", "United States", False),
        ("1234567", "1234567890", True),
        ("123456", "1234567890", False),
        ("a", "", False),
        ("", "", False),
    ],
)
def test_known_quirks_of_matching(predicted, true, same):
    assert globe_match(predicted, true) is same


@pytest.mark.parametrize(
    ("reply", "country", "city"),
    [
        ("Country: France\nCity: Paris", "", ""),
        ("country:\ncity: Paris", "city: paris", "paris"),
        ("<answer>\ncountry: Peru \r\ncity:  Lima\n</answer>", "peru", "lima"),
        ("country: Chad\n<answer>none</answer>", "", ""),
        ("country: A\ncountry: B\ncity: C\ncity: D", "a", "c"),
        ("country: İstanbul", "i̇stanbul", ""),
    ],
)
def test_known_quirks_of_parsing(reply, country, city):
    assert globe_names(reply) == (country, city)
