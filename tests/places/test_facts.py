"""Facts of countries, and countries by fact."""

import pytest

from geobench_tools.places import countries_with, country_facts, country_name
from geobench_tools.places._facts import all_facts
from geobench_tools.plaintext import words


def test_facts_of_one_country():
    facts = country_facts("CH")
    assert (facts.name, facts.capital, facts.continent) == ("Switzerland", "Bern", "EU")
    assert (facts.currency, facts.tld, facts.phone_prefix) == ("CHF", ".ch", "41")
    assert (facts.driving_side, facts.speed_unit) == ("right", "km/h")
    assert (
        {"de", "fr", "it"} <= set(facts.languages) < set(facts.spoken) == {*facts.languages, "rm"}
    )
    assert facts.neighbours == ("AT", "DE", "FR", "IT", "LI")
    assert facts.time_zones == ("Europe/Zurich",)


def test_every_country_that_has_a_name_has_facts():
    for code, facts in all_facts().items():
        assert facts.name == country_name(code)
        assert facts.continent in {"AF", "AN", "AS", "EU", "NA", "OC", "SA"}
        assert facts.continent == facts.continents[0]
        assert facts.driving_side in {"left", "right"}
        assert facts.speed_unit in {"km/h", "mph"}
        assert all(prefix.isdigit() for prefix in facts.phone_prefixes)
        assert set(facts.scripts) <= set(facts.spoken_scripts)
        assert set(facts.neighbours) <= all_facts().keys()
    assert len(all_facts()) == 250


LEFT = words("GB IE MT CY JP IN ID TH AU NZ ZA KE HK MO SG MY PK BD LK NP BT GY SR JM MZ ZW FJ VI")
RIGHT = words("US FR DE CN TW KR PH VN BR NG GH GI PR MM")


@pytest.mark.parametrize("code", sorted(LEFT))
def test_who_drives_on_the_left(code):
    assert country_facts(code).driving_side == "left"


@pytest.mark.parametrize("code", sorted(RIGHT))
def test_who_drives_on_the_right(code):
    assert country_facts(code).driving_side == "right"


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({"currency": "JPY"}, {"JP"}),
        ({"currency": "EUR", "continent": "EU", "script": "Cyrl"}, {"BG", "ME", "XK"}),
        ({"script": "Thai"}, {"TH"}),
        ({"script": "Hang"}, set()),
        ({"tld": "ch"}, {"CH"}),
        ({"tld": ".CH"}, {"CH"}),
        ({"phone_prefix": "+41"}, {"CH"}),
        ({"phone_prefix": "+1 939"}, {"PR"}),
        ({"phone_prefix": "7"}, {"KZ", "RU"}),
        ({"timezone": "Asia/Tokyo"}, {"JP"}),
        ({"neighbour": "PT"}, {"ES"}),
        ({"speed_unit": "mph", "continent": "EU"}, {"GB", "GG", "IM", "JE"}),
        ({"driving_side": "left", "continent": "SA"}, {"FK", "GS", "GY", "SR"}),
        ({"language": "ka"}, {"GE"}),
        ({"language": "rm"}, set()),
        ({"spoken": "rm"}, {"CH"}),
        ({"spoken_script": "Taml", "driving_side": "left"}, {"IN", "LK", "MY", "SG"}),
        ({"continent": "AN"}, {"AQ"}),
    ],
)
def test_countries_by_fact(asked, codes):
    assert set(countries_with(**asked)) == codes


def test_without_a_fact_all_countries_fit():
    assert len(countries_with()) == 250


def test_countries_in_two_continents_belong_to_both():
    for code in ("RU", "TR", "KZ", "GE", "EG"):
        assert len(country_facts(code).continents) > 1
