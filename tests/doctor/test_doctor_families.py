"""``geor1 doctor --data`` on the other families: each known fault is found and explained."""

import csv
import json

import pytest
from PIL import Image

from geobench_tools.doctor import examine_data
from geobench_tools.errors import InputError


def found(folder, **options):
    return {(one.topic, one.name): one for one in examine_data(folder, **options).findings}


def write_csv(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (80, 90, 100)).save(path)


@pytest.fixture
def photos(tmp_path):
    rows = [
        ("a_b_1.jpg", 13.51, 2.11, "Niamey", "Niger"),
        ("a_b_2.jpg", 9.06, 7.49, "Abuja", "Nigeria"),
        ("a_b_3.jpg", 9.06, 7.49, "Abuja", "Nigeria"),
        ("a_b_4", -23.55, -46.63, "São Paulo", "Brazil"),
        ("", 1.0, 2.0, "Nowhere", "Kenya"),
        ("a_b_5.jpg", "none", 2.0, "Nowhere", "Kenya"),
    ]
    header = ("IMG_ID", "LAT", "LON", "city", "country")
    write_csv(tmp_path / "mp16-reason-test-12k.csv", header, rows)
    for name in ("a_b_1.jpg", "a_b_2.jpg", "a_b_4.jpg"):
        picture(tmp_path / name)
    return tmp_path


def test_photos(photos):
    made = found(photos)
    topic = "mp16-reason"
    assert "4, the benchmark has 12,000" in made[topic, "samples"].found
    assert "1 of 4 are missing: a_b_3" in made[topic, "pictures"].found
    assert made[topic, "rows left out"].found.startswith("2 rows")
    assert made[topic, "positions"].found.startswith("2 of 4")
    assert "Niger and Nigeria: 3 rows" in made[topic, "country names"].found
    assert made[topic, "city names"].found.startswith("1 rows")
    assert "100.0 % within 200 km" in made[topic, "right names, geocoded"].found


def test_a_table_of_that_name_with_other_columns_is_another_benchmark(tmp_path):
    write_csv(
        tmp_path / "test.csv", ("id", "latitude", "longitude", "country"), [("1", 1, 2, "KE")]
    )
    assert {topic for topic, _ in found(tmp_path)} == {"osv5m"}


def geobench(number, task, name, letter="A", prompts=5):
    return {
        "image_path": f"images/{name}",
        "ground_truth": "x",
        "ground_truth_option": letter,
        "options_list": list("vwxyz"),
        "options": "A. v B. w C. x D. y E. z",
        "prompts": [f"wording {i}?" for i in range(prompts)],
        "task": task,
        "question_id": number,
        "cls_description": "",
    }


def test_pictures_that_were_taken_out_of_the_release(tmp_path):
    folder = tmp_path / "Single"
    records = [
        geobench(1, "Disaster Type Classification", "xBD_a.png"),
        geobench(2, "Disaster Type Classification", "xBD_b.png", "B"),
        geobench(3, "Marine Debirs Counting", "c.png", prompts=4),
        geobench(4, "Marine Debirs Counting", "d.png"),
    ]
    for name in ("xBD_b.png", "c.png", "d.png"):
        picture(folder / "images" / name)
    (folder / "qa.json").write_text(json.dumps(records))
    made = found(tmp_path)
    topic = "geobench-vlm"
    assert made[topic, "xBD pictures"].level == "warning"
    assert "1 of 2 Disaster Type Classification" in made[topic, "xBD pictures"].found
    assert "xview2.org" in made[topic, "xBD pictures"].next
    assert "1 of 4 are missing" in made[topic, "pictures"].found
    assert "all 2 are 'A'" in made[topic, "answers Marine Debirs Counting"].found
    assert "Marine Debirs Counting: 2, not 100" in made[topic, "questions by task"].found
    assert "Marine Debirs" in made[topic, "names of tasks"].found
    assert made[topic, "wordings"].found.startswith("1 questions")


def test_patches_without_the_archives_of_version_1(shared_data):
    made = found(shared_data / "rsteller")
    assert made["rsteller-geo", "archives"].found.startswith("8 of the 8")
    assert made["rsteller-geo", "positions"].effect
    assert made["rsteller-geo", "captions"].effect


def test_the_real_table_of_geochain(shared_data):
    made = found(shared_data / "geochain")
    topic = "geochain"
    assert made[topic, "samples"].level == "ok"
    assert made[topic, "pictures"].level == "error"
    for question in ("answers Q06 near the Poles", "answers Q12 island"):
        assert made[topic, question].found == "all 2,100 are 'No'"
    assert "12 were removed" in made[topic, "pictures of the paper"].effect
    assert made["geochain-binary13", "constant answers"].found.startswith("score 92.1 %")
    assert made["geochain-q5_q17", "constant answers"].found.startswith("score 80.6 %")
    assert made[topic, "Q12 in Copenhagen"].found.startswith("46 rows")
    assert made[topic, "Q11 in Sao Paulo"].found.startswith("117 rows")
    assert made[topic, "Q19 and Q20"].found.startswith("20 rows")
    assert made[topic, "Q16 and Q17"].effect
    assert "Moscow (358)" in made[topic, "cities"].found


def test_pictures_elsewhere_are_named_by_a_setting(shared_data, tmp_path):
    with (shared_data / "geochain" / "test_samples.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))[:2]
    (tmp_path / "t").mkdir()
    write_csv(tmp_path / "t" / "test_samples.csv", rows[0], [row.values() for row in rows])
    per_city = (shared_data / "geochain" / "per_city_answers.csv").read_bytes()
    (tmp_path / "t" / "per_city_answers.csv").write_bytes(per_city)
    for row in rows:
        place = tmp_path / "p" / row["city"] / row["sub_folder"] / "images"
        picture(place / f"{row['key']}.jpg")
    assert found(tmp_path / "t")["geochain", "pictures"].level == "error"
    made = found(tmp_path / "t", settings={"images": str(tmp_path / "p"), "nothing": "x"})
    assert made["geochain", "pictures"].found == "all 2 are here"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dataset1_info.csv", b"image_id,city,country,latitude,longitude\na,Z\xfcrich,CH,1,2\n"),
        (
            "dataset1_info.csv",
            b'image_id,city,latitude,longitude\na,"' + b"x" * 200_000 + b'",1,2\n',
        ),
        ("dataset1_info.csv", b""),
        ("dataset1_info.csv", b"\x00" * 100),
        ("test_samples.csv", b"key,locatability_score,lat,lon,class_mapping\na,x,1,2,{\xff}\n"),
        ("test_samples.csv", b"key,locatability_score,lat,lon,class_mapping\na,1,999,2,{}\n"),
        ("test_samples.csv", b"key,locatability_score,lat,lon,class_mapping\na,x,1,2,{}\n"),
        ("mp16-reason-test-12k.csv", b"IMG_ID,LAT,LON\na,1,2,\xff\xfe\n"),
        ("Single/qa.json", b"[" * 100_000),
        ("Single/qa.json", b"{}"),
        ("Single.zip", b"PK no archive"),
        ("Single.parquet", b"PAR1 no table"),
        ("1.json", b'{"annotations": [], "metadata": {"image_name": "m_4107501_ne_18_060_2022"}'),
        ("manifest.json", b'{"kind": "pairing-set"}'),
    ],
)
def test_data_that_cannot_be_read_are_an_error_and_no_crash(tmp_path, name, content):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    levels = {one.name: one.level for one in examine_data(tmp_path).findings}
    assert levels["reader"] == "error"


def test_a_manifest_nested_without_end_is_no_layout(tmp_path):
    (tmp_path / "manifest.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="no data set"):
        examine_data(tmp_path)
