"""What names stand for: aliases, languages, codes, kinds, context, ambiguity."""

import pytest

from geobench_tools.errors import InputError
from geobench_tools.places import cities_within, resolve

FIRST = {
    ("Munich", "city", "DE"): ["München", "Munich", "MUNCHEN", "Мюнхен", "ミュンヘン"],
    ("Mumbai", "city", "IN"): ["Bombay", "मुंबई", "Mumbai"],
    ("New York City", "city", "US"): ["NYC", "N.Y.C.", "Big Apple", "New York City"],
    ("Ho Chi Minh City", "city", "VN"): ["Saigon", "HCMC", "Hồ Chí Minh"],
    ("Saint Petersburg", "city", "RU"): ["Leningrad", "Petrograd"],
    ("The Hague", "city", "NL"): ["Den Haag", "'s-Gravenhage", "La Haye"],
    ("Köln", "city", "DE"): ["Cologne", "Koln", "Colonia, Germany"],
    ("Bavaria", "admin1", "DE"): ["Bayern", "Freistaat Bayern, Germany", "Bavaria", "DE-BY"],
    ("New South Wales", "admin1", "AU"): ["NSW", "New South Wales", "State of New South Wales"],
    ("California", "admin1", "US"): ["US-CA", "Californie", "加利福尼亚州"],
    ("Guangdong", "admin1", "CN"): ["Guangdong Province", "广东省"],
    ("Kent", "admin1", "GB"): ["Kent", "County Kent", "Kent, England", "GB-KEN"],
    ("Bouches-du-Rhône", "admin1", "FR"): ["Bouches-du-Rhône", "BOUCHES DU RHONE"],
    ("Alsace", "admin1", "FR"): ["Elsass", "Alsace, France"],
    ("Netherlands", "country", "NL"): ["Holland", "NLD", "Pays-Bas"],
    ("Paris", "city", "US"): ["Paris, Texas", "Paris, TX", "Paris, TX, USA"],
    ("London", "city", "CA"): ["London, Ontario", "London, ON, Canada"],
    ("Springfield", "city", "US"): ["Springfield, Illinois"],
    ("San Francisco", "city", "US"): ["SF", "San Francisco, California, United States"],
}  # fmt: skip


@pytest.mark.parametrize(("place", "names"), FIRST.items())
def test_first_candidate(place, names):
    name, kind, country = place
    for asked in names:
        found = [c for c in resolve(asked, kind=kind) if c.country == country]
        assert found, asked
        assert found[0].name == name, asked


def test_ambiguity_is_returned():
    springfields = resolve("Springfield", kind="city")
    assert len(springfields) > 20
    populations = [place.population for place in springfields]
    assert populations == sorted(populations, reverse=True)
    assert {place.kind for place in resolve("Georgia")} >= {"admin1", "country"}
    assert {place.country for place in resolve("Congo", kind="country")} == {"CD", "CG"}


def test_narrowing():
    assert {place.country for place in resolve("Paris", country="US")} == {"US"}
    assert {place.kind for place in resolve("New York", kind="admin1")} == {"admin1"}
    assert resolve("Paris, Japan") == ()


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("Chelsea, London", ("Chelsea", "GB")),
        ("Paris (Texas)", ("Paris", "US")),
        ("Tbilisi, Georgia", ("Tbilisi", "GE")),
        ("Atlanta, Georgia", ("Atlanta", "US")),
        ("Cambridge, MA", ("Cambridge", "US")),
        ("Cambridge, UK", ("Cambridge", "GB")),
        ("Perth, WA", ("Perth", "AU")),
        ("Kyoto, Kyoto Prefecture", ("Kyoto", "JP")),
    ],
)
def test_context_after_a_comma_or_in_brackets(name, where):
    found = resolve(name, kind="city")
    assert (found[0].name, found[0].country) == where
    assert {place.country for place in found} == {where[1]}


def test_a_part_after_the_comma_that_is_no_place_narrows_nothing():
    assert resolve("Paris, city of light") == resolve("Paris")


@pytest.mark.parametrize(
    "name",
    ["", " ", ",", "the", "And", "asdfghjkl", "12345", "nyc nyc", "x" * 10_000, "\x00", "🙂"],
)
def test_what_is_no_place(name):
    assert resolve(name) == ()


def test_how_a_name_was_matched():
    match = {place.country: place.match for place in resolve("Cologne", kind="city")}
    assert (match["DE"], match["IT"]) == ("alias", "name")
    assert resolve("NYC")[0].match == "code"
    assert "New York City" not in {place.name for place in resolve("nyc")}
    assert resolve("FR")[0].match == "code"
    assert [place.match for place in resolve("Francia", kind="country")] == ["alias"]


def test_words_for_the_kind_choose_the_kind():
    assert {place.kind for place in resolve("São Paulo State")} == {"admin1"}
    assert {place.kind for place in resolve("Greater Vancouver")} == {"city"}
    assert resolve("the Greater Toronto Area") == resolve("Toronto", kind="city")
    assert resolve("Cook County") == ()


def test_a_part_of_a_division_names_the_whole():
    (kent,) = resolve("Kent", country="GB")
    assert (kent.kind, kent.admin1, kent.admin1_code) == ("admin1", "England", "GB.ENG")
    assert resolve("Firenze", kind="admin1") == (), "a city of that name is meant"


def test_a_country_lies_at_its_capital():
    france = resolve("France", kind="country")[0]
    assert (france.lat, france.lon) == pytest.approx((48.85, 2.35), abs=0.05)


def test_cities_within_a_radius_nearest_first():
    near = cities_within(46.948, 7.447, 3_000)
    assert near[0].name == "Bern"
    assert {"Bern", "Köniz"} <= {place.name for place in cities_within(46.948, 7.447, 6_000)}
    assert cities_within(0.0, -30.0, 100_000) == ()
    assert "Taveuni" not in {place.name for place in cities_within(-16.8, 179.99, 1_000)}
    across = {place.country for place in cities_within(45.97, 8.97, 10_000)}
    assert across >= {"IT", "CH"}


@pytest.mark.parametrize("radius", [-1, 2e6, float("nan")])
def test_radius_out_of_range(radius):
    with pytest.raises(InputError, match="radius"):
        cities_within(0, 0, radius)
