"""The file layouts in which photos with a position are published."""

import io
import json
import tarfile
import zipfile

import pytest
from datasets import Dataset
from datasets import Image as ImageFeature
from PIL import Image

from geobench_tools.benchmarks import BenchmarkOptions, benchmark_info, open_benchmark
from geobench_tools.benchmarks._pictures import find_pictures, picture_name
from geobench_tools.errors import InputError

GLOBE = (
    "IMG_ID,LAT,LON,city,country\n7e_c3_81.jpg,45.76,4.84,Lyon,France\nab,35.7,139.7,Tokyo,Japan\n"
)


def picture(colour=(10, 120, 40), kind="JPEG"):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(buffer, kind)
    return buffer.getvalue()


def opened(subset, data, **options):
    return open_benchmark(subset, BenchmarkOptions(data=str(data), **options))


def pictures(benchmark):
    return {s.sample_id: s.messages[1].parts[0].source for s in benchmark.samples()}


def test_globe_table_with_loose_pictures(tmp_path):
    (tmp_path / "mp16-reason-test-12k.csv").write_text(GLOBE)
    (tmp_path / "eval_images").mkdir()
    (tmp_path / "eval_images/7e_c3_81.jpg").write_bytes(picture())
    benchmark = opened("mp16-reason", tmp_path)
    first, second = benchmark.samples()
    assert first.target == {"city": "Lyon", "country": "France", "lat": 45.76, "lon": 4.84}
    assert [s.sample_id for s in (first, second)] == ["7e_c3_81", "ab"]
    assert pictures(benchmark) == {
        "7e_c3_81": tmp_path / "eval_images/7e_c3_81.jpg",
        "ab": tmp_path / "ab.jpg",
    }


@pytest.mark.parametrize(("subset", "name"), [
    ("mp16-reason", "test.csv"), ("im2gps3k", "im2gps3k_places365.csv"),
    ("im2gps3k", "img2gps3k_gt.csv"), ("yfcc4k", "yfcc4k_places365.csv"), ("osv5m", "test.csv"),
])  # fmt: skip
@pytest.mark.parametrize("below", ["", "test"])
def test_tables_by_their_usual_names(tmp_path, subset, name, below):
    folder = tmp_path / below
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("id,latitude,longitude\n1,10,20\n2,,\n3,-10,-20\n")
    benchmark = opened(subset, tmp_path)
    assert [s.sample_id for s in benchmark.samples()] == ["1", "3"]
    assert benchmark.identity["left_out"] == 1


def test_osv5m_takes_codes_before_numbers(tmp_path):
    (tmp_path / "test.csv").write_text(
        "id,latitude,longitude,country,region,sub-region,city,unique_country\n"
        "9,-43.8,-176.6,8,Chatham Islands,,Waitangi,NZ\n10,-22.5,17.1,3,nan,,nan,NA\n"
    )
    targets = [s.target for s in opened("osv5m", tmp_path).samples()]
    assert targets[0]["country"] == "NZ"
    assert targets[0]["state"] == "Chatham Islands"
    assert targets[1] == {"country": "NA", "lat": -22.5, "lon": 17.1}


def test_info_txt_of_yfcc4k(tmp_path):
    fields = [["0", "abc"] + [f"f{i}" for i in range(10)] + ["4.84", "45.76", "x"]]
    (tmp_path / "info.txt").write_text("\n".join("\t".join(line) for line in fields) + "\n")
    (sample,) = opened("yfcc4k", tmp_path).samples()
    assert (sample.sample_id, sample.target) == ("abc", {"lat": 45.76, "lon": 4.84})


def test_info_json_of_im2gps(tmp_path):
    lines = ["title: x", "latitude: 45.76", "longitude: 4.84", "a", "b"]
    (tmp_path / "info.json").write_text(json.dumps({"abc.jpg": lines, "none.jpg": []}))
    benchmark = opened("im2gps3k", tmp_path)
    (sample,) = benchmark.samples()
    assert (sample.sample_id, sample.target) == ("abc", {"lat": 45.76, "lon": 4.84})
    assert benchmark.identity["left_out"] == 1


@pytest.mark.parametrize("packed", ["zip", "tar"])
def test_pictures_in_archives_are_read_in_place(tmp_path, packed):
    (tmp_path / "test.csv").write_text(GLOBE)
    (tmp_path / "images").mkdir()
    if packed == "zip":
        with zipfile.ZipFile(tmp_path / "images/00.zip", "w") as archive:
            archive.writestr("test/7e_c3_81.jpg", picture())
            archive.writestr("../ab.png", picture(kind="PNG"))
    else:
        with tarfile.open(tmp_path / "images/00.tar", "w") as archive:
            for name, data in (("x/7e_c3_81.jpg", picture()), ("ab.png", picture(kind="PNG"))):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    found = pictures(opened("mp16-reason", tmp_path))
    assert found == {"7e_c3_81": picture(), "ab": picture(kind="PNG")}
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        f"00.{packed}",
        "images",
        "test.csv",
    ]


def test_loose_pictures_go_before_packed_ones(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x.jpg", picture((0, 0, 0)))
    (tmp_path / "x.jpg").write_bytes(picture((255, 0, 0)))
    assert find_pictures(tmp_path)["x"].source == tmp_path / "x.jpg"


def shard(folder, name, *cities):
    rows = {
        "IMG_ID": [f"{name}{i}.jpg" for i in range(len(cities))],
        "LAT": [45.76] * len(cities), "LON": [4.84] * len(cities),
        "city": list(cities), "country": ["France"] * len(cities),
        "image": [{"bytes": picture((i, 9, 9)), "path": None} for i in range(len(cities))],
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    made = Dataset.from_dict(rows).cast_column("image", ImageFeature())
    made.to_parquet(str(folder / f"{name}-00000-of-00001.parquet"))


def test_a_local_copy_in_parquet(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shard(tmp_path / "copy", "data", "Lyon", "Paris")
    benchmark = opened("mp16-reason", tmp_path / "copy")
    assert [s.target["city"] for s in benchmark.samples()] == ["Lyon", "Paris"]
    kept = [path.read_bytes() for path in pictures(benchmark).values()]
    assert kept == [picture((0, 9, 9)), picture((1, 9, 9))]


def test_only_the_test_split_of_a_copy_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shard(tmp_path / "copy", "train", "Nice", "Brest", "Lille")
    shard(tmp_path / "copy", "test", "Lyon", "Paris")
    assert opened("mp16-reason", tmp_path / "copy").size() == 2
    assert opened("mp16-reason", tmp_path / "copy", split="train").size() == 3
    assert opened("mp16-reason", f"{tmp_path / 'copy'}:train").size() == 3


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("IMG_ID,city\na,b\n", "no column for lat, lon"),
        ("id,lat,lon\na,91,0\n", r"row 2: \(91.0, 0.0\) is no position"),
        ("id,lat,lon\na,1,2\na,1,3\n", "row 3: 'a' occurs again"),
        ("id,lat,lon\n,1,2\nb,x,y\n", "no photo with a position"),
    ],
)
def test_bad_tables_name_the_row(tmp_path, table, message):
    (tmp_path / "test.csv").write_text(table)
    with pytest.raises(InputError, match=message):
        opened("mp16-reason", tmp_path)


def test_equal_rows_count_once(tmp_path):
    (tmp_path / "test.csv").write_text("id,lat,lon\na,1,2\na.jpg,1,2\n")
    benchmark = opened("mp16-reason", tmp_path)
    assert (benchmark.size(), benchmark.identity["left_out"]) == (1, 1)


@pytest.mark.parametrize(("name", "content"), [("a.zip", b"x"), ("a.tar", b"x"), ("a.tgz", b"x")])
def test_broken_and_compressed_archives_are_named(tmp_path, name, content):
    (tmp_path / "test.csv").write_text(GLOBE)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        opened("mp16-reason", tmp_path)


def test_a_compressed_tar_beside_its_unpacked_pictures_does_not_matter(tmp_path):
    (tmp_path / "x.tar.gz").write_bytes(b"")
    (tmp_path / "a.jpg").write_bytes(picture())
    assert list(find_pictures(tmp_path)) == ["a"]


def test_a_broken_picture_in_an_archive_is_named(tmp_path):
    (tmp_path / "test.csv").write_text(GLOBE)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("7e_c3_81.jpg", picture() * 20)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[60:80] = bytes(20)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.zip: 7e_c3_81\.jpg cannot be read"):
        list(opened("mp16-reason", tmp_path).samples())


def test_what_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"holds none of mp16-reason-test-12k.csv"):
        opened("mp16-reason", tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        opened("mp16-reason", tmp_path / "nothing/at/all")
    with pytest.raises(InputError, match="no data set of im2gps3k on the Hub"):
        opened("im2gps3k", "hub")
    with pytest.raises(InputError, match="without a revision"):
        opened("mp16-reason", "hub")
    with pytest.raises(InputError, match=r"osv5m/osv5m@cff33609.* cannot be fetched"):
        opened("osv5m", "hub")
    with pytest.raises(InputError, match=r"owner/a--b@x cannot be fetched"):
        opened("osv5m", "owner/a--b:test", revision="x")


def test_a_snapshot_of_the_hub_is_read_like_a_folder(tmp_path, monkeypatch):
    seen = {}

    def snapshot(name, **options):
        seen.update(options, name=name)
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    (tmp_path / "test.csv").write_text("id,latitude,longitude,unique_country\n1,10,20,NG\n")
    benchmark = opened("osv5m", "hub")
    assert benchmark.size() == 1
    assert seen["name"] == "osv5m/osv5m"
    assert seen["revision"] == "cff33609b56b54d8743b7ee7a416eb8433e9a681"
    assert seen["allow_patterns"] == ["test.csv", "images/test/*"]
    assert benchmark.identity["data"] == f"osv5m/osv5m@{seen['revision']}"
    assert opened("osv5m", "hub", revision="mine").identity["data"] == "osv5m/osv5m@mine"
    assert seen["revision"] == "mine"


def test_picture_names():
    assert picture_name("a/b.c.JPG") == "b.c"
    assert picture_name("x@N01") == "x@N01"
    assert picture_name("12.5") == "12.5"


def test_a_subset_says_more_than_its_family():
    assert benchmark_info("osv5m").facts["licence"].startswith("CC BY-SA")
    assert benchmark_info("yfcc4k").facts["hub"] == "none known"
    assert benchmark_info("mp16-reason").facts["hub"] == "globe-project/MP16-Reason"
