import io
import json
import math
import zipfile

import numpy as np
import pytest
from datasets import Dataset, DatasetDict
from datasets import Image as ImageFeature
from PIL import Image

from geobench_tools.benchmarks import BenchmarkOptions, open_benchmark
from geobench_tools.benchmarks._geoloc_verdicts import WORST_KM, geo_score, geodesic_km
from geobench_tools.benchmarks._imageo_data import load_records, stem_of
from geobench_tools.benchmarks._names import NAMES, us_state
from geobench_tools.errors import InputError
from geobench_tools.evaluation import ReadingRecord, SampleRecord
from geobench_tools.geo import geodesic_m, haversine_m
from geobench_tools.models import ImagePart


@pytest.mark.parametrize(
    ("predicted", "true", "same"),
    [
        ("USA", "United States", True),
        ("US", "United States of America", True),
        ("Türkiye", "Turkey", True),
        ("Republic of Korea", "South Korea", True),
        ("The Bahamas", "Bahamas", True),
        ("Niger", "Nigeria", False),
        ("Ireland", "Iceland", False),
        ("", "France", False),
    ],
)
def test_countries_by_code_and_alias(predicted, true, same):
    assert NAMES.same_country(predicted, true) is same


@pytest.mark.parametrize(
    ("predicted", "true", "same"),
    [
        ("Zurich", "Zürich", True),
        ("hebbur", "Hebbūr", True),
        ("Seoul (서울)", "Seoul", True),
        ("City of London", "London", True),
        ("New York City", "New York", True),
        ("York", "New York", False),
        ("São Paulo", "Sao  Paulo", True),
        ("", "", False),
    ],
)
def test_cities_by_plain_form(predicted, true, same):
    assert NAMES.same_city(predicted, true) is same


@pytest.mark.parametrize(
    ("predicted", "true", "same"),
    [
        ("California", "CA", True),
        ("D.C.", "DC", True),
        ("District of Columbia", "DC", True),
        ("Washington", "DC", False),
        ("Osaka Prefecture", "Osaka", True),
        ("West Virginia", "VA", False),
    ],
)
def test_states_by_code_and_plain_form(predicted, true, same):
    assert NAMES.same_state(predicted, true) is same


def test_there_are_fifty_states_and_a_district():
    assert us_state("washington") == "WA"
    assert us_state("Washington DC") == "DC"
    assert us_state("Bavaria") is None


def test_geo_score_is_the_published_formula():
    assert geo_score(np.array([0.0, 1492.7, np.inf])) == pytest.approx([5000, 5000 / math.e, 0])


def test_a_million_distances_at_once_agree_with_one_by_one():
    rng = np.random.default_rng(0)
    lat, lon = rng.uniform(-90, 90, (2, 1_000_000)), rng.uniform(-180, 180, (2, 1_000_000))
    metres = geodesic_m(lat[0], lon[0], lat[1], lon[1])
    sphere = haversine_m(lat[0], lon[0], lat[1], lon[1])
    assert np.max(np.abs(metres / sphere - 1)) < 0.0057
    assert metres.max() / 1000 < WORST_KM + 1e-3
    one = [float(geodesic_m(lat[0, i], lon[0, i], lat[1, i], lon[1, i])[0]) for i in range(5)]
    assert metres[:5] == pytest.approx(one, rel=1e-12)


def test_missing_positions_are_infinitely_far():
    km = geodesic_km(np.array([[math.nan, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0]]))
    assert km.tolist() == [math.inf, 0.0]


def record(place, target, index=0):
    reading = ReadingRecord(place, "ok", None) if place else None
    return SampleRecord(
        "", "imageo-gss", f"s{index}", index, 0, "ok" if place else "parse_error", target,
        group=f"s{index}", reading=reading,
    )  # fmt: skip


def test_zero_coordinates_are_a_place_in_strict():
    target = {"city": "Accra", "country": "Ghana", "lat": 0.0, "lon": 0.0}
    place = {"city": "Accra", "country": "GH", "lat": 0.0, "lon": 0.0}
    scores = open_benchmark("imageo-gss").score([record(place, target)])
    strict = {m["name"]: m["strict"]["value"] for m in scores["metrics"]}
    assert (strict["acc_1km"], strict["country"], strict["geoscore"]) == (1.0, 1.0, 5000.0)


def test_more_missing_than_answered_has_no_median():
    target = {"city": "Lyon", "country": "France", "lat": 45.76, "lon": 4.84}
    near = {"city": "Lyon", "country": "FR", "lat": 45.76, "lon": 4.84}
    records = [record(near if i < 2 else None, target, i) for i in range(5)]
    found = {m["name"]: m for m in open_benchmark("imageo-gss").score(records)["metrics"]}
    assert found["median_km"]["strict"]["value"] is None
    assert found["mean_km"]["strict"]["value"] == pytest.approx(0.6 * WORST_KM)
    assert found["acc_25km"]["strict"]["value"] == 0.4
    json.dumps(found, allow_nan=False)


def test_scores_of_nothing_are_empty_not_an_error():
    scores = open_benchmark("imageo-pcw").score([])
    assert scores["records"] == 0
    assert scores["coverage"] is None


def test_prompt_is_text_then_picture_after_the_system_line():
    sample = next(open_benchmark("imageo-gss").samples())
    system, user = sample.messages
    assert system.role == "system"
    assert "geocoding analysis" in system.parts[0]
    assert isinstance(user.parts[0], str)
    drawn = open_benchmark("imageo-gss").sampling
    assert (drawn.temperature, drawn.json_object, drawn.max_tokens) == (0.7, True, None)
    assert isinstance(user.parts[1], ImagePart)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It is at 45.76, 4.84.", {"lat": 45.76, "lon": 4.84}),
        ("Lyon, France", {"city": "Lyon", "country": "FR"}),
        ("no idea", None),
    ],
)
def test_replies_without_json_are_read(text, value):
    benchmark = open_benchmark("imageo-gss")
    assert benchmark.read(text, next(benchmark.samples())).value == value


def test_state_is_read_where_the_truth_has_one():
    benchmark = open_benchmark("imageo-pcw")
    text = '{"address": {"city": "Reno", "state": "Nevada", "country": "USA"}}'
    reading = benchmark.read(text, next(benchmark.samples()))
    assert reading.value == {"city": "Reno", "state": "Nevada", "country": "US"}
    unknown = text.replace("Nevada", "Unknown")
    assert "state" not in benchmark.read(unknown, next(benchmark.samples())).value
    copied = text.replace("Nevada", "state/province")
    assert "state" not in benchmark.read(copied, next(benchmark.samples())).value


def test_pool_has_a_reply_for_each_country_that_reads_back():
    benchmark = open_benchmark("imageo-gss")
    pool = benchmark.pool()
    assert sum(pool.values()) == benchmark.size()
    for text in pool:
        assert benchmark.read(text, next(benchmark.samples())).status == "ok"


def test_sample_pictures_are_the_same_each_time():
    one, two = (open_benchmark("imageo-gss") for _ in range(2))
    assert [s.messages for s in one.samples()] == [s.messages for s in two.samples()]
    assert one.identity == two.identity
    assert one.identity["sample"] is True


def test_stems_are_cut_at_the_first_dot():
    assert stem_of("abc.jpg.jpg") == "abc"
    assert stem_of("x\\y/abc.png") == "abc"


def test_a_local_copy_of_a_hub_data_set_is_read_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rows = {
        "image_id": ["a", "b"],
        "city": ["Lyon", "Accra"],
        "country": ["France", "Ghana"],
        "latitude": [45.76, 5.6],
        "longitude": [4.84, -0.19],
        "image": [Image.new("RGB", (8, 6), (i, 0, 0)) for i in range(2)],
    }
    Dataset.from_dict(rows).cast_column("image", ImageFeature()).save_to_disk(tmp_path / "mirror")
    options = BenchmarkOptions(data=str(tmp_path / "mirror"))
    samples = list(open_benchmark("imageo-gss", options).samples())
    assert [sample.target["city"] for sample in samples] == ["Lyon", "Accra"]
    with Image.open(samples[0].messages[1].parts[1].source) as image:
        assert image.size == (8, 6)


def test_a_split_of_a_local_copy_is_chosen_by_name_or_option(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rows = {"image_id": ["a"], "city": [None], "latitude": [45.76], "longitude": [4.84]}
    splits = {name: Dataset.from_dict({**rows, "image_id": [name]}) for name in ("one", "two")}
    DatasetDict(splits).save_to_disk(tmp_path / "mirror")
    mirror = str(tmp_path / "mirror")
    for options in (BenchmarkOptions(f"{mirror}:two"), BenchmarkOptions(mirror, split="two")):
        (sample,) = open_benchmark("imageo-gss", options).samples()
        assert sample.sample_id == "two"
        assert "city" not in sample.target


TABLE = (
    "image_id,latitude,longitude,city,country\na,45.76,4.84,Lyon,France\nb,5.6,-0.2,Accra,Ghana\n"
)


def test_pictures_lie_in_archives_too_and_a_missing_one_is_a_file_that_is_not_there(tmp_path):
    (tmp_path / "dataset1_info.csv").write_text(TABLE)
    picture = io.BytesIO()
    Image.new("RGB", (8, 6)).save(picture, "PNG")
    with zipfile.ZipFile(tmp_path / "dataset1.zip", "w") as archive:
        archive.writestr("dataset1/a.jpg.jpg", picture.getvalue())
    one, two = open_benchmark("imageo-gss", BenchmarkOptions(str(tmp_path))).samples()
    assert one.messages[1].parts[1].source == picture.getvalue()
    assert two.messages[1].parts[1].source == tmp_path / "b.jpg"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("\na,", "\nb,"), "row 3: image_id 'b' occurs twice"),
        (("\na,", "\n.jpg,"), "row 2: image_id '' is none"),
        (("45.76", "95"), "row 2: latitude '95' is no latitude"),
        (("4.84", "x"), "row 2: longitude 'x' is no longitude"),
        (("latitude", "lat"), "has no column latitude"),
    ],
)
def test_bad_rows_are_named(tmp_path, change, said):
    (tmp_path / "dataset1_info.csv").write_text(TABLE.replace(*change, 1))
    with pytest.raises(InputError, match=said):
        open_benchmark("imageo-gss", BenchmarkOptions(str(tmp_path)))


def test_an_unreachable_hub_names_both_ways():
    with pytest.raises(InputError) as caught:
        load_records("nobody/nothing", "dataset1_info.csv", "0" * 40, None, "or --data FOLDER")
    assert "Hub" in caught.value.message
    assert "online" in caught.value.hint
    assert "local copy" in caught.value.hint
