"""GEOBench-VLM: data layouts, missing pictures, bad records."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner
from vlm_tools import opened, packed, pictures, questions

from geobench_tools.cli import app
from geobench_tools.errors import InputError


def test_folder_archive_and_parquet_give_the_same_questions_and_pictures(tmp_path):
    entries = questions(tmp_path)
    packed(tmp_path)
    (tmp_path / "zip").mkdir()
    (tmp_path / "Single.zip").rename(tmp_path / "zip" / "Single.zip")
    images = [
        {"bytes": path.read_bytes() if path.is_file() else None, "path": None}
        for path in (tmp_path / "Single" / entry["image_path"] for entry in entries)
    ]
    (tmp_path / "parquet").mkdir()
    table = pa.table({
        "image": pa.array(images, pa.struct({"bytes": pa.binary(), "path": pa.string()})),
        **{key: [entry[key] for entry in entries] for key in entries[0]},
    })  # fmt: skip
    pq.write_table(table, tmp_path / "parquet" / "Single.parquet", row_group_size=2)
    folder, archive, parquet = (opened(data=tmp_path / place) for place in (".", "zip", "parquet"))
    assert folder.identity["data_sha256"] == archive.identity["data_sha256"]
    assert folder.identity["data_sha256"] == parquet.identity["data_sha256"]
    shown = []
    for benchmark in (folder, archive, parquet):
        for _ in range(2):
            found = [pictures(sample)[0] for sample in benchmark.samples()]
            shown.append([
                None if not isinstance(one, bytes) and not one.is_file()
                else one if isinstance(one, bytes) else one.read_bytes()
                for one in found
            ])  # fmt: skip
    assert shown[0][1] is None
    assert shown[0][0] != shown[0][2]
    assert all(each == shown[0] for each in shown)


@pytest.mark.parametrize("part", ["hold", "test", "."])
def test_missing_xbd_pictures_are_found_in_xview2s_folders(tmp_path, part):
    questions(tmp_path)
    place = tmp_path / "xview2" / part / "images" / "hurricane_1.png"
    place.parent.mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(place)
    samples = list(opened(data=tmp_path, xbd=str(tmp_path / "xview2")).samples())
    assert [s.metadata.get("xbd", False) for s in samples] == [False, True, False] * 2
    assert pictures(samples[1]) == [place]
    missing = tmp_path / "xview2" / "hold" / "images" / "hurricane_4.png"
    assert pictures(samples[4]) == [missing]
    assert pictures(list(opened(data=tmp_path).samples())[1]) == [
        tmp_path / "Single" / "images" / "xBD_hurricane_1.png"
    ]
    with pytest.raises(InputError, match="is no folder"):
        opened(data=tmp_path, xbd="nowhere")


def test_a_run_says_which_pictures_are_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    questions(tmp_path)
    replies = tmp_path / "replies.jsonl"
    lines = [
        json.dumps({"sample_id": s.sample_id, "text": "B"}) for s in opened(data=tmp_path).samples()
    ]
    replies.write_text("\n".join(lines))
    arguments = ["score", str(replies), "--benchmark", "geobench-vlm", "--data", str(tmp_path)]
    result = CliRunner().invoke(app, [*arguments, "-o", "run"])
    assert result.exit_code == 0, result.output
    scores = json.loads((tmp_path / "run" / "scores.json").read_text())
    assert scores["policies"]["official"]["prompt"] == "geobench-vlm-bd07b001/official/first"
    assert "letters by the authors' scripts" in scores["policies"]["official"]["aggregation"]
    assert "Average of 3 tasks" in (tmp_path / "run" / "report.html").read_text()


def test_sample_answers_are_what_was_drawn():
    for name in ("geobench-vlm", "geobench-vlm-temporal", "geobench-vlm-boxes"):
        benchmark = opened(name)
        assert benchmark.sample
        for sample in benchmark.samples():
            for source in pictures(sample):
                with Image.open(io.BytesIO(source)) as image:
                    assert image.size == (256, 256)
            if name == "geobench-vlm-boxes":
                x1, y1, x2, y2 = sample.target["box"]
                with Image.open(io.BytesIO(pictures(sample)[0])) as image:
                    assert min(image.getpixel(((x1 + x2) // 2 + 4, (y1 + y2) // 2))) > 190
                    assert image.getpixel((x1 - 6, y1 - 6))[2] > 120


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ground_truth_option": "F"}, "question 2: ground_truth_option 'F' is none of A to E"),
        ({"prompts": []}, "question 2 has no prompts"),
        ({"image_path": None}, "no prompts or no image_path"),
        ({"image_size": -3}, "image_size -3 is no size"),
        ({"image_path": "../../up.png"}, "leaves the data"),
    ],
)
def test_bad_records_are_named(tmp_path, change, said):
    entries = questions(tmp_path)
    entries[1] |= change
    (tmp_path / "Single" / "qa.json").write_text(json.dumps(entries))
    with pytest.raises(InputError, match=said):
        list(opened(data=tmp_path).samples())


def test_what_is_missing_is_named_with_a_next_step(tmp_path):
    with pytest.raises(InputError, match=r"has no Single\.zip") as caught:
        opened(data=tmp_path)
    assert "xview2" in caught.value.hint
    (tmp_path / "Single.zip").write_bytes(b"half")
    with pytest.raises(InputError, match="no whole zip archive"):
        opened(data=tmp_path)
    with pytest.raises(InputError, match=r"aialliance/GEOBench-VLM@b3485fe.* cannot be fetched"):
        opened(data="hub")


def test_the_hubs_archive_at_the_pinned_commit_is_read_from_its_cache(tmp_path, monkeypatch):
    questions(tmp_path)
    packed(tmp_path)
    cache = tmp_path / "cache"
    revision = "b3485fe4971213ee13f91960638ddc5c4a098e70"
    place = cache / "datasets--aialliance--GEOBench-VLM" / "snapshots" / revision
    place.mkdir(parents=True)
    (tmp_path / "Single.zip").rename(place / "Single.zip")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    benchmark = opened(data="hub")
    assert benchmark.identity["data"] == f"aialliance/GEOBench-VLM@{revision}"
    assert isinstance(pictures(next(benchmark.samples()))[0], bytes)
