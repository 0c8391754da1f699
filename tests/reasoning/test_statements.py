"""What a sentence is about: the image, or another place; and the forms that claims take."""

from datetime import UTC, datetime

import pytest

from geobench_tools.reasoning import CheckOptions, TraceFacts, check_trace

LYON = TraceFacts(lat=45.764, lon=4.8357, captured_at=datetime(2022, 7, 10, 12, 0, tzinfo=UTC))
LEAD = "The photo shows a street scene. "


def contradicted(text: str, facts: TraceFacts = LYON, lead: str = LEAD) -> list[str]:
    checked = check_trace(lead + text, facts, CheckOptions(template=False))
    return [f"{claim.kind} {claim.text}" for claim in checked.contradictions]


@pytest.mark.parametrize(
    "text",
    [
        "Krakow has wider squares and Lublin fewer trams.",
        "Krakow, Warsaw and Prague share the type.",
        "Krakow (too flat) and Warsaw (too new) do not fit.",
        "Northern Poland (Gdansk, Sopot) gets more snow.",
        "Krakow in Poland has a near-identical setting, yet the shutters are French.",
        "Poland's Krakow and Austria's Graz have such squares too.",
        "Japan, to the east, drives on the left.",
        "Japan also drives on the left, Kenya too.",
        "It could be Japan but they drive on the left there.",
        "Not Japan: vending machines everywhere there, and left-hand traffic.",
        "Japan would have tiled roofs and traffic on the left.",
        "Candidates considered: Poland (milder), Austria (hillier), Japan.",
        "*Not:* Krakow (too small), Warsaw (too new), Prague.",
        "\n* Krakow – flat, no river of this width.\n* Prague – trams are red.\n",
        "This is Krakow — no, scratch that: the river is too wide.",
        "The signs say Lyon; the script is Cyrillic... no, wait, Latin.",
        "There's also Lyons in Switzerland.",
        "I think this is Krakow. So the city is Lyon.",
        "Krakow was my first instinct.",
        "The roofs of Krakow pines are green.",
        "The cars are imports from Japan, and many are right-hand drive.",
        "Thai script is similar, but Thai signs usually have English below.",
        "It is the island of Java that grows them.",
        "Excluded: Lublin (no hills, no river, no wide streets or squares), Krakow, Warsaw.",
        "Excluded: the towns of the plain with their long and flat streets, Krakow.",
        "Many cars are right-hand drive, though.",
        "A boat lies on the shore of the lake.",
    ],
)
def test_a_sentence_about_another_place_is_no_claim(text: str) -> None:
    assert contradicted(text) == []


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("I think this is Krakow.", "city Krakow"),
        ("It is likely that the photo was taken in Krakow.", "city Krakow"),
        ("My best guess would be the city of Krakow.", "city Krakow"),
        ("I'd go with Krakow.", "city Krakow"),
        ("Krakow it is!", "city Krakow"),
        ("Krakow fits everything seen.", "city Krakow"),
        ("\n- Krakow – trams and a cloth hall ✔\n", "city Krakow"),
        ("The lake is calm, yet it is a seaside city.", "coast seaside city"),
        ("Clocks are on JST.", "timezone on JST"),
        ("Poland is the country.", "country Poland"),
        ("So the city is Lyon, in the Czech Republic.", "country Czech Republic"),
        ("This is Lyon, the capital of Poland.", "country Poland"),
        ("France drives on the left.", "driving_side drives on the left"),
        ("So cars on the left.", "driving_side cars on the left"),
        ("Traffic: left.", "driving_side Traffic: left"),
        ("People there use kroner.", "currency kroner"),
        ("The country pays with the Danish krone.", "currency Danish krone"),
        ("Francs? No: pesetas are the currency.", "currency pesetas"),
        ("People speak Portuguese.", "language Portuguese"),
        ("Official language: Spanish.", "language Spanish"),
        ("The text appears to be in the Greek alphabet.", "script Greek alphabet"),
        ("Ge'ez script is visible.", "script Ge'ez script"),
        ("Signs: Japanese kana everywhere.", "script Japanese kana"),
        ("The region is a cold desert.", "climate region is a cold desert"),
        ("Climate: tropical.", "climate Climate: tropical"),
        ("It's winter down here in July.", "season winter"),
        ("S hemisphere.", "hemisphere S hemisphere"),
        ("It lies below the equator.", "hemisphere below the equator"),
        ("The longitude is 4.8° W.", "coordinates 4.8° W"),
        ("The local time is JST.", "timezone local time is JST"),
        ("A seaside city.", "coast seaside city"),
        ("The ocean is within walking distance.", "coast ocean is within walking distance"),
        ("The city is a few kilometres from the sea.", "coast a few kilometres from the sea"),
    ],
)
def test_forms_of_claims(text: str, claim: str) -> None:
    assert contradicted(text) == [claim]


@pytest.mark.parametrize(
    ("lat", "lon", "sea", "verdict"),
    [
        (38.42, 27.14, "Aegean", "supported"),
        (38.42, 27.14, "Black Sea", "contradicted"),
        (14.72, -17.47, "Atlantic", "supported"),
        (14.72, -17.47, "Indian Ocean", "contradicted"),
        (44.65, -63.58, "Pacific", "contradicted"),
        (-33.05, -71.61, "Pacific", "supported"),
        (-33.05, -71.61, "Caribbean", "contradicted"),
        (45.764, 4.8357, "Mediterranean", "contradicted"),
    ],
)
def test_seas_are_told_apart(lat: float, lon: float, sea: str, verdict: str) -> None:
    text = f"{LEAD}The town is on the {sea} coast."
    claims = check_trace(text, TraceFacts(lat=lat, lon=lon), CheckOptions(template=False)).claims
    assert [claim.verdict for claim in claims if claim.kind == "coast"] == [verdict]


@pytest.mark.parametrize(
    ("year", "money", "verdict"),
    [
        (2019, "kuna", "supported"),
        (2019, "euros", "contradicted"),
        (2024, "kuna", "contradicted"),
        (2024, "euros", "supported"),
        (None, "kuna", "unverifiable"),
    ],
)
def test_money_before_the_euro_depends_on_the_year(
    year: int | None, money: str, verdict: str
) -> None:
    at = None if year is None else datetime(year, 6, 1, tzinfo=UTC)
    facts = TraceFacts(lat=45.815, lon=15.982, captured_at=at)
    checked = check_trace(f"{LEAD}Prices are in {money}.", facts, CheckOptions(template=False))
    assert [claim.verdict for claim in checked.claims] == [verdict]


def test_several_places_in_few_words_need_no_other_sign() -> None:
    text = "Bolivia lacks a coast. Hence Chile."
    assert contradicted(text, lead="") == ["country Chile"]
    assert contradicted(text + " word" * 300, lead="") == []


def test_a_phone_with_a_map_is_no_metadata() -> None:
    for text, leaks in (("A tourist holds a phone with a GPS map in Lyon.", 0),
                        ("This is Lyon, according to the GPS.", 1)):  # fmt: skip
        assert len(check_trace(LEAD + text, LYON).leaks) == leaks


@pytest.mark.parametrize(
    ("lat", "lon", "text", "verdicts"),
    [
        (11.556, 104.928, "Prices are in US dollars.", ["unverifiable"]),
        (-34.901, -56.165, "The web domain is .py.", ["contradicted"]),
        (-34.901, -56.165, "The camera was driven by a script, site.py.", []),
        (-3.119, -60.022, "The official language is Spanish.", ["contradicted"]),
        (-3.119, -60.022, "The signs are in Spanish.", ["supported"]),
        (-34.604, -58.382, "The longitude is 58.4.", ["supported"]),
        (45.764, 4.8357, "We are in Central Europe.", ["unverifiable"]),
        (45.85, -84.62, "It is a coastal town.", ["unverifiable"]),
        (45.85, -84.62, "It is a seaside town.", ["contradicted"]),
        (38.424, 27.143, "We are in South America.", ["contradicted"]),
    ],
)
def test_what_a_country_decides(lat: float, lon: float, text: str, verdicts: list[str]) -> None:
    checked = check_trace(LEAD + text, TraceFacts(lat=lat, lon=lon), CheckOptions(template=False))
    assert [claim.verdict for claim in checked.claims] == verdicts


def test_a_polar_night_is_no_night() -> None:
    noon = TraceFacts(lat=69.65, lon=18.96, captured_at=datetime(2022, 12, 15, 11, 0, tzinfo=UTC))
    assert contradicted("The light is that of polar night.", noon) == []
    assert contradicted("The light is that of night.", noon) == ["sun night"]
