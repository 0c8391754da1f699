"""Countries by name, alias, code and flag; mentions in prose; the documented policy."""

import pytest

from geobench_tools.places import country_code, country_codes, country_name, find_countries

NAMES = {
    "FR": ["France", "FRANCE", "france", " France. ", "FR", "FRA", "République française", "🇫🇷",
           "フランス"],
    "US": ["USA", "U.S.A.", "the States", "America", "United States of America", "EE.UU.", "США",
           "美国"],
    "GB": ["UK", "uk", "Great Britain", "England", "Scotland", "Wales", "Northern Ireland", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"],
    "NL": ["Holland", "The Netherlands", "Nederland", "Pays-Bas"],
    "CI": ["Ivory Coast", "Côte d'Ivoire", "Côte d’Ivoire", "COTE D IVOIRE"],
    "MM": ["Burma", "Myanmar", "Myanmar (Burma)"],
    "CZ": ["Czechia", "Czech Republic", "Česko"],
    "MK": ["Macedonia", "North Macedonia", "FYROM"],
    "SZ": ["Swaziland", "Eswatini"],
    "CD": ["DR Congo", "Congo-Kinshasa", "Zaire", "Congo, Democratic Republic of the"],
    "CG": ["Republic of the Congo", "Congo-Brazzaville", "Congo (Brazzaville)"],
    "KR": ["Korea", "South Korea", "Korea, Republic of", "대한민국", "韓国"],
    "KP": ["North Korea", "Korea, North", "DPRK"],
    "GE": ["Georgia", "Republic of Georgia", "საქართველო"],
    "GN": ["Guinea"],
    "IE": ["Ireland", "Éire", "Republic of Ireland"],
    "HK": ["Hong Kong", "Hong Kong SAR", "香港"],
    "PS": ["Palestine", "West Bank", "State of Palestine"],
    "XK": ["Kosovo"],
    "IR": ["Iran (Islamic Republic of)", "Islamic Republic of Iran", "Persia"],
    "TZ": ["Tanzania, United Republic of", "United Republic of Tanzania"],
    "BS": ["The Bahamas", "Bahamas, The"],
    "VN": ["Viet Nam", "Vietnam", "Việt Nam"],
    "AT": ["Áo", "Österreich"],
    "JO": ["Hashemite Kingdom of Jordan", "Kingdom of Jordan"],
}  # fmt: skip
NOT_COUNTRIES = [
    "", "in", "us", "car", "Texas", "New Mexico", "State of Georgia", "Europe", "North America",
    "Yugoslavia", "Soviet Union", "Salvador", "Granada", "Lyon", "ZZ", "EU", "x" * 500, "🇫", "the",
]  # fmt: skip


@pytest.mark.parametrize(("code", "names"), NAMES.items())
def test_names_of_a_country(code, names):
    assert {name: country_code(name) for name in names} == dict.fromkeys(names, code)


@pytest.mark.parametrize("name", NOT_COUNTRIES)
def test_what_is_no_country(name):
    assert country_codes(name) == ()


@pytest.mark.parametrize(
    ("name", "codes"),
    [("Congo", ("CD", "CG")), ("Virgin Islands", ("VG", "VI")), ("St. Martin", ("MF", "SX"))],
)
def test_a_shared_name_stands_for_no_single_country(name, codes):
    assert country_codes(name) == codes
    assert country_code(name) is None


def test_every_code_is_found_by_its_english_name_and_by_itself():
    from geobench_tools.places._countries import _tables

    tables = _tables()
    assert len(tables.english) == 250
    for code, name in tables.english.items():
        assert country_code(code) == code
        assert country_name(code) == name
        assert code in country_codes(name)
    assert {three: country_code(three) for three in tables.alpha3} == tables.alpha3
    assert len(tables.alpha3) == 250


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I think it is France.", [("FR", "France")]),
        ("the US and Canada", [("US", "US"), ("CA", "Canada")]),
        ("contact us in Turkey", [("TR", "Turkey")]),
        ("Albuquerque, New Mexico, USA", [("US", "USA")]),
        ("Papua New Guinea and Niger", [("PG", "Papua New Guinea"), ("NE", "Niger")]),
        ("Korea, North", [("KP", "Korea, North")]),
        ("Easter Island belongs to Chile", [("CL", "Chile")]),
        ("这是在日本东京", [("JP", "日本")]),
        ("대한민국은 아시아에 있다", [("KR", "대한민국")]),
        ("صورة من فرنسا", [("FR", "فرنسا")]),
        ("Plate from 🇩🇪 here", [("DE", "🇩🇪")]),
        ("a turkey, a chad and a jersey", []),
        ("Niger and Nigeria", [("NE", "Niger"), ("NG", "Nigeria")]),
    ],
)  # fmt: skip
def test_mentions_in_prose(text, found):
    mentions = find_countries(text)
    assert [(m.codes[0], text[m.start : m.end]) for m in mentions] == found


def test_imageo_country_names_are_all_known(shared_data):
    import csv

    names = set()
    for file in ("dataset1_info.csv", "dataset3_info.csv"):
        with (shared_data / "imageo" / file).open(encoding="utf-8") as stream:
            names |= {row["country"] for row in csv.DictReader(stream) if row["country"]}
    assert len(names) > 100
    assert {name for name in names if country_code(name) is None} == set()
