"""Photos to be placed on the map: prompts, geocoders, and the two protocols."""

import json

import pytest

from geobench_tools.benchmarks import BenchmarkOptions, open_benchmark, rules_of
from geobench_tools.benchmarks._geoloc_geocoder import open_geocoder
from geobench_tools.errors import InputError
from geobench_tools.evaluation import ReadingRecord, SampleRecord

LYON = {"city": "Lyon", "country": "France", "lat": 45.7640, "lon": 4.8357}


def opened(subset="mp16-reason", **settings):
    return open_benchmark(subset, BenchmarkOptions(settings=settings))


def record(benchmark, text, target=None, index=0):
    reading = benchmark.read(text, None) if text else None
    kept = ReadingRecord(reading.value, reading.status, reading.span) if reading else None
    status = "ok" if kept and kept.value is not None else "parse_error" if text else "error"
    return SampleRecord(
        "", benchmark.name, f"s{index}", index, 0, status, target or LYON, group=f"s{index}",
        text=text, reading=kept,
    )  # fmt: skip


def scored(benchmark, *texts, target=None):
    records = [record(benchmark, text, target, i) for i, text in enumerate(texts)]
    document = benchmark.score(records)
    json.dumps(document, allow_nan=False)
    return {m["name"]: m for m in document["metrics"]}, document


@pytest.mark.parametrize(
    ("text", "city", "country", "official"),
    [
        ("<answer>country: France\ncity: Lyon</answer>", 1, 1, (1, 1)),
        ("<answer>Country: France\nCity: Lyon</answer>", 1, 1, (0, 0)),
        ("<answer>country: FR\ncity: LYON</answer>", 1, 1, (1, 0)),
        ("<answer>country: France\ncity: unknown</answer>", 0, 1, (0, 1)),
        ("<think>country: Spain\ncity: Lyon</think> no idea", 0, 0, (0, 0)),
        ("", 0, 0, (0, 0)),
    ],
)
def test_names_strictly_and_officially(text, city, country, official):
    found, _ = scored(opened(), text)
    assert (found["city"]["strict"]["value"], found["country"]["strict"]["value"]) == (
        city,
        country,
    )
    own = (found["city"]["official"]["value"], found["country"]["official"]["value"])
    assert own == official


def test_the_official_rule_counts_neighbours_of_names_and_the_strict_one_does_not():
    target = {"city": "Abuja", "country": "Nigeria", "lat": 9.06, "lon": 7.49}
    found, _ = scored(opened(), "country: Niger\ncity: Abu", target=target)
    assert found["country"]["official"]["value"] == 1.0
    assert found["country"]["strict"]["value"] == 0.0


def test_distances_come_from_the_named_geocoder():
    names, both = "country: France\ncity: Lyon", "country: France\ncity: Lyon\n48.8566, 2.3522"
    for geocoder, km in (("gazetteer", 3), ("coordinates", 393), ("auto", 393)):
        found, document = scored(opened(geocoder=geocoder), both)
        assert found["median_km"]["strict"]["value"] == pytest.approx(km, abs=3)
        assert found["median_km"]["official"] is None
        assert document["policies"]["strict"]["geocoder"].startswith(
            {"auto": "coordinates, else gazetteer"}.get(geocoder, geocoder)
        )
    found, document = scored(opened(geocoder="coordinates"), names)
    assert found["acc_2500km"]["strict"]["value"] == 0.0
    (table,) = [t for t in document["breakdowns"] if t["title"] == "Where positions come from"]
    assert table["rows"] == (("nowhere", 1, 1.0),)


@pytest.mark.parametrize(
    ("answer", "lat", "lon", "by"),
    [
        ({"city": "Paris", "country": "FR"}, 48.86, 2.35, "city"),
        ({"city": "Paris", "country": "US"}, 33.66, -95.56, "city"),
        ({"city": "Springfield, Illinois", "country": "US"}, 39.80, -89.64, "city"),
        ({"city": "Tokyo (Shibuya)", "country": "Japan"}, 35.69, 139.69, "city"),
        ({"city": "Bali", "country": "ID"}, -8.5, 115.2, "division"),
        ({"city": "Hong Kong", "country": "CN"}, 22.28, 114.17, "division"),
        ({"city": "Nowhereville", "country": "KE"}, -1.28, 36.82, "capital"),
        ({"country": "NA"}, -22.56, 17.08, "capital"),
        ({"city": "Cairo"}, 30.04, 31.25, "city"),
    ],
)
def test_gazetteer(answer, lat, lon, by):
    found = open_geocoder("gazetteer").locate(answer)
    assert found.by == by
    assert (found.lat, found.lon) == pytest.approx((lat, lon), abs=0.15)


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("country: United States\ncity: Springfield, Illinois", 39.80, -89.64),
        ("country: United States\ncity: Springfield, MO", 37.22, -93.30),
        ("<think>Portland, Oregon?</think><answer>country: US\ncity: Portland, Maine</answer>",
         43.66, -70.26),
        ("country: United States\ncity: Portland (Old Port), Maine, USA", 43.66, -70.26),
        ("city: Portland, country: United States", 45.52, -122.68),
        ('{"city": "Portland", "state": "x", "country": "US"}', 45.52, -122.68),
    ],
)  # fmt: skip
def test_what_follows_a_city_tells_which_one(text, lat, lon):
    value = opened(geocoder="gazetteer").read(text, None).value
    assert (value["lat"], value["lon"]) == pytest.approx((lat, lon), abs=0.05)


def test_gazetteer_says_when_it_does_not_know():
    assert open_geocoder("gazetteer").locate({"city": "Qzxv"}).by == "nowhere"
    assert open_geocoder("auto").locate({}).by == "nowhere"


def test_a_table_of_the_user(tmp_path):
    table = tmp_path / "azure.csv"
    table.write_text("city,country,lat,lon\nLyon,France,45,5\nLima,Peru,,\nlima,PE,,\n")
    benchmark = opened(geocoder=f"table:{table}")
    found, document = scored(benchmark, "country: FR\ncity: lyon", "country: France\ncity: Nice")
    assert found["acc_200km"]["strict"]["value"] == 0.5
    assert document["policies"]["strict"]["geocoder"].startswith("table ")
    assert open_geocoder(f"table:{table}").locate({"city": "Lima", "country": "PE"}).by == "nowhere"
    table.write_text('city,country,lat,lon\n"Portland, Maine",US,43,-70\nPortland,US,45,-122\n')
    benchmark = opened(geocoder=f"table:{table}")
    for text, lat in (("Portland, Maine", 43), ("Portland", 45), ("Portland, Texas", 45)):
        assert benchmark.read(f"country: USA\ncity: {text}", None).value["lat"] == lat


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("city,lat,lon\n", "no column country"),
        ("city,country,lat,lon\na,b,95,0\n", "row 2"),
        ("city,country,lat,lon\na,b,x,0\n", "row 2"),
        ("city,country,lat,lon\nLyon,FR,1,2\nlyon,France,1,3\n", "row 3: lyon, France has two"),
    ],
)
def test_bad_tables_of_the_user(tmp_path, content, message):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        open_geocoder(f"table:{tmp_path / 't.csv'}")


@pytest.mark.parametrize("setting", ["azure", "table", "table:", "gazetteer:x", ""])
def test_unknown_geocoders(setting):
    with pytest.raises(InputError, match="geocoder cannot be"):
        open_geocoder(setting)


def test_a_table_that_is_not_there():
    with pytest.raises(InputError, match="cannot be read"):
        open_geocoder("table:/nowhere.csv")


def test_the_picture_comes_before_globes_words():
    benchmark = opened()
    sample = next(benchmark.samples())
    system, user = sample.messages
    assert system.parts == ("You are a helpful assistant.",)
    assert user.parts[0].source.startswith(b"\x89PNG")
    assert user.parts[1].startswith("You are participating in a geolocation challenge.")
    drawn = benchmark.sampling
    assert (drawn.temperature, drawn.max_tokens) == (0.1, 512)
    assert drawn.extra == {"frequency_penalty": 0.7, "presence_penalty": 0.7}
    assert benchmark.identity["prompt"] == "globe-cfc439b7-cot"


@pytest.mark.parametrize("subset", ["mp16-reason", "im2gps3k", "yfcc4k", "osv5m"])
def test_the_sample_set_is_marked_and_solvable(subset):
    benchmark = opened(subset)
    assert benchmark.sample
    assert benchmark.name == f"{subset}-SAMPLE"
    assert sum(benchmark.pool().values()) == benchmark.size() == 12
    reply, *_ = benchmark.pool()
    sample = next(one for one in benchmark.samples() if str(one.target["lat"]) in reply)
    replies = [reply]
    found, document = scored(benchmark, *replies, target=dict(sample.target))
    assert found["acc_1km"]["strict"]["value"] == 1.0
    assert document["sample"] is True


def test_direct_prompts_are_parsed_without_answer_tags():
    text = "country: France\ncity: Lyon</answer>"
    tagged, _ = scored(opened(), f"<answer>{text}")
    plain, _ = scored(opened(prompt="direct"), f"<answer>{text}")
    assert tagged["city"]["official"]["value"] == 1.0
    assert plain["city"]["official"]["value"] == 0.0


def test_photos_without_names_have_no_names_to_score(tmp_path):
    (tmp_path / "info.txt").write_text("\t".join(["0", "a", *"bcdefghijk", "4.84", "45.76"]))
    benchmark = open_benchmark("yfcc4k", BenchmarkOptions(data=str(tmp_path)))
    (sample,) = benchmark.samples()
    found, _ = scored(benchmark, "country: France\ncity: Lyon", target=dict(sample.target))
    assert "city" not in found
    assert found["acc_25km"]["strict"]["value"] == 1.0
    assert next(iter(benchmark.pool())) == "<answer>\nlatitude: 45.76\nlongitude: 4.84\n</answer>"


@pytest.mark.parametrize("subset", ["mp16-reason", "osv5m"])
def test_a_finished_run_is_scored_without_its_data(subset):
    benchmark = opened(subset, geocoder="gazetteer", prompt="direct")
    again = rules_of({"name": benchmark.name, **benchmark.identity})
    records = [record(benchmark, "country: France\ncity: Lyon")]
    assert again.score(records) == benchmark.score(records)


def test_scores_of_nothing():
    document = opened().score([])
    assert document["records"] == 0


@pytest.mark.parametrize(
    ("city", "status"), [("Lyon", "ok"), ("Nowhereville", "partial"), ("Île-de-France", "ok")]
)
def test_a_reading_is_whole_unless_its_position_is_a_capitals_or_none(city, status):
    benchmark = opened()
    sample = next(benchmark.samples())
    text = f"<answer>country: France\ncity: {city}</answer>"
    assert benchmark.read(text, sample).status == status


def test_a_division_in_the_table_is_not_asked_for_and_not_scored(tmp_path):
    (tmp_path / "test.csv").write_text(
        "id,lat,lon,city,region,country\na,45.76,4.84,Lyon,Rhône-Alpes,France\n"
    )
    benchmark = open_benchmark("mp16-reason", BenchmarkOptions(str(tmp_path)))
    (sample,) = benchmark.samples()
    assert sample.target["state"] == "Rhône-Alpes"
    found, _ = scored(benchmark, "country: France\ncity: Lyon", target=dict(sample.target))
    assert found["city"]["strict"]["value"] == 1.0
    assert "state" not in found
