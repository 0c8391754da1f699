"""Claims of every kind, right and wrong, and the strengths that take them back."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from geobench_tools.reasoning import CheckedTrace, CheckOptions, TraceFacts, check_trace

LYON = TraceFacts(
    lat=45.764,
    lon=4.8357,
    captured_at=datetime(2022, 7, 10, 15, 0, tzinfo=UTC),
    heading_deg=45.0,
    bearing_deg=30.0,
    candidates=tuple("ABCD"),
    answer="B",
    identifiers=("images/ground/IMG_00123.jpg",),
)
LEAD = "The photo shows a street scene. "


def verdicts(text: str, kind: str, facts: TraceFacts = LYON) -> list[str]:
    checked = check_trace(LEAD + text, facts, CheckOptions(template=False))
    return [claim.verdict for claim in checked.claims if claim.kind == kind]


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("country", "The country is France.", "The country is Poland."),
        ("admin1", "This is in Auvergne-Rhône-Alpes.", "This is in Brittany."),
        ("city", "The location is Lyon.", "The location is Krakow."),
        ("city", "We are in Villeurbanne.", "We are in Grenoble."),
        ("continent", "The setting is Western Europe.", "The setting is South Asia."),
        ("continent", "This is a European city.", "This is an African city."),
        ("hemisphere", "It is in the northern hemisphere.", "It is in the southern hemisphere."),
        ("hemisphere", "It is at middle latitudes.", "It is close to the equator."),
        ("coast", "The place is far from the sea.", "The place is on the coast."),
        ("climate", "The climate is oceanic.", "The climate is tropical."),
        ("climate", "The Köppen class is Cfb.", "The Köppen class is BWh."),
        ("climate", "The temperate vegetation fits.", "The desert landscape fits."),
        ("driving_side", "Cars drive on the right.", "Cars drive on the left."),
        ("driving_side", "Right-hand traffic is visible.", "Left-hand traffic is visible."),
        ("driving_side", "The cars are left-hand drive.", "The cars are right-hand drive."),
        ("language", "The shop signs are in French.", "The shop signs are in Polish."),
        ("script", "Latin script is seen.", "Cyrillic script is seen."),
        ("currency", "Prices are in euros.", "Prices are in yen."),
        ("phone_prefix", "Phone numbers start with +33.", "Phone numbers start with +48."),
        ("tld", "Websites end in .fr here.", "Websites end in .pl here."),
        ("timezone", "The time zone is CET.", "The time zone is JST."),
        ("timezone", "Clocks show UTC+2.", "Clocks show UTC-5."),
        ("season", "The photo was taken in summer.", "The photo was taken in winter."),
        ("season", "The photo was taken in July.", "The photo was taken in December."),
        ("sun", "The sun is in the west.", "The sun is in the northeast."),
        ("sun", "Shadows fall to the east.", "Shadows fall to the southwest."),
        ("sun", "The photo was taken in the afternoon.", "The photo was taken at dawn."),
        ("bearing", "The camera faces northeast.", "The camera faces south."),
        ("bearing", "The tile centre lies north-east of the camera.",
         "The tile centre lies south-west of the camera."),
        ("coordinates", "The coordinates are about 45.76, 4.84.",
         "The coordinates are about 45.76, -4.84."),
        ("coordinates", "It is near 45.8° N, 4.8° E.", "It is near 45.8° S, 4.8° E."),
        ("coordinates", "The latitude is 45.7° N.", "The latitude is 52.1° N."),
        ("candidate", "The best match is tile B.", "The best match is tile C."),
    ],
)  # fmt: skip
def test_a_claim_of_each_kind(kind: str, right: str, wrong: str) -> None:
    assert verdicts(right, kind) == ["supported"]
    assert verdicts(wrong, kind) == ["contradicted"]


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("The location is Krakow.", "asserted"),
        ("This could be Krakow, but the river fits Lyon.", "hedged"),
        ("At first I thought of Krakow.", "hedged"),
        ("If this were Krakow, there would be trams.", "hedged"),
        ("Is this Krakow?", "hedged"),
        ("It might be Krakow or Warsaw.", "hedged"),
        ("This is not Krakow.", "negated"),
        ("The trams rule out Krakow.", "negated"),
        ("This isn't Krakow.", "negated"),
        ("Krakow can be ruled out.", "negated"),
        ("Unlike Krakow, the hills are steep here.", "contrast"),
        ("In Krakow, trams are blue.", "contrast"),
        ("Krakow lies on the Vistula.", "contrast"),
        ("The town lies 900 km from Krakow.", "contrast"),
        ("A sign reads 'Krakow'.", "contrast"),
        ("The facades are typical of Krakow.", "hedged"),
        ("Therefore the location is most likely Krakow.", "asserted"),
        ("Krakow is the best match for the photo.", "asserted"),
        ("There is no doubt that this is Krakow.", "asserted"),
    ],
)
def test_only_assertions_are_contradicted(text: str, strength: str) -> None:
    checked = check_trace(LEAD + text, LYON)
    claim = next(c for c in checked.claims if c.text == "Krakow")
    assert claim.strength == strength
    assert (claim.verdict == "contradicted") == (strength == "asserted")
    assert bool(checked.contradictions) == (strength == "asserted")


def test_a_denial_of_what_is_false_is_supported() -> None:
    assert verdicts("This is not Japan.", "country") == ["supported"]
    assert verdicts("This is not France.", "country") == ["unverifiable"]


def test_any_homonym_within_the_radius_supports_a_city() -> None:
    vienna_va = TraceFacts(lat=38.90, lon=-77.26)
    assert verdicts("The location is Vienna.", "city", vienna_va) == ["supported"]
    assert verdicts("The location is Vienna, Austria.", "city", vienna_va) == ["contradicted"]
    assert verdicts("The location is Vienna, Virginia.", "city", vienna_va) == ["supported"]


def test_the_radius_is_the_users() -> None:
    text = LEAD + "The location is Roanne."
    for metres, verdict in ((25_000.0, "contradicted"), (90_000.0, "supported")):
        checked = check_trace(text, LYON, CheckOptions(city_radius_m=metres, template=False))
        assert [claim.verdict for claim in checked.claims] == [verdict]


def test_nothing_is_contradicted_where_nothing_is_known() -> None:
    text = (
        LEAD
        + "The location is Krakow, Poland, in Europe. Cars drive on the left, the signs are in "
        "Thai, the climate is tropical, prices are in yen, the sun is in the north, at 10.5, 20.5."
    )
    checked = check_trace(text, TraceFacts())
    assert checked.claims
    assert {claim.verdict for claim in checked.claims} == {"unverifiable"}


def test_names_given_by_the_data_support() -> None:
    facts = TraceFacts(places=("Sainte-Marie, FR",))
    assert verdicts("The location is Sainte-Marie.", "city", facts) == ["supported"]


@pytest.mark.parametrize(
    "text",
    [
        "Nice weather makes reading a mobile screen hard, and most people split the orange.",
        "Michael Jordan and George Washington met Paris Hilton at the Lincoln Memorial.",
        "Permission is hereby granted, free of charge, to any person obtaining a copy.",
        "Returns the Reading of Mobile Devices in the Split View.",
        "The Ferris wheel, the Christmas wreath and the Bermuda grass are green.",
    ],
)
def test_words_that_look_like_places(text: str) -> None:
    assert check_trace(text, LYON, CheckOptions(template=False)).claims == ()


def test_places_abroad_keep_their_customs() -> None:
    text = "In Japan, cars drive on the left. Unlike in the UK, traffic here drives on the right."
    assert verdicts(text, "driving_side") == ["unverifiable", "supported"]


def test_fields_of_a_json_reply_are_claims() -> None:
    reply = (
        '{"reasoning": {"signs": "none"}, "address": {"street": "Paris Street", '
        '"city": "Cracow", "country": "Poland"}, "latitude": "50.06", "longitude": "19.94"}'
    )
    checked = check_trace(reply, LYON, CheckOptions(template=False))
    assert [(c.kind, c.verdict) for c in checked.claims] == [
        ("city", "contradicted"),
        ("country", "contradicted"),
        ("coordinates", "contradicted"),
    ]
    assert checked.leaks == ()


def test_spans_are_those_of_the_original_text() -> None:
    text = (
        "“The location is São Paulo”, said the ﬁrst … ‘photo’ of the street.  The country is Japan."
    )
    for claim in check_trace(text, LYON).claims:
        assert text[slice(*claim.span)] == claim.text


def test_a_result_survives_json() -> None:
    checked = check_trace(LEAD + "The city is Krakow at 50.0614, 19.9366.", LYON)
    assert CheckedTrace.from_json(json.loads(json.dumps(checked.to_json()))) == checked
    assert checked.claims[-1].value == (50.0614, 19.9366)


def test_a_border_is_not_sharp() -> None:
    basel = TraceFacts(lat=47.5596, lon=7.5886)
    assert verdicts("The country is Germany.", "country", basel) == ["supported"]
    assert verdicts("The country is Italy.", "country", basel) == ["contradicted"]


SCENE = {
    "climate": "temperate",
    "driving_side": "left",
    "roundabouts": 2,
    "landmarks": [{"kind": "church"}, {"kind": "dome"}],
    "areas": [{"kind": "pond"}],
    "street": {"width_m": 9.0, "azimuths_deg": [20.0, 200.0]},
    "visible": [
        {"kind": "church", "azimuth_deg": 50.0, "distance_m": 120.0},
        {"kind": "trees", "from_deg": 300.0, "to_deg": 20.0, "distance_m": 8.0},
    ],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A church stands to the north-east.", ["supported"]),
        ("A church stands to the south-west.", ["contradicted"]),
        ("A church rises about 130 m away.", ["supported"]),
        ("A church rises about 400 m away.", ["contradicted"]),
        ("A pagoda is visible.", ["contradicted"]),
        ("A dome is visible.", ["unverifiable"]),
        ("The street runs north–south.", ["supported"]),
        ("The street runs east–west.", ["contradicted"]),
        ("The street is 9 m wide.", ["supported"]),
        ("There are two roundabouts.", ["supported"]),
        ("There are five roundabouts.", ["contradicted"]),
        ("Tile C shows a pagoda.", []),
    ],
)
def test_claims_about_a_rendered_scene(text: str, expected: list[str]) -> None:
    assert verdicts(text, "scene", replace(LYON, scene=SCENE)) == expected


def test_the_scene_decides_its_side_of_the_road() -> None:
    facts = replace(LYON, scene=SCENE)
    assert verdicts("Cars drive on the left.", "driving_side", facts) == ["supported"]
