"""What every export promises: checks first, nothing half-written, same input same bytes."""

import gc
import json
import os
import pathlib
import shutil
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_set import content, edit_manifest, write_set
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.cli import export as export_cli
from geobench_tools.errors import InputError
from geobench_tools.pairing import TARGETS, ExportConfig, _sets, export_pairs
from geobench_tools.pairing._export import _images
from geobench_tools.pairing._export._target import Target
from geobench_tools.provenance import read_manifest

PATH_TARGETS = ("vlm-r1", "ms-swift", "llamafactory")


@pytest.fixture
def pairs(tmp_path):
    return write_set(tmp_path, rotations=True)


def export(pairs, to, out, **options):
    return export_pairs(ExportConfig(pairs.folder, to, out, **options))


def tree(folder):
    """Return the bytes of all files, without what says when and where the export was made."""
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    manifest = json.loads(files["manifest.json"])
    del manifest["run"]
    return files | {"manifest.json": manifest}


def refused(pairs, to, out, **options):
    before = sorted(out.parent.iterdir())
    with pytest.raises(InputError) as caught:
        export(pairs, to, out, **options)
    assert caught.value.hint
    assert sorted(set(out.parent.iterdir()) - set(before)) in ([], [listing(out)])
    return caught.value


def listing(out):
    return out.with_name(f"{out.name}-missing-images.csv")


@pytest.mark.parametrize("to", TARGETS)
def test_same_input_same_bytes(pairs, tmp_path, to):
    for name in ("one", "two"):
        export(pairs, to, tmp_path / name)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


@pytest.mark.parametrize("to", TARGETS)
def test_part_files_do_not_matter(tmp_path, to):
    sets = [write_set(tmp_path / str(parts), parts=parts) for parts in (1, 3)]
    for pairs, name in zip(sets, ("one", "two"), strict=True):
        export(pairs, to, tmp_path / name)
    one, two = tree(tmp_path / "one"), tree(tmp_path / "two")
    for files in (one, two):
        del files["manifest.json"]["inputs"]
    assert one == two


def test_manifest_says_what_was_made_from_what(pairs, tmp_path):
    report = export(pairs, "vlm-r1", tmp_path / "out", splits=("val", "test"))
    manifest = read_manifest(tmp_path / "out" / "manifest.json", "export")
    assert manifest.parameters["to"] == "vlm-r1"
    assert manifest.parameters["splits"] == ["val", "test"]
    assert manifest.counts["val_rows"] == report.rows["val"] == 16
    assert [Path(entry.path).name for entry in manifest.inputs] == ["manifest.json", "val", "test"]


def test_an_export_is_not_replaced_unasked(pairs, tmp_path):
    out = tmp_path / "out"
    export(pairs, "trl", out)
    assert "exists already" in refused(pairs, "hf", out).message
    export(pairs, "hf", out, overwrite=True)
    assert read_manifest(out / "manifest.json", "export").parameters["to"] == "hf"


def test_overwrite_spares_what_is_no_export(pairs, tmp_path):
    with pytest.raises(InputError, match="not 'export'"):
        export(pairs, "hf", pairs.folder, overwrite=True)
    other = tmp_path / "photos"
    other.mkdir()
    (other / "mine.jpg").write_bytes(b"x")
    with pytest.raises(InputError):
        export(pairs, "hf", other, overwrite=True)
    assert (other / "mine.jpg").exists()


@pytest.mark.parametrize("to", TARGETS)
def test_missing_images_are_all_named_first(pairs, tmp_path, to):
    gone = ["street/0/1.jpg", "street/2/0.jpg"]
    for name in gone:
        (tmp_path / "ground" / name).unlink()
    error = refused(pairs, to, tmp_path / "out")
    assert all(name in error.message for name in gone)
    assert "2 images cannot be exported (missing: 2)" in error.message
    assert "balance within a clique" in error.hint


def test_a_long_list_of_missing_images_goes_to_a_file(pairs, tmp_path):
    shutil.rmtree(tmp_path / "ground")
    error = refused(pairs, "trl", tmp_path / "out")
    assert str(listing(tmp_path / "out")) in error.message
    assert len(listing(tmp_path / "out").read_text().splitlines()) == 1 + 24


@pytest.mark.parametrize(
    ("broken", "says"),
    [(b"", "empty"), (b"<html>no tile here</html>", "not an image")],
)
@pytest.mark.parametrize("allow", [False, True])
def test_broken_images_are_refused(pairs, tmp_path, broken, says, allow):
    (tmp_path / "ground" / "street/1/2.jpg").write_bytes(broken)
    options = {"allow_missing_images": allow}
    assert (
        f"street/1/2.jpg: {says}" in refused(pairs, "ms-swift", tmp_path / "out", **options).message
    )


@pytest.mark.parametrize("how", ["dots", "link"])
def test_no_image_outside_its_root(pairs, tmp_path, how):
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(content("secret"))
    if how == "link":
        target = tmp_path / "ground/street/0/0.jpg"
        target.unlink()
        target.symlink_to(secret)
    else:
        edit_image(pairs, "../secret.jpg")
    for allow in (False, True):
        error = refused(pairs, "vlm-r1", tmp_path / "out", allow_missing_images=allow)
        assert "leaves the image root" in error.message


def edit_image(pairs, path):
    part = pairs.parts("train")[0]
    rows = pq.read_table(part).to_pylist()
    rows[0]["ground_image"] = path
    pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(part)), part)


@pytest.mark.parametrize("to", TARGETS)
def test_sets_without_images(tmp_path, to):
    pairs = write_set(tmp_path, images=False)
    error = refused(pairs, to, tmp_path / "out")
    assert "names no ground or satellite images" in error.message
    assert "fetch-tiles" in error.hint
    if to not in PATH_TARGETS:
        error = refused(pairs, to, tmp_path / "out", allow_missing_images=True)
        assert "holds the pixels" in error.message


@pytest.mark.parametrize("to", PATH_TARGETS)
def test_rows_without_image_files_on_request(tmp_path, to):
    pairs = write_set(tmp_path, images=False)
    report = export(pairs, to, tmp_path / "out", allow_missing_images=True)
    assert (report.image_files, report.missing_images) == (0, 48)
    lines = (tmp_path / "out" / "images.csv").read_text().splitlines()
    assert len(lines) == 49
    assert all(line.endswith(",no") for line in lines[1:])
    with_images = write_set(tmp_path / "later")
    export(with_images, to, tmp_path / "again")
    named = {line.split(",")[0] for line in lines[1:]}
    assert named == {
        str(path.relative_to(tmp_path / "again")) for path in (tmp_path / "again").rglob("*.jpg")
    }


def test_links(pairs, tmp_path):
    report = export(pairs, "vlm-r1", tmp_path / "out", images="link", splits=("train",))
    links = [path for path in (tmp_path / "out" / "images").rglob("*") if path.is_symlink()]
    assert len(links) == report.image_files == 32
    assert {Path(os.readlink(link)).parent.parent.name for link in links} <= {
        "street",
        tmp_path.name,
    }


def test_paths_in_place(pairs, tmp_path):
    export(pairs, "ms-swift", tmp_path / "out", image_folder=tmp_path, splits=("train",))
    line = json.loads((tmp_path / "out" / "train.jsonl").read_text().splitlines()[0])
    row = next(pairs.iter_questions("train"))
    assert line["images"][0] == f"ground/{row['ground_image']}"
    assert line["images"][1:] == [f"satellite/{path}" for path in row["candidate_images"]]
    assert not (tmp_path / "out" / "images").exists()
    assert "names" in (tmp_path / "out" / "README.md").read_text()


def test_paths_in_place_stay_in_the_folder(pairs, tmp_path):
    error = refused(pairs, "ms-swift", tmp_path / "out", image_folder=tmp_path / "ground")
    assert error.message == f"24 images lie outside {tmp_path / 'ground'}"
    assert error.hint.endswith(f"such as {tmp_path.resolve()}")


@pytest.mark.parametrize(
    ("to", "options", "says"),
    [
        ("hf", {"images": "copy"}, "holds the images in its own files"),
        ("webdataset", {"image_folder": Path()}, "holds the images in its own files"),
        ("trl", {"images": "link", "image_folder": Path()}, "none is copied or linked"),
        ("verl", {"splits": ("tets",)}, "no split 'tets'"),
        ("gguf", {}, "no export target 'gguf'"),
        ("hf", {"shard_bytes": 0}, "shards of 0 bytes"),
    ],
)
def test_bad_options(pairs, tmp_path, to, options, says):
    assert says in refused(pairs, to, tmp_path / "out", **options).message


def test_splits_without_questions(tmp_path):
    pairs = write_set(tmp_path, cliques={"train": 1})
    assert (
        "no questions in test" in refused(pairs, "hf", tmp_path / "out", splits=("test",)).message
    )
    report = export(pairs, "hf", tmp_path / "out")
    assert report.rows == {"train": 4}
    empty = write_set(tmp_path / "none", cliques={}, images=False)
    assert "no questions at all" in refused(empty, "hf", tmp_path / "empty").message


def test_a_question_that_does_not_fit_k_is_named(pairs, tmp_path):
    parameters = pairs.manifest.parameters | {"k": 5}
    changed = edit_manifest(pairs, parameters=parameters)
    assert "question 0 of train (photo-0-" in refused(changed, "hf", tmp_path / "out").message


def test_a_broken_part_is_named(pairs, tmp_path):
    part = pairs.parts("train")[0]
    part.write_bytes(part.read_bytes()[:-9])
    assert str(part) in refused(pairs, "vlm-r1", tmp_path / "out").message


def test_nothing_is_left_when_writing_fails(pairs, tmp_path, monkeypatch):
    def fails(self, splits):
        raise OSError("disk full")

    monkeypatch.setattr(Target, "finish", fails)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OSError, match="disk full"):
        export(pairs, "ms-swift", tmp_path / "out")
    assert sorted(tmp_path.iterdir()) == before


class MemoryWatch:
    """Records the traced memory at every 60th row.

    Garbage that waits to be collected does not count, nor what pathlib interns: the interpreter's
    table of such strings grows at once by megabytes, whenever it is full.
    """

    def __init__(self):
        self.rows = self.most = 0

    def advance(self, rows):
        self.rows += rows
        if self.rows % 60 == 0:
            gc.collect()
            interned = tracemalloc.Filter(inclusive=False, filename_pattern=pathlib.__file__)
            held = tracemalloc.take_snapshot().filter_traces([interned]).statistics("filename")
            self.most = max(self.most, sum(one.size for one in held))

    @contextmanager
    def task(self, label, total=None):
        yield self.advance


def test_memory_does_not_grow_with_the_set(tmp_path, monkeypatch):
    monkeypatch.setitem(_sets.PairingSet.question_batches.__kwdefaults__, "rows", 64)
    monkeypatch.setattr(_images, "_CACHED_FILES", 64)
    watches = []
    for cliques in (30, 30, 150):
        folder = tmp_path / str(len(watches))
        pairs = write_set(folder, cliques={"train": cliques})
        config = ExportConfig(pairs.folder, "webdataset", folder / "tar", shard_bytes=1_000_000)
        watches.append(MemoryWatch())
        tracemalloc.start()
        export_pairs(config, progress=watches[-1])
        tracemalloc.stop()
    assert watches[2].rows > watches[1].rows > 0
    rows_more = 4 * (150 - 30)
    assert (watches[2].most - watches[1].most) / rows_more < 400, "bytes kept for each row"


def test_command(pairs, tmp_path):
    arguments = ["export-pairs", str(pairs.folder), "--to", "trl", "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*arguments, "--split", "val", "--split", "test", "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["rows"] == {"val": 16, "test": 16}
    assert document["out"] == str(tmp_path / "out")
    again = CliRunner().invoke(app, [*arguments, "--quiet"])
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_command_knows_all_targets():
    assert [target.value for target in export_cli.Target] == list(TARGETS)
