"""What a sentence is about: the image, or another place; and the forms that claims take."""

from collections.abc import Callable
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
        "Runner-up: Krakow.",
        "Lyon (70 %), Krakow (20 %)",
        "| Krakow | flat | no |",
        "Warsaw: no.",
        "Italy ✗ (different plates)",
        "Krakow it is not.",
        "A tourist from Japan takes a picture.",
        "The bus goes to Grenoble.",
        "Nothing in Cyrillic.",
        "The regional capital is Grenoble.",
        "The capital, Paris, is 390 km to the north-northwest.",
        "In the east lie Switzerland and Italy.",
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
        ("This is Lyon, the capital of Poland.", "country capital of Poland"),
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
        ("So Krakow.", "city Krakow"),
        ("→ Krakow.", "city Krakow"),
        ("That leaves Krakow, leaving no doubt.", "city Krakow"),
        ("The location is New Zealand.", "country New Zealand"),
        ("The wording is Portuguese.", "language Portuguese"),
        ("Driving side = left.", "driving_side Driving side = left"),
        ("Prices in PLN.", "currency PLN"),
        ("The domain is pl.", "tld domain is pl"),
        (
            "The dialling code of the country is 48.",
            "phone_prefix dialling code of the country is 48",
        ),
        ("Hemisphere: southern.", "hemisphere Hemisphere: south"),
        ("It lies west of the meridian.", "hemisphere west of the meridian"),
        ("July is winter here.", "season July is winter"),
        ("It lies in the Pacific.", "coast in the Pacific"),
        ("The weather is tropical.", "climate weather is tropical"),
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


@pytest.mark.parametrize(
    ("text", "claim", "verdict"),
    [
        ("The country borders Spain.", "Spain", "supported"),
        ("The country borders Poland.", "Poland", "contradicted"),
        ("It borders Spain, Italy and Portugal.", "Portugal", "contradicted"),
        ("A neighbouring country is Mongolia.", "Mongolia", "unverifiable"),
        ("Its neighbour is Mongolia.", "Mongolia", "contradicted"),
        ("Its neighbour is Algeria.", "Algeria", "unverifiable"),
        ("Close to the border with Austria.", "Austria", "contradicted"),
        ("Germany borders Poland.", "Poland", "supported"),
        ("The country does not border Poland.", "Poland", "supported"),
        ("Leeds is a city in Scotland.", "Scotland", "contradicted"),
        ("Leeds is a city in England.", "England", "unverifiable"),
        ("Lyon lies in Spain.", "Spain", "contradicted"),
        ("Lyon, Spain.", "Spain", "contradicted"),
        ("Lyon is the capital of France.", "capital of France", "contradicted"),
        ("Paris is the capital of France.", "capital of France", "supported"),
        ("It lies in northern France.", "northern France", "contradicted"),
        ("It lies in the south-east of France.", "the south-east of France", "supported"),
        ("Marseille lies in northern France.", "northern France", "contradicted"),
        ("Paris lies about 390 km to the north-northwest.",
         "Paris lies about 390 km to the north-northwest", "supported"),
        ("Paris is about 100 km away.", "Paris is about 100 km away", "contradicted"),
        ("Geneva is to the west.", "Geneva is to the west", "contradicted"),
        ("To the west is Italy.", "To the west is Italy", "contradicted"),
        ("To the east is Italy.", "To the east is Italy", "supported"),
        ("The city lies about 280 km north of Marseille.",
         "280 km north of Marseille", "supported"),
        ("The city lies south of Marseille.", "south of Marseille", "contradicted"),
        ("A tower stands south of Geneva.", "Geneva", "unverifiable"),
    ],
)  # fmt: skip
def test_how_places_lie_to_each_other(text: str, claim: str, verdict: str) -> None:
    claims = check_trace(LEAD + text, LYON, CheckOptions(template=False)).claims
    assert [one.verdict for one in claims if one.text == claim] == [verdict]


@pytest.mark.parametrize(("text", "verdict"), [("Indiana", "supported"), ("Ohio", "contradicted")])
def test_divisions_have_neighbours_too(text: str, verdict: str) -> None:
    springfield = TraceFacts(lat=39.78, lon=-89.65)
    checked = check_trace(f"{LEAD}The state borders {text}.", springfield)
    assert [claim.verdict for claim in checked.claims] == [verdict]


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_text_without_capitals_or_with_nothing_else(case: Callable[[str], str]) -> None:
    text = "Signs in Polish, so I say Krakow in Poland; cars keep left and one pays in zlotys."
    checked = check_trace(case(f"A street with trams and shops. {text}"), LYON)
    found = {(claim.kind, claim.text.lower()) for claim in checked.contradictions}
    assert {("language", "polish"), ("city", "krakow"), ("country", "poland")} <= found
    assert {kind for kind, _ in found} >= {"driving_side", "currency"}


def test_common_words_stay_words_in_text_without_capitals() -> None:
    text = "people are reading in a nice mobile home, the split in the orange bath is of cork."
    assert contradicted(text, lead="this is a photo of a street scene. ") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("One can make out Italy beyond the ridge.", []),
        ("From the hill one looks over to Africa.", []),
        ("Neighbour in the east: Italy.", []),
        ("Florence has narrower lanes.", []),
        ("It resembles the lanes that Florence is known for.", []),
        ("So it is Florence.", ["city Florence"]),
        ("We are in Florence.", ["city Florence"]),
        ("Country: Italy.", ["country Italy"]),
        ("Italy.", ["country Italy"]),
        ("Italy is the country.", ["country Italy"]),
        ("The region of Tuscany is known for it.", ["admin1 Tuscany"]),
        ("The country lies in Africa.", ["continent Africa"]),
        ("Palms of Africa line the road.", []),
        ("Surely it is Florence.", ["city Florence"]),
        ("At Florence the trams have other doors.", []),
        ("Lyon on the Tuscany plains.", ["admin1 Tuscany"]),
        ("I pick Florence.", ["city Florence"]),
    ],
)
def test_a_name_in_a_text_that_has_settled_on_another(text: str, said: list[str]) -> None:
    assert contradicted(f"This is Lyon. {text}") == said


def test_a_text_can_settle_on_a_wrong_place() -> None:
    assert contradicted("This is Florence. Trams pass the arcades of Poland.") == ["city Florence"]


def test_a_name_in_a_text_that_has_settled_on_nothing_is_a_claim() -> None:
    assert contradicted("Trams pass the arcades of Florence.") == ["city Florence"]
    assert contradicted("This is Lyon. Trams pass the arcades of Florence.") == []


@pytest.mark.parametrize("zone", ["UTC+6", "UTC+8"])
def test_xinjiang_has_two_times(zone: str) -> None:
    urumqi = TraceFacts(lat=43.825, lon=87.6)
    assert contradicted(f"Local time is {zone}.", urumqi) == []
    assert contradicted("Local time is UTC+7.", urumqi) == ["timezone UTC+7"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Spain borders the country on the west, Italy on the east.", []),
        ("To the west, Italy.", ["country To the west, Italy"]),
        ("It lies on the Baltic coast... no, let me correct that: far inland.", []),
        ("It lies on the Baltic coast.", ["coast on the Baltic"]),
        ("Marseille is down on the coastal plain, south of here.", []),
        ("The town opens onto the Bay of Biscay.", ["coast onto the Bay of Biscay"]),
    ],
)
def test_sides_corrections_and_seas(text: str, said: list[str]) -> None:
    assert contradicted(text) == said
