"""GeoChain: truth, readings, scores, conversation."""

import csv
import hashlib
import json
import math
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from threading import Thread

import numpy as np
import pytest
from datasets import Dataset
from datasets import Image as ImageFeature
from PIL import Image

from geobench_tools.benchmarks import BenchmarkOptions, benchmark_info, open_benchmark, rules_of
from geobench_tools.benchmarks import _geochain_data as data_module
from geobench_tools.benchmarks._geochain_marked import matthews
from geobench_tools.benchmarks._geochain_truth import CITIES, CITY_COLUMNS, Picture, answers_of
from geobench_tools.errors import InputError
from geobench_tools.evaluation import ReadingRecord, SampleRecord
from geobench_tools.models import ImagePart

ABOUT = {
    "paris": dict.fromkeys(CITY_COLUMNS, "No") | {"Climate Type": "Dry", "Languages": "French"}
}


def opened(name="geochain", data="", **settings):
    return open_benchmark(name, BenchmarkOptions(data=str(data), settings=settings))


def answered(benchmark, replies):
    """Records of replies by question number, or of a function of the sample."""
    records = []
    for index, sample in enumerate(benchmark.samples()):
        text = replies(sample) if callable(replies) else replies[sample.metadata["question"]]
        reading = benchmark.read(text, sample)
        value = list(reading.value) if isinstance(reading.value, tuple) else reading.value
        kept = ReadingRecord(value, reading.status, reading.span)
        records.append(
            SampleRecord(
                "",
                sample.benchmark,
                sample.sample_id,
                index,
                0,
                "ok" if value is not None else "parse_error",
                sample.target,
                sample.task,
                sample.group,
                sample.metadata,
                text=text,
                reading=kept,
            )
        )
    return records


def true_reply(sample):
    target = sample.target
    return f"({target['lat']}, {target['lon']})" if isinstance(target, dict) else target


def metrics_of(benchmark, records):
    return {m["name"]: m for m in json.loads(json.dumps(benchmark.score(records)))["metrics"]}


def test_generator_matches_the_official_answers(shared_data):
    folder = shared_data / "geochain"
    benchmark = opened(data=folder)
    with (folder / "expected_answers.csv").open(newline="") as stream:
        expected = {row["key"]: row for row in csv.DictReader(stream)}
    records = benchmark._data.records
    assert len(records) == 2100
    for record in records:
        if row := expected.pop(record.picture.key, None):
            assert list(record.answers) == [row[f"answer_{i}"] for i in range(21)]
    assert not expected
    counts = [Counter(record.answers[i] for record in records) for i in range(21)]
    with (folder / "label_distribution.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            assert counts[int(row["question"]) - 1][row["answer"]] == int(row["rows"])


def test_majority_lines_are_those_of_the_label_distribution(shared_data):
    benchmark = opened(data=shared_data / "geochain")
    found = metrics_of(benchmark, answered(benchmark, lambda sample: "No"))
    assert found["binary13"]["majority"] == pytest.approx(0.921, abs=0.0005)
    assert found["q5_q17"]["majority"] == pytest.approx(0.806, abs=0.0005)


@pytest.mark.parametrize(
    ("lat", "lon", "classes", "expected"),
    [
        (48.86, 2.34, {"boat": 0.1, "minibike, motorbike": 0.01}, {1: "Yes", 2: "Yes", 3: "No"}),
        (48.86, 2.34, {"motorbike": 0.1, "flag": 1e-9}, {2: "No", 4: "Yes"}),
        (48.86, 2.34, {}, {5: "No", 6: "No", 7: "Yes", 8: "Europe", 9: "Right", 10: "France"}),
        (48.86, 2.34, {}, {15: "Dry", 18: "French", 19: "Ile-de-France", 20: "Paris"}),
        (-1.28, 36.82, {}, {5: "Yes", 7: "No", 8: "Africa", 9: "Left", 15: "Unknown"}),
        (45.48, -75.70, {}, {10: "Canada", 19: "Quebec", 20: "Ottawa"}),
        (43.0, -80.0, {}, {20: "Toronto"}),
        (55.5, 13.0, {}, {10: "Sweden", 20: "Unknown", 16: "Unknown"}),
        (48.86004, 2.34006, {}, {21: "48.8600, 2.3401"}),
    ],
)
def test_answers_follow_the_generators_rules(lat, lon, classes, expected):
    (answers,) = answers_of([Picture("k", lat, lon, classes)], ABOUT)
    assert {number: answers[number - 1] for number in expected} == expected


def test_pictures_of_other_cities_are_refused():
    with pytest.raises(InputError, match=r"picture far lies at 0\.0, 0\.0"):
        answers_of([Picture("near", 48.86, 2.34, {}), Picture("far", 0.0, 0.0, {})], ABOUT)


def test_places_reach_far_enough_to_be_sure_of_the_nearest():
    """In the middle half of each square the nearest packed place is nearer than the edge."""
    steps = np.linspace(-0.6, 0.6, 9)
    pictures = [
        Picture(f"{name}{i}{j}", at[0] + i, at[1] + j, {})
        for name, (_, at) in CITIES.items()
        for i in steps
        for j in steps
    ]
    assert len(answers_of(pictures, {})) == len(pictures)


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


@pytest.fixture
def folder(tmp_path):
    """The authors' layout: two tables, Mapillary's folders."""
    rows = [
        ("key", "locatability_score", "lat", "lon", "city", "sub_folder", "class_mapping"),
        ("a-1", 0.5, 48.86, 2.34, "paris", "query", '{"car": 0.1}'),
        ("b_2", 0.3, 48.85, 2.35, "paris", "database", "{}"),
        ("c3", 0.15, 48.84, 2.36, "paris", "query", "no json"),
    ]
    about = [("City", *CITY_COLUMNS), ("Paris", *ABOUT["paris"].values())]
    for name, table in (("test_samples.csv", rows), ("per_city_answers.csv", about)):
        with (tmp_path / name).open("w", newline="") as stream:
            csv.writer(stream).writerows(table)
    picture = tmp_path / "paris" / "query" / "images" / "a-1.jpg"
    picture.parent.mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(picture)
    return tmp_path


def test_the_authors_layout_is_read_and_missing_pictures_have_the_path_they_should(folder):
    samples = list(opened("geochain-binary13", folder).samples())
    assert len(samples) == 39
    pictures = [s.messages[0].parts[0].source for s in samples if not s.follows]
    assert [path.relative_to(folder).as_posix() for path in pictures] == [
        "paris/query/images/a-1.jpg",
        "paris/database/images/b_2.jpg",
        "paris/query/images/c3.jpg",
    ]
    assert [path.is_file() for path in pictures] == [True, False, False]
    assert [s.metadata["difficulty"] for s in samples[::13]] == ["easy", "medium", "hard"]
    assert samples[1].target == "Yes"
    assert samples[14].target == "No"


def test_pictures_may_lie_elsewhere_under_their_keys(folder, tmp_path_factory):
    flat = tmp_path_factory.mktemp("flat")
    (folder / "paris" / "query" / "images" / "a-1.jpg").rename(flat / "a-1.jpg")
    first = next(opened(data=folder, images=str(flat)).samples())
    assert first.messages[0].parts[0].source == flat / "a-1.jpg"


def test_a_local_copy_of_the_hubs_data_set_is_read(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    picture = folder / "paris" / "query" / "images" / "a-1.jpg"
    rows = {
        "key": ["a-1"], "locatability_score": [0.5], "lat": [48.86], "lon": [2.34],
        "city": ["paris"], "sub_folder": ["query"], "class_mapping": ['{"car": 0.1}'],
        "sequence_key": ["s"], "image": [str(picture)],
    }  # fmt: skip
    copy = tmp_path / "copy"
    Dataset.from_dict(rows).cast_column("image", ImageFeature()).save_to_disk(str(copy))
    with pytest.raises(InputError, match=r"per_city_answers\.csv is not there"):
        opened(data=copy)
    per_city = str(folder / "per_city_answers.csv")
    first = next(opened(data=copy, per_city=per_city).samples())
    assert first.messages[0].parts[0].source.read_bytes() == picture.read_bytes()


def test_the_table_by_city_is_fetched_once_and_only_if_it_is_the_known_one(tmp_path, monkeypatch):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"City\n")

        def log_message(self, *_):
            pass

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(data_module, "PER_CITY_URL", f"http://127.0.0.1:{server.server_port}/x")
        with pytest.raises(InputError, match="not the file that it was"):
            data_module._fetched()
        assert not list(tmp_path.rglob("*.csv"))
        monkeypatch.setattr(data_module, "PER_CITY_SHA256", hashlib.sha256(b"City\n").hexdigest())
        assert data_module._fetched().read_bytes() == b"City\n"
        assert data_module._fetched().read_bytes() == b"City\n"
        server.shutdown()
    assert asked == ["/x", "/x"]
    monkeypatch.setattr(data_module, "PER_CITY_SHA256", "0")
    with pytest.raises(InputError, match="cannot be fetched") as caught:
        data_module._fetched()
    assert "--set per_city=FILE" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("48.86", "148.86"), "row 2: lat '148.86' is no lat in degrees"),
        (("b_2", "a-1"), "key 'a-1' occurs twice"),
        (("class_mapping", "classes"), "has no column class_mapping"),
        (("paris", "../up"), r"'\.\./up' is no name"),
        (("48.86", "-60"), "in none of the 24 cities"),
    ],
)
def test_bad_rows_are_named(folder, change, said):
    path = folder / "test_samples.csv"
    path.write_text(path.read_text().replace(*change, 1))
    with pytest.raises(InputError, match=said):
        opened(data=folder)


def test_what_is_missing_is_named_with_a_next_step(folder, tmp_path):
    whole = (folder / "per_city_answers.csv").read_text()
    (folder / "per_city_answers.csv").write_text(whole.splitlines()[0] + "\n")
    with pytest.raises(InputError, match=r"per_city_answers\.csv has no rows"):
        opened(data=folder)
    (folder / "per_city_answers.csv").unlink()
    with pytest.raises(InputError, match="per_city") as caught:
        opened(data=folder)
    assert "per_city=FILE" in caught.value.hint
    with pytest.raises(InputError, match="without a revision"):
        opened(data="sahitiy51/geochain")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"has no test_samples\.csv"):
        opened(data=tmp_path / "empty")
