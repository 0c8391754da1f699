"""GeoChain: tables, pictures, the answers by city."""

import csv
import hashlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from datasets import Dataset
from datasets import Image as ImageFeature
from geochain_tools import ABOUT, opened
from PIL import Image

from geobench_tools.benchmarks import _geochain_data as data_module
from geobench_tools.benchmarks._geochain_truth import CITY_COLUMNS
from geobench_tools.errors import InputError


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
        (("paris,query", "..,.."), r"row 2: '\.\.' is no name"),
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


@pytest.mark.parametrize(
    ("score", "level"),
    [("0.45", "easy"), ("0.4499", "medium"), ("0.22", "medium"), ("0.2199", "hard"), ("0", "hard")],
)
def test_difficulty_is_that_of_the_papers_locatability(folder, score, level):
    path = folder / "test_samples.csv"
    path.write_text(path.read_text().replace("0.15", score))
    *_, last = opened(data=folder).samples()
    assert last.metadata["difficulty"] == level
