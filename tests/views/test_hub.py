"""Data sets of the Hub and local copies of them, made and read by the real package."""

import gc
import json
import shutil
import socket
import sys
from pathlib import Path

import datasets
import huggingface_hub
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from geobench_tools.errors import InputError
from geobench_tools.views._hub import is_hub_name, read_hub
from geobench_tools.views._options import ReadOptions

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))
    datasets.disable_progress_bars()


@pytest.fixture
def images(tmp_path) -> list[str]:
    folder = tmp_path / "images"
    folder.mkdir()
    for i in range(3):
        Image.new("RGB", (8 + i, 6), (i * 60, 0, 0)).save(folder / f"{i}.png")
    return [str(folder / f"{i}.png") for i in range(3)]


@pytest.fixture
def dataset(images) -> datasets.Dataset:
    made = datasets.Dataset.from_dict(
        {
            "id": ["a", "b", "c"],
            "photo": images,
            "lat": [1.0, 2.0, 3.0],
            "lon": [4.0, 5.0, 6.0],
            "place": [0, 1, 0],
            "tags": [["x"], [], ["y"]],
            "gps": [{"error": 1.5}] * 3,
        }
    )
    made = made.cast_column("photo", datasets.Image())
    return made.cast_column("place", datasets.ClassLabel(names=["Chia", "Lund"]))


def test_folder_of_save_to_disk(tmp_path, dataset):
    dataset.save_to_disk(tmp_path / "copy")
    raw = read_hub(tmp_path / "copy", ReadOptions())
    assert raw.table.to_pylist()[1] == {
        "id": "b",
        "image": None,
        "lat": 2.0,
        "lon": 5.0,
        "place": "Lund",
        "gps.error": 1.5,
    }
    assert raw.files == [str(tmp_path / "copy")] * 3
    assert raw.rows == [1, 2, 3]
    assert raw.notes == {
        "columns that hold no single values, left out": 1,
        "images inside the data set, not exported": 3,
    }


def test_splits_are_read_in_turn_or_alone(tmp_path, dataset):
    both = datasets.DatasetDict({"train": dataset, "test": dataset.select([2, 0])})
    both.save_to_disk(tmp_path / "copy")
    name = str(tmp_path / "copy")
    raw = read_hub(name, ReadOptions())
    assert raw.table["id"].to_pylist() == ["a", "b", "c", "c", "a"]
    assert raw.rows == [1, 2, 3, 1, 2]
    assert raw.files[0] == f"{name}:train"
    assert raw.files[-1] == f"{name}:test"
    for one in (read_hub(f"{name}:test", ReadOptions()), read_hub(name, ReadOptions(split="test"))):
        assert one.table["id"].to_pylist() == ["c", "a"]
        assert one.rows == [1, 2]
    with pytest.raises(InputError, match="no split 'none'") as caught:
        read_hub(name, ReadOptions(split="none"))
    assert caught.value.hint == "its splits are train, test"
    with pytest.raises(InputError, match="two splits"):
        read_hub(f"{name}:test", ReadOptions(split="train"))


def test_images_are_exported_on_request_only(tmp_path, dataset, images):
    dataset.save_to_disk(tmp_path / "copy")
    before = sorted(tmp_path.rglob("*"))
    read_hub(tmp_path / "copy", ReadOptions())
    assert sorted(tmp_path.rglob("*")) == before
    target = tmp_path / "out"
    raw = read_hub(tmp_path / "copy", ReadOptions(export_images=target))
    assert raw.image_root == target
    rows = raw.table.to_pylist()
    for row, source in zip(rows, images, strict=True):
        assert (target / row["image"]).read_bytes() == Path(source).read_bytes()
        assert row["bytes"] == Path(source).stat().st_size
    assert [row["width"] for row in rows] == [8, 9, 10]
    assert rows[0]["image"].endswith(".png")
    stamps = {path: path.stat().st_mtime_ns for path in target.rglob("*.png")}
    again = read_hub(tmp_path / "copy", ReadOptions(export_images=target))
    assert again.table.equals(raw.table)
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*.png")} == stamps


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the package leaves metadata.csv open
def test_image_folder_keeps_its_paths(tmp_path, images):
    folder = tmp_path / "images"
    (folder / "metadata.csv").write_text("file_name,lat,lon\n0.png,1,2\n1.png,3,4\n2.png,5,6\n")
    raw = read_hub(folder, ReadOptions())
    gc.collect()
    assert raw.table["image"].to_pylist() == ["0.png", "1.png", "2.png"]
    assert raw.table["lat"].to_pylist() == [1, 3, 5]
    assert raw.image_root == folder
    assert raw.notes == {}


def test_parquet_shards_by_split(tmp_path, dataset):
    folder = tmp_path / "shards" / "data"
    folder.mkdir(parents=True)
    for i in range(2):
        shard = dataset.shard(2, i, contiguous=True).with_format("arrow")[:]
        column = shard["photo"].combine_chunks()
        data = [Path(path).read_bytes() for path in column.field("path").to_pylist()]
        names = [f"{i}-{j}.png" for j in range(len(data))]
        stored = pa.StructArray.from_arrays([pa.array(data), pa.array(names)], ["bytes", "path"])
        shard = shard.set_column(shard.column_names.index("photo"), "photo", stored)
        shard = shard.replace_schema_metadata(dataset.features.arrow_schema.metadata)
        pa.parquet.write_table(shard, folder / f"train-0000{i}-of-00002.parquet")
    raw = read_hub(tmp_path / "shards", ReadOptions())
    assert raw.table["id"].to_pylist() == ["a", "b", "c"]
    assert raw.table["place"].to_pylist() == ["Chia", "Lund", "Chia"]
    assert raw.table["image"].to_pylist() == [None] * 3
    assert raw.files[0].endswith("shards:train")
    assert raw.rows == [1, 2, 3]
    exported = read_hub(tmp_path / "shards", ReadOptions(export_images=tmp_path / "out"))
    assert len(list((tmp_path / "out").rglob("*.png"))) == 3
    assert exported.table["width"].to_pylist() == [8, 9, 10]
    assert not list(Path(datasets.config.HF_DATASETS_CACHE).rglob("*.arrow"))


def test_parquet_of_others_has_no_features(tmp_path):
    table = pa.table({"lat": [1.5, 2.5], "image": ["a.jpg", "b.jpg"], "tags": [["x"], []]})
    folder = tmp_path / "shards"
    folder.mkdir()
    pa.parquet.write_table(table, folder / "views.parquet")
    raw = read_hub(folder, ReadOptions())
    assert raw.table.to_pylist() == [
        {"lat": 1.5, "image": "a.jpg"},
        {"lat": 2.5, "image": "b.jpg"},
    ]


def test_image_column_beside_a_path_column(tmp_path, images):
    made = datasets.Dataset.from_dict({"image": ["x/a.jpg"], "pixels": images[:1]})
    made.cast_column("pixels", datasets.Image()).save_to_disk(tmp_path / "copy")
    raw = read_hub(tmp_path / "copy", ReadOptions())
    assert raw.table.to_pylist() == [{"image": "x/a.jpg", "pixels": None}]


def test_export_takes_no_file_from_outside(tmp_path, dataset):
    folder = tmp_path / "shards"
    folder.mkdir()
    Image.new("RGB", (4, 4)).save(folder / "own.png")
    cells = [str(tmp_path / "images/0.png"), "../images/1.png", "own.png"]
    table = dataset.with_format("arrow")[:]
    stored = pa.StructArray.from_arrays(
        [pa.array([None] * 3, pa.binary()), pa.array(cells)], ["bytes", "path"]
    )
    table = table.set_column(table.column_names.index("photo"), "photo", stored)
    table = table.replace_schema_metadata(dataset.features.arrow_schema.metadata)
    pa.parquet.write_table(table, folder / "train.parquet")
    raw = read_hub(folder, ReadOptions(export_images=tmp_path / "out"))
    assert [path is None for path in raw.table["image"].to_pylist()] == [True, True, False]
    assert [(p.row, p.column, p.kind) for p in raw.problems] == [
        (1, "photo", "outside-root"),
        (2, "photo", "outside-root"),
    ]
    assert len(list((tmp_path / "out").rglob("*.png"))) == 1


def test_bad_images_are_problems_of_their_row(tmp_path, dataset):
    table = dataset.with_format("arrow")[:]
    data = [b"no image", None, Path(tmp_path / "images/2.png").read_bytes()]
    names = ["bad.png", "gone.png", "ok.png"]
    stored = pa.StructArray.from_arrays([pa.array(data), pa.array(names)], ["bytes", "path"])
    table = table.set_column(table.column_names.index("photo"), "photo", stored)
    table = table.replace_schema_metadata(dataset.features.arrow_schema.metadata)
    folder = tmp_path / "shards"
    folder.mkdir()
    pa.parquet.write_table(table, folder / "train.parquet")
    raw = read_hub(folder, ReadOptions(export_images=tmp_path / "out"))
    assert [(p.row, p.kind, p.value) for p in raw.problems] == [
        (1, "non-image", "bad.png"),
        (2, "missing-image", "gone.png"),
    ]
    assert raw.table.num_rows == 3
    small = ReadOptions(export_images=tmp_path / "out2", max_image_pixels=20)
    assert read_hub(folder, small).problems[-1].kind == "oversized-image"


def test_several_image_columns_keep_their_names(tmp_path, images):
    made = datasets.Dataset.from_dict({"id": ["a"], "pano": images[:1], "tile": images[1:2]})
    for name in ("pano", "tile"):
        made = made.cast_column(name, datasets.Image())
    made.save_to_disk(tmp_path / "copy")
    assert read_hub(tmp_path / "copy", ReadOptions()).table.column_names == ["id", "pano", "tile"]
    options = ReadOptions(columns={"image": "tile"}, export_images=tmp_path / "out")
    raw = read_hub(tmp_path / "copy", options)
    assert raw.table.column_names == ["id", "tile", "width", "height", "bytes"]
    assert (tmp_path / "out" / raw.table["tile"][0].as_py()).read_bytes() == Path(
        images[1]
    ).read_bytes()


def cached_copy(dataset: datasets.Dataset, tmp_path: Path, commit: str) -> None:
    """Put a data set into the cache as if it had been loaded from the Hub."""
    (tmp_path / "from_hub").mkdir()
    dataset.remove_columns("photo").to_parquet(tmp_path / "from_hub" / "train.parquet")
    builder = datasets.load_dataset_builder("parquet", data_dir=str(tmp_path / "from_hub"))
    builder.download_and_prepare()
    target = Path(datasets.config.HF_DATASETS_CACHE) / f"someone___views/default/0.0.0/{commit}"
    shutil.move(builder.cache_dir, target)
    for path in target.glob("parquet-*.arrow"):
        path.rename(target / path.name.replace("parquet-", "views-"))
    info = json.loads((target / "dataset_info.json").read_text())
    info |= {"config_name": "default", "dataset_name": "views"}
    (target / "dataset_info.json").write_text(json.dumps(info))


def test_cached_data_set_is_read_offline(tmp_path, dataset):
    cached_copy(dataset, tmp_path, COMMIT)
    for name in ("someone/views", "hf://datasets/someone/views", "someone/views:train"):
        raw = read_hub(name, ReadOptions(revision=COMMIT))
        assert raw.table["id"].to_pylist() == ["a", "b", "c"]
        assert raw.files == [f"someone/views@{COMMIT[:12]}:train"] * 3
        assert raw.image_root is None
    assert read_hub("someone/views", ReadOptions()).table.num_rows == 3
    with pytest.raises(InputError, match="no split 'test'"):
        read_hub("someone/views:test", ReadOptions())


@pytest.mark.parametrize("revision", ["main", "v1.0", "f" * 40])
def test_cached_copy_of_another_revision_is_not_taken(tmp_path, dataset, revision):
    cached_copy(dataset, tmp_path, COMMIT)
    with pytest.raises(InputError, match="Hub cannot be reached") as caught:
        read_hub("someone/views", ReadOptions(revision=revision))
    assert COMMIT in caught.value.message
    assert "commit hash" in caught.value.hint


def test_where_nobody_answers_the_cache_alone_is_asked(tmp_path, dataset, monkeypatch):
    unused = socket.socket()
    unused.bind(("127.0.0.1", 0))
    port = unused.getsockname()[1]
    for config, name in ((datasets.config, "HF_ENDPOINT"), (huggingface_hub.constants, "ENDPOINT")):
        monkeypatch.setattr(config, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(config, name, f"http://127.0.0.1:{port}")
    waits: list[float] = []
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", waits.append)
    with pytest.raises(InputError, match="is not cached, and cannot be had"):
        read_hub("someone/unknown", ReadOptions())
    cached_copy(dataset, tmp_path, COMMIT)
    assert read_hub("someone/views", ReadOptions()).table.num_rows == 3
    unused.close()
    assert waits == []
    assert not datasets.config.HF_HUB_OFFLINE
    assert not huggingface_hub.constants.HF_HUB_OFFLINE


def test_tables_that_do_not_belong_together(tmp_path, capfd):
    for name, table in (("a", {"id": [1]}), ("b", {"lat": [1.5]})):
        pq.write_table(pa.table(table), tmp_path / f"{name}.parquet")
    with pytest.raises(InputError, match=r"cannot be read: Couldn't cast .* column names"):
        read_hub(tmp_path, ReadOptions())
    assert capfd.readouterr() == ("", "")


def test_offline_and_not_cached_names_both_ways():
    with pytest.raises(InputError, match="someone/unknown") as caught:
        read_hub("someone/unknown:train", ReadOptions())
    assert "go online" in caught.value.hint
    assert "save_to_disk" in caught.value.hint


def test_folders_that_are_no_data_sets(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="neither images nor Parquet"):
        read_hub(tmp_path / "empty", ReadOptions())
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "train.parquet").write_bytes(b"PAR1 no parquet")
    with pytest.raises(InputError, match="broken"):
        read_hub(tmp_path / "broken", ReadOptions())
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "state.json").write_text("{}")
    with pytest.raises(InputError, match="disk"):
        read_hub(tmp_path / "disk", ReadOptions())
    with pytest.raises(InputError, match="neither a folder nor"):
        read_hub("a/b/c/d", ReadOptions())


def test_code_of_a_data_set_is_never_run(tmp_path):
    folder = tmp_path / "evil"
    folder.mkdir()
    marker = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(marker)!r}, 'w')\n")
    Image.new("RGB", (4, 4)).save(folder / "a.png")
    raw = read_hub(folder, ReadOptions())
    assert raw.table["image"].to_pylist() == ["a.png"]
    assert not marker.exists()
    assert "evil" not in sys.modules


def test_local_copies_send_no_download_count(tmp_path, dataset, monkeypatch):
    dataset.save_to_disk(tmp_path / "copy")
    seen = []
    loader = datasets.load_dataset

    def spy(*args, **kwargs):
        seen.append(datasets.config.HF_UPDATE_DOWNLOAD_COUNTS)
        return loader(*args, **kwargs)

    monkeypatch.setattr(datasets.config, "HF_UPDATE_DOWNLOAD_COUNTS", True)
    monkeypatch.setattr(datasets, "load_dataset", spy)
    read_hub(tmp_path / "images", ReadOptions())
    assert seen == [False]
    assert datasets.config.HF_UPDATE_DOWNLOAD_COUNTS is True


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("owner/name", True),
        ("owner/name:test", True),
        ("owner/name/config:test", True),
        ("hf://datasets/o/n", True),
        ("name", False),
        ("./a/b", False),
        ("a/b/c/d", False),
        ("/abs/path", False),
    ],
)
def test_names_of_the_hub(text, is_name):
    assert is_hub_name(text) is is_name
