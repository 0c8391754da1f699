"""When two names of cities or divisions are the same."""

import pytest

from geobench_tools.benchmarks._names import NAMES

SAME_CITY = [
    ("München", "Munich"),
    ("Munich, Germany", "München"),
    ("Bombay", "Mumbai"),
    ("Kiev", "Kyiv"),
    ("東京", "Tokyo"),
    ("NYC", "New York"),
    ("Saigon", "Ho Chi Minh City"),
    ("Frankfurt", "Frankfurt am Main"),
    ("Paris, France", "Paris"),
    ("Αθήνα", "Athens"),
]
OTHER_CITY = [
    ("Paris, Texas", "Paris"),
    ("York", "New York"),
    ("Genoa", "Geneva"),
    ("Brooklyn", "New York"),
    ("Leeds", "Bradford"),
    ("", "Paris"),
    ("Paris", ""),
    ("unknown", "Paris"),
]
SAME_STATE = [
    ("Bayern", "Bavaria"),
    ("Catalunya", "Catalonia"),
    ("Sicilia", "Sicily"),
    ("NSW", "New South Wales"),
    ("北海道", "Hokkaido"),
    ("Metro Manila", "National Capital Region"),
    ("TX", "Texas"),
]
OTHER_STATE = [
    ("Washington", "DC"),
    ("Sachsen", "Lower Saxony"),
    ("South Holland", "North Holland"),
    ("Scotland", "England"),
    ("Kent", "England"),
    ("Alsace", "Lorraine"),
    ("Texas", "California"),
    ("", "Texas"),
]


@pytest.mark.parametrize(("one", "other"), SAME_CITY)
def test_same_city(one, other):
    assert NAMES.same_city(one, other)
    assert NAMES.same_city(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER_CITY)
def test_other_city(one, other):
    assert not NAMES.same_city(one, other)


@pytest.mark.parametrize(("one", "other"), SAME_STATE)
def test_same_state(one, other):
    assert NAMES.same_state(one, other)
    assert NAMES.same_state(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER_STATE)
def test_other_state(one, other):
    assert not NAMES.same_state(one, other)
