"""GeoChain: readings, scores, conversation."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from geochain_tools import answered, metrics_of, opened, true_reply

from geobench_tools.benchmarks import benchmark_info, rules_of
from geobench_tools.benchmarks._geochain_marked import matthews
from geobench_tools.benchmarks._geoloc_scores import drawn_km
from geobench_tools.errors import InputError
from geobench_tools.geo import geodesic_m
from geobench_tools.models import ImagePart


@pytest.mark.parametrize(
    ("number", "text", "value"),
    [
        (1, "Yes, there is a ship.", "Yes"),
        (1, "<think>Yes?</think><answer>No</answer>", "No"),
        (1, "I see water.", None),
        (8, "Europe", "Europe"),
        (8, "I think this is in Europe.", "Europe"),
        (8, "The continent is most likely Asia, not Europe.", "Asia"),
        (8, "<think>Asia or Africa</think>South America", "South America"),
        (8, "Asia or Europe", None),
        (8, "Australia/Oceania", "Oceania"),
        (8, "America", None),
        (9, "Vehicles drive on the right-hand side of the road.", "Right"),
        (9, "That's right, they drive on the left.", "Left"),
        (9, "left", "Left"),
        (9, "left or right", None),
        (10, "It is in the USA.", "US"),
        (10, "Russian Federation", "RU"),
        (15, "Temperate climate", "Temperate"),
        (15, "It has a semi-arid climate.", "Dry"),
        (15, "The climate is not tropical but continental.", "Continental"),
        (18, "Filipino and English", ["English", "Filipino"]),
        (18, "Tagalog", ["Filipino"]),
        (18, "Probably Norwegian (Bokmål), not Swedish", ["Norwegian"]),
        (18, "unknown", None),
        (19, "The state is North Holland.", "North Holland"),
        (19, "Moscow Oblast, Russia", "Moscow Oblast"),
        (20, "Moscow", "Moscow"),
        (20, "**São Paulo**", "São Paulo"),
        (20, "This looks like Saint Petersburg, Russia.", "Saint Petersburg"),
        (20, '{"city": "Helsinki"}', "Helsinki"),
        (20, "I cannot determine the city.", None),
        (20, "Could be Helsinki or Espoo.", None),
        (20, "It looks like Munich in Germany", "Munich"),
        (19, "I'm not certain, but likely Arizona", "Arizona"),
        (19, "I'm not certain.", None),
        (19, "I think it is in the state of Victoria, Australia", "Victoria"),
        (19, "Province of Ontario", "Ontario"),
        (8, "A European city", "Europe"),
        (
            20,
            "The trams and the cathedral on the hill over there suggest that we are in Helsinki.",
            "Helsinki",
        ),
        (21, "(55.6464, 37.7250)", {"lat": 55.6464, "lon": 37.725}),
        (21, "somewhere", None),
    ],
)
def test_replies_are_read_by_the_kind_of_question(number, text, value):
    benchmark = opened()
    sample = next(s for s in benchmark.samples() if s.metadata["question"] == number)
    reading = benchmark.read(text, sample)
    assert reading.value == value
    if value is not None and reading.span:
        assert 0 <= reading.span[0] < reading.span[1] <= len(text)


def test_right_answers_score_one_and_no_answers_nothing():
    benchmark = opened()
    found = metrics_of(benchmark, answered(benchmark, true_reply))
    for name in ("pass_score", "binary13", "q5_q17", "balanced_accuracy", "mcc", "languages_f1"):
        assert found[name]["strict"]["value"] == pytest.approx(1.0), name
    assert found["median_km"]["strict"]["value"] == pytest.approx(0.0)
    assert found["pass_score"]["strict"]["n"] == 8 * 21
    nothing = metrics_of(benchmark, answered(benchmark, lambda sample: ""))
    assert nothing["pass_score"]["strict"]["value"] == 0.0
    assert nothing["acc_2500km"]["strict"]["value"] == 0.0
    assert nothing["median_km"]["strict"]["value"] is None


def test_constant_answers_reach_the_majority_line_and_no_correlation():
    benchmark = opened()
    pools = {s.metadata["question"]: s.pool for s in benchmark.samples()}
    most = {number: min(pool, key=lambda t: (-pool[t], t)) for number, pool in pools.items()}
    found = metrics_of(benchmark, answered(benchmark, most))
    assert found["binary13"]["strict"]["value"] == pytest.approx(found["binary13"]["majority"])
    assert found["mcc"]["strict"]["value"] == 0.0
    assert found["balanced_accuracy"]["strict"]["value"] == pytest.approx(
        found["balanced_accuracy"]["majority"]
    )


def test_balanced_accuracy_is_the_mean_of_recalls_and_one_class_counts_nowhere():
    benchmark = opened("geochain-binary13")
    records = answered(benchmark, lambda s: true_reply(s) if "sample-1" in s.group else "No")
    scores = json.loads(json.dumps(benchmark.score(records)))
    rows = {row[0].partition(" ")[0]: row for row in scores["breakdowns"][0]["rows"]}
    recalls = []
    for number in (1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 16, 17):
        own = [r for r in records if r.metadata["question"] == number]
        by_class = [
            np.mean([r.reading.value == r.target for r in own if r.target == label])
            for label in ("Yes", "No")
            if any(r.target == label for r in own)
        ]
        row = rows[f"Q{number:02d}"]
        if len(by_class) == 1:
            assert row[6] == row[7] == "n/a"
        else:
            recalls.append(np.mean(by_class))
            assert row[6] == pytest.approx(recalls[-1])
    assert rows["Q06"][6] == "n/a"
    found = {m["name"]: m["strict"]["value"] for m in scores["metrics"]}
    assert found["balanced_accuracy"] == pytest.approx(np.mean(recalls))


@pytest.mark.parametrize(
    ("true", "said", "value"),
    [
        ("YYNN", "YYNN", 1.0),
        ("YYNN", "NNYY", -1.0),
        ("YYNN", "YYYY", 0.0),
        ("NNNN", "YNNN", None),
        ("YYYN", "YYNN", math.sqrt(1 / 3)),
        ("ABCABC", "ABCACB", 0.5),
    ],
)
def test_matthews_correlation(true, said, value):
    found = matthews(list(true), list(said))
    assert found is None if value is None else found == pytest.approx(value)


def test_names_count_with_aliases_and_by_equality_beside_it():
    benchmark = opened()
    replies = {"Brazil": "Brasil", "Sao Paulo": "São Paulo"}
    records = answered(benchmark, lambda s: replies.get(true_reply(s), true_reply(s)))
    scores = json.loads(json.dumps(benchmark.score(records)))
    table = next(b for b in scores["breakdowns"] if b["title"].startswith("Names"))
    assert [row[2] for row in table["rows"]] == [1.0, 1.0, 1.0]
    assert [row[3] for row in table["rows"]] == [7 / 8, 7 / 8, 7 / 8]


def test_tolerance_of_question_21_is_a_setting_and_a_policy():
    near = {}
    for km in ("25", "200"):
        benchmark = opened(q21_km=km)
        records = answered(
            benchmark,
            lambda s: (
                f"{s.target['lat'] + 1}, {s.target['lon']}" if s.task.startswith("Q21") else ""
            ),
        )
        scores = benchmark.score(records)
        near[km] = metrics_of(benchmark, records)["pass_score"]["strict"]["value"]
        assert f"{km} km" in json.loads(json.dumps(scores))["policies"]["strict"]["comparison"]
    assert near == {"25": 0.0, "200": pytest.approx(1 / 21)}
    with pytest.raises(InputError, match="q21_km"):
        opened(q21_km="near")


@pytest.mark.parametrize(("km", "right"), [("111", 1.0), ("110", 0.0)])
def test_question_21_is_right_up_to_the_tolerance(km, right):
    benchmark = opened(q21_km=km)
    records = answered(
        benchmark,
        lambda s: f"{s.target['lat'] + 1}, {s.target['lon']}" if s.task.startswith("Q21") else "",
    )
    tokyo = [r for r in records if r.task.startswith("Q21") and r.target["lat"] == 35.69]
    away = geodesic_m(35.69, 139.7, 36.69, 139.7)[0] / 1000
    assert 110 < away < 111
    assert metrics_of(benchmark, tokyo)["pass_score"]["strict"]["value"] == right


def test_a_chain_is_one_conversation_and_single_questions_are_not():
    chain, single = list(opened().samples()), list(opened(conversation="single").samples())
    assert [s.sample_id for s in chain] == [s.sample_id for s in single]
    assert chain[0].follows == chain[21].follows == ""
    assert all(s.follows == before.sample_id for before, s in pairwise(chain[:21]))
    assert {s.follows for s in single} == {""}
    shown = [sum(isinstance(p, ImagePart) for p in s.messages[0].parts) for s in chain[:21]]
    assert shown == [1] + [0] * 20
    assert all(isinstance(s.messages[0].parts[0], ImagePart) for s in single)


def test_prompt_policies_differ_in_identity_and_words():
    direct, reasoning = opened(), opened(policy="reasoning")
    assert direct.identity["prompt"] == "geochain-1/chain/direct"
    assert reasoning.identity["prompt"] == "geochain-1/chain/reasoning"
    texts = [next(b.samples()).messages[0].parts[-1] for b in (direct, reasoning)]
    assert texts[0].startswith("Do you see any boats or ships?")
    assert "<answer>" in texts[1]
    assert "<answer>" not in texts[0]


def test_subsets_ask_their_questions():
    numbers = {
        name: [s.metadata["question"] for s in opened(name).samples()][: len(asked)]
        for name in ("geochain", "geochain-binary13", "geochain-q5_q17")
        if (asked := benchmark_info(name).facts["questions"])
    }
    assert numbers["geochain"] == list(range(1, 22))
    assert numbers["geochain-binary13"] == [*range(1, 8), 11, 12, 13, 14, 16, 17]
    assert numbers["geochain-q5_q17"] == list(range(5, 18))


def test_a_finished_run_is_scored_without_the_data():
    benchmark = opened(q21_km="200")
    records = answered(benchmark, true_reply)
    identity = json.loads(json.dumps({"name": benchmark.name, **benchmark.identity}))
    assert rules_of(identity).score(records) == benchmark.score(records)


@pytest.mark.parametrize(
    ("number", "chance"),
    [(1, 1 / 2), (8, 1 / 7), (9, 1 / 2), (10, 1 / 8), (15, 1 / 5), (18, 14 / 64), (20, 1 / 8)],
)
def test_chance_is_a_choice_or_another_pictures_answer(number, chance):
    benchmark = opened()
    records = [r for r in answered(benchmark, true_reply) if r.metadata["question"] == number]
    assert metrics_of(benchmark, records)["pass_score"]["chance"] == pytest.approx(chance)


def test_lines_of_languages_and_positions():
    benchmark = opened()
    records = answered(benchmark, true_reply)
    english = {"Nairobi": 2 / 3, "Melbourne": 1, "Phoenix": 2 / 3}
    found = metrics_of(benchmark, records)["languages_f1"]
    assert found["majority"] == pytest.approx(sum(english.values()) / 8)
    placed = [r for r in records if r.metadata["question"] == 21]
    found = metrics_of(benchmark, placed)
    drawn = drawn_km([r.target for r in placed])
    assert 0 < found["pass_score"]["chance"] < 0.4
    assert found["pass_score"]["chance"] == pytest.approx(np.mean(drawn <= 25))
    assert found["acc_25km"]["majority"] == found["pass_score"]["majority"] == 1 / 8
