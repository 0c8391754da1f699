"""RSTeller geolocation: choice of patches, truth from NAIP names, state and distance."""

import io
import json
import tarfile

import pytest
from PIL import Image

from geobench_tools.benchmarks import (
    BenchmarkOptions,
    benchmark_info,
    open_benchmark,
    rules_of,
)
from geobench_tools.benchmarks._rsteller_data import states_of
from geobench_tools.benchmarks._rsteller_rules import read_state
from geobench_tools.errors import InputError
from geobench_tools.evaluation import ReadingRecord, SampleRecord
from geobench_tools.geo import geodesic_m, read_naip_name

SHARDS = [f"Patches{n:04d}.tar" for n in range(0, 240, 30)]
NAMES = ("m_4107501_ne_18_060_20221108", "m_3109825_sw_14_060_20220602")


def picture(number):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (number % 250, 99, 40)).save(buffer, "JPEG")
    return buffer.getvalue()


def add(archive, name, data):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))


def patch(archive, number, image_name):
    caption = {"task": 2, "text": "The road's name is Lower Rhiney Creek Road."}
    document = {
        "metadata": {"patch_id": number, "image_name": image_name},
        "annotations": [caption],
    }
    add(archive, f"{number}.jpg", picture(number))
    add(archive, f"{number}.txt", b"Lower Rhiney Creek Road")
    add(archive, f"{number}.json", json.dumps(document).encode())


@pytest.fixture
def shards(tmp_path):
    for place, name in enumerate(SHARDS):
        with tarfile.open(tmp_path / name, "w") as archive:
            for number in range(place * 10, place * 10 + 6):
                patch(archive, number, NAMES[number % 2])
    with tarfile.open(tmp_path / "Patches0001.tar", "w") as archive:
        patch(archive, 999, NAMES[0])
        patch(archive, 998, "m_0000000_xx_18_060_20221108")
        patch(archive, 997, "m_2008001_ne_17_060_20221108")
    return tmp_path


def opened(data="", **settings):
    return open_benchmark("rsteller-geo", BenchmarkOptions(data=str(data), settings=settings))


def record(benchmark, text, target, index=0):
    reading = benchmark.read(text, None)
    kept = ReadingRecord(reading.value, reading.status, reading.span)
    status = "ok" if kept.value is not None else "parse_error"
    return SampleRecord(
        "", benchmark.name, f"s{index}", index, 0, status, target, group=f"s{index}", text=text,
        reading=kept,
    )  # fmt: skip


def strict(benchmark, text, target):
    document = benchmark.score([record(benchmark, text, target)])
    json.dumps(document, allow_nan=False)
    return {m["name"]: m["strict"]["value"] for m in document["metrics"]}


def test_version_1_takes_its_own_shards_and_a_few_of_each_state(shards):
    benchmark = opened(shards, per_state="5")
    samples = list(benchmark.samples())
    states = [s.target["state"] for s in samples]
    assert (states.count("PA"), states.count("TX")) == (5, 5)
    assert "999" not in {s.sample_id for s in samples}
    assert [int(s.sample_id) for s in samples] == sorted(int(s.sample_id) for s in samples)


def test_the_choice_does_not_depend_on_what_else_is_there(shards):
    few, many = opened(shards, per_state="5"), opened(shards, per_state="8")
    chosen = {s.sample_id for s in few.samples()}
    assert chosen < {s.sample_id for s in many.samples()}
    assert few.identity["data_sha256"] == opened(shards, per_state="5").identity["data_sha256"]


def test_names_that_are_no_cell_or_no_state_are_left_out_and_counted(shards):
    benchmark = opened(shards, shards="all", per_state="100")
    assert benchmark.size() == 49
    assert benchmark.identity["left_out"] == 2


def test_captions_are_never_shown(shards):
    for sample in opened(shards, per_state="3").samples():
        (message,) = sample.messages
        image, text = message.parts
        assert image.source == picture(int(sample.sample_id))
        assert "Rhiney" not in text
        assert "Rhiney" not in json.dumps([sample.target, dict(sample.metadata)])


def test_a_snapshot_of_the_hub_holds_the_shards_of_version_1(shards, monkeypatch):
    seen = {}

    def snapshot(name, **options):
        seen.update(options, name=name)
        return str(shards)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    options = BenchmarkOptions(data="hub", revision="a" * 40, settings={"per_state": "5"})
    benchmark = open_benchmark("rsteller-geo", options)
    assert seen["allow_patterns"] == [f"*{name}" for name in SHARDS]
    assert seen["name"] == "SlytherinGe/RSTeller"
    assert (
        benchmark.identity["data_sha256"] == opened(shards, per_state="5").identity["data_sha256"]
    )
    with pytest.raises(InputError, match="without a revision"):
        opened("hub")


def test_missing_shards_are_named(shards):
    (shards / SHARDS[3]).unlink()
    with pytest.raises(InputError, match=SHARDS[3]):
        opened(shards)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="holds no patches"):
        opened(tmp_path, shards="all")
    (tmp_path / "5.json").write_text("[]")
    with pytest.raises(InputError, match="no record of RSTeller"):
        opened(tmp_path, shards="all")
    with pytest.raises(InputError, match="per_state cannot be"):
        opened(per_state="0")


def test_the_published_record(shared_data):
    (sample,) = opened(shared_data / "rsteller", shards="all").samples()
    assert sample.sample_id == "607"
    assert sample.target["cell"] == [41.9375, 42.0, -75.9375, -75.875]
    assert sample.target["state"] == "PA"


TARGET = {
    "state": "PA", "states": ["NY", "PA"], "cell": [41.9375, 42.0, -75.9375, -75.875],
    "lat": 41.96875, "lon": -75.90625,
}  # fmt: skip


def test_inside_the_cell_is_no_distance():
    found = strict(opened(), "state: PA\nlatitude: 41.99\nlongitude: -75.93", TARGET)
    assert found == {"state": 1.0, "median_km": 0.0, "mean_km": 0.0, "acc_25km": 1.0,
                     "acc_200km": 1.0, "acc_750km": 1.0}  # fmt: skip


def test_distances_are_to_the_nearest_point_of_the_cell():
    found = strict(opened(), "state: New York\n42.2, -75.9", TARGET)
    expected = float(geodesic_m(42.2, -75.9, 42.0, -75.9)[0]) / 1000
    assert found["median_km"] == pytest.approx(expected, rel=1e-4)
    assert found["state"] == 1.0


def test_missing_answers_are_wrong():
    found = strict(opened(), "I cannot tell.", TARGET)
    assert (found["state"], found["median_km"], found["acc_750km"]) == (0.0, None, 0.0)
    assert found["mean_km"] == pytest.approx(20_003.93, abs=0.01)
    only_state = strict(opened(), "state: Ohio", TARGET)
    assert (only_state["state"], only_state["acc_750km"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("state: Minnesota", "MN"),
        ("<think>Texas or Ohio</think><answer>state: [Ohio]</answer>", "OH"),
        ('{"state": "Washington, D.C.", "latitude": 38.9}', "DC"),
        ("**State:** New Mexico\n**Latitude:** 34", "NM"),
        ("It is in West Virginia at (38.5, -80.9).", "WV"),
        ("Arkansas, near Little Rock", "AR"),
        ("state: Kansas (Sedgwick County)", "KS"),
        ("state: Georgia, USA", "GA"),
        ("State: tx", "TX"),
        ("State: Iowa\nNo. State: Nebraska", "NE"),
        ("Texas or Ohio", None),
        ("state: Texas or Oklahoma", None),
        ("state: unknown", None),
        ("state: Ontario", None),
        ("I cannot tell.", None),
        ("", None),
    ],
)
def test_reading_states(text, state):
    assert read_state(text).value == state


def test_the_sample_set_is_marked_and_its_cells_lie_in_their_states():
    benchmark = opened()
    assert benchmark.sample
    assert benchmark.name == "rsteller-geo-SAMPLE"
    samples = list(benchmark.samples())
    states = [s.target["state"] for s in samples]
    assert len(set(states)) == len(states) == benchmark.size()
    replies = sorted(benchmark.pool())
    for sample, reply in zip(
        sorted(samples, key=lambda s: s.target["state"]), replies, strict=True
    ):
        assert strict(benchmark, reply, dict(sample.target))["median_km"] == 0.0
        assert sample.messages[0].parts[0].source.startswith(b"\x89PNG")


def test_a_finished_run_is_scored_without_its_data():
    benchmark = opened()
    again = rules_of({"name": benchmark.name, **benchmark.identity})
    records = [record(benchmark, "state: PA\n41, -76", TARGET)]
    assert again.score(records) == benchmark.score(records)
    assert benchmark.score([])["records"] == 0


def test_it_says_that_nothing_published_is_comparable():
    info = benchmark_info("rsteller-geo")
    assert info.published == ()
    assert "No published number is comparable" in info.facts["note"]
    assert "no published number" in opened().score([])["policy"]["task"]


def test_cells_of_the_sample_are_where_their_names_say():
    for sample in opened().samples():
        south, north, west, east = sample.target["cell"]
        assert (north - south, east - west) == (0.0625, 0.0625)
    assert read_naip_name(NAMES[0]).centre == (TARGET["lat"], TARGET["lon"])


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("m_3610845_ne_12_060_20180504", "NM"),
        ("m_3310564_nw_13_060_20180512", "NM"),
        ("m_3610441_ne_13_060_20180620", "NM"),
        ("m_3410415_sw_13_060_20180505", "NM"),
        ("m_3210460_nw_13_060_20180614", "NM"),
        (NAMES[0], "PA"),
        (NAMES[1], "TX"),
    ],
)
def test_states_under_which_the_images_are_archived(name, state):
    assert states_of([read_naip_name(name).centre]) == [state]


def test_a_cell_on_a_border_belongs_to_the_states_of_its_corners(tmp_path):
    document = {"metadata": {"image_name": "m_3909460_nw_15_060_20220601"}}
    (tmp_path / "1.json").write_text(json.dumps(document))
    (tmp_path / "1.jpg").write_bytes(picture(1))
    benchmark = opened(tmp_path, shards="all")
    (sample,) = benchmark.samples()
    assert sample.target["cell"] == [39.0625, 39.125, -94.625, -94.5625]
    assert sample.target["state"] == "MO"
    assert sample.target["states"] == ["KS", "MO"]
    for state, right in (("Kansas", 1.0), ("Missouri", 1.0), ("Iowa", 0.0)):
        assert strict(benchmark, f"state: {state}", dict(sample.target))["state"] == right
