"""Each export is read back by its library where that installs, else by its documented schema."""

import csv
import errno
import io
import json
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from small_set import content, write_set

from geobench_tools.errors import InputError
from geobench_tools.pairing import LETTERS, ExportConfig, export_pairs, load_prompt
from geobench_tools.pairing._export import _parquet

PATH_TARGETS = ("vlm-r1", "ms-swift", "llamafactory")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("set"), rotations=True)


@pytest.fixture(scope="module")
def expected(pairs):
    """The question of each id, as the set itself says."""
    return {
        split: {
            row["ground_id"] + (f"#r{row['rotation']}" if row["rotation"] else ""): row
            for row in pairs.iter_questions(split)
        }
        for split in ("train", "val", "test")
    }


def export(pairs, to, tmp_path, **options):
    out = tmp_path / to
    report = export_pairs(ExportConfig(pairs.folder, to, out, **options))
    return out, report


def assert_images(row, ground, candidates, k=4):
    """The right bytes are at the right places."""
    assert ground == content(row["ground_id"])
    assert [*candidates] == [content(name) for name in row["candidate_ids"]]
    assert len(candidates) == k


def files_of(folder, paths):
    return [(folder / path).read_bytes() for path in paths]


def decoded(image):
    return image.convert("RGB").tobytes()


def pixels(view_id):
    return decoded(Image.open(io.BytesIO(content(view_id))))


def test_vlm_r1_rows_are_what_its_loader_reads(pairs, expected, tmp_path):
    out, report = export(pairs, "vlm-r1", tmp_path)
    assert report.rows == {"train": 16, "val": 16, "test": 16}
    for split, rows in expected.items():
        lines = [json.loads(line) for line in (out / f"{split}.jsonl").read_text().splitlines()]
        assert [line["id"] for line in lines] == list(rows)
        for line in lines:
            row = rows[line["id"]]
            ground, *candidates = files_of(out, line["image"])
            assert_images(row, ground, candidates)
            human, gpt = line["conversations"]
            assert (human["from"], gpt["from"], gpt["value"]) == ("human", "gpt", row["answer"])
            assert line["accu_reward_method"] == "mcq"
            assert "<image>" not in human["value"]
            assert "<think>" not in human["value"], "the loader appends the instruction"
            assert "image 2 is candidate A" in human["value"]


def test_vlm_r1_has_letters_only(pairs, tmp_path):
    with pytest.raises(InputError, match="letters only"):
        export(pairs, "vlm-r1", tmp_path, answer="numbers")


@pytest.mark.parametrize("to", ["ms-swift", "llamafactory"])
def test_message_rows_have_one_mark_for_each_image_in_order(pairs, expected, tmp_path, to):
    from datasets import load_dataset

    out, _ = export(pairs, to, tmp_path)
    name = "{}.jsonl" if to == "ms-swift" else "geor1_pairing_{}.json"
    for split, rows in expected.items():
        path = str(out / name.format(split))
        cache = str(tmp_path / "cache")
        table = load_dataset("json", data_files=path, split="train", cache_dir=cache)
        assert table["id"] == list(rows)
        for line in table:
            row = rows[line["id"]]
            text = line["messages"][0]["content"]
            assert text.count("<image>") == len(line["images"]) == 5
            assert text.index("<image>") < text.index("A: <image>") < text.index("D: <image>")
            ground, *candidates = files_of(out, line["images"])
            assert_images(row, ground, candidates)
            if to == "ms-swift":
                assert [turn["role"] for turn in line["messages"]] == ["user"]
                assert line["solution"] == row["answer"]
            else:
                answer = {"role": "assistant", "content": f"<answer>{row['answer']}</answer>"}
                assert line["messages"][1] == answer


def test_llamafactory_data_sets_are_declared(pairs, tmp_path):
    out, report = export(pairs, "llamafactory", tmp_path, splits=("train",))
    info = json.loads((out / "dataset_info.json").read_text())
    assert list(info) == ["geor1_pairing_train"]
    entry = info["geor1_pairing_train"]
    assert entry["formatting"] == "sharegpt"
    assert entry["columns"] == {"messages": "messages", "images": "images"}
    assert len(json.loads((out / entry["file_name"]).read_text())) == 16
    assert "no GRPO" in report.note
    assert "no GRPO" in (out / "README.md").read_text()


def test_trl_rows_load_and_decode(pairs, expected, tmp_path):
    from datasets import load_dataset

    out, report = export(pairs, "trl", tmp_path)
    assert report.images == "embed"
    loaded = load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == report.rows
    for split, rows in expected.items():
        assert loaded[split]["id"] == list(rows)
        for line in loaded[split]:
            assert line["solution"] == rows[line["id"]]["answer"]
            names = [line["id"].partition("#")[0], *rows[line["id"]]["candidate_ids"]]
            assert [decoded(image) for image in line["images"]] == [pixels(n) for n in names]
            (turn,) = line["prompt"]
            parts = turn["content"]
            assert [part["type"] for part in parts].count("image") == len(line["images"])
            assert not any("image" in part for part in parts), (
                "TRL takes the key for a filled image"
            )
            before = [
                parts[i - 1]["text"][-3:] for i, part in enumerate(parts) if part["type"] == "image"
            ]
            assert before[1:] == ["A: ", "B: ", "C: ", "D: "]


def test_trl_paths_cast_to_images(pairs, expected, tmp_path):
    from datasets import Image as ImageFeature
    from datasets import List, load_dataset

    out, _ = export(pairs, "trl", tmp_path, images="copy", splits=("test",))
    rows = load_dataset(str(out), split="test", cache_dir=str(tmp_path / "cache"))
    rows = rows.map(lambda row: {"images": [f"{out}/{path}" for path in row["images"]]})
    rows = rows.cast_column("images", List(ImageFeature()))
    for line in rows:
        row = expected["test"][line["id"]]
        names = [row["ground_id"], *row["candidate_ids"]]
        assert [decoded(image) for image in line["images"]] == [pixels(name) for name in names]


def test_verl_rows_have_the_documented_schema(pairs, expected, tmp_path):
    out, _ = export(pairs, "verl", tmp_path)
    for split, rows in expected.items():
        (path,) = out.glob(f"{split}-*.parquet")
        lines = pq.read_table(path).to_pylist()
        for index, (line, row) in enumerate(zip(lines, rows.values(), strict=True)):
            assert line["data_source"] == "geor1/cross_view"
            assert line["ability"] == "geo"
            assert line["reward_model"] == {"style": "rule", "ground_truth": row["answer"]}
            assert (line["extra_info"]["index"], line["extra_info"]["split"]) == (index, split)
            (turn,) = line["prompt"]
            assert turn["role"] == "user"
            assert turn["content"].count("<image>") == len(line["images"])
            assert all(set(image) == {"bytes"} for image in line["images"])
            ground, *candidates = (image["bytes"] for image in line["images"])
            assert_images(row, ground, candidates)


def test_verl_paths(pairs, expected, tmp_path):
    out, _ = export(pairs, "verl", tmp_path, images="link", splits=("train",))
    for line in pq.read_table(out / "train-00000.parquet").to_pylist():
        ground, *candidates = files_of(out, line["images"])
        assert_images(expected["train"][line["extra_info"]["id"]], ground, candidates)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_webdataset_samples(pairs, expected, tmp_path):
    import webdataset

    out, _ = export(pairs, "webdataset", tmp_path, shard_bytes=20_000)
    for split, rows in expected.items():
        shards = sorted(str(path) for path in out.glob(f"{split}-*.tar"))
        assert len(shards) > 1
        samples = list(webdataset.WebDataset(shards, shardshuffle=False).decode("pil"))
        assert [sample["json"]["id"] for sample in samples] == list(rows)
        for sample in samples:
            row = rows[sample["json"]["id"]]
            assert sample["json"]["answer_index"] == row["answer_index"]
            assert decoded(sample["ground.jpg"]) == pixels(row["ground_id"])
            shown = [decoded(sample[f"{i}.jpg"]) for i in range(4)]
            assert shown == [pixels(name) for name in row["candidate_ids"]]


def test_webdataset_shards_are_bounded_and_anonymous(pairs, tmp_path):
    out, _ = export(pairs, "webdataset", tmp_path, shard_bytes=20_000)
    for path in out.glob("*.tar"):
        assert path.stat().st_size <= 20_000 + 1024
        with tarfile.open(path) as tar:
            for entry in tar:
                facts = (entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname, entry.mode)
                assert facts == (0, 0, 0, "", "", 0o644)


@pytest.mark.parametrize("how", ["folder", "parquet"])
def test_hf_data_set_loads_and_decodes(pairs, expected, tmp_path, how):
    from datasets import load_dataset

    out, _ = export(pairs, "hf", tmp_path)
    for split, rows in expected.items():
        cache = str(tmp_path / "cache")
        if how == "folder":
            loaded = load_dataset(str(out), split=split, cache_dir=cache)
        else:
            files = str(out / "data" / f"{split}-*.parquet")
            loaded = load_dataset("parquet", data_files=files, split="train", cache_dir=cache)
        assert loaded["id"] == list(rows)
        for line in loaded:
            row = rows[line["id"]]
            assert decoded(line["ground"]) == pixels(row["ground_id"])
            assert [decoded(c) for c in line["candidates"]] == [
                pixels(n) for n in row["candidate_ids"]
            ]
            assert line["answer"] == row["answer"] == LETTERS[line["answer_index"]]
            assert line["camera_distance_m"] == row["camera_distance_m"]


def test_hf_readme_ends_with_the_card_without_its_header(pairs, tmp_path):
    card = pairs.folder / "card.md"
    card.write_text("---\nlicense: other\n---\n# The card\n\nHow it was made.\n")
    out, _ = export(pairs, "hf", tmp_path)
    card.unlink()
    text = (out / "README.md").read_text()
    assert text.count("license: other") == 1
    assert text.endswith("follows.\n\n## The card\n\nHow it was made.\n")


def test_numbers_and_other_k_and_png(tmp_path):
    pairs = write_set(tmp_path, k=6, suffix=".png", cliques={"train": 2})
    out, report = export(pairs, "ms-swift", tmp_path, answer="numbers")
    assert report.rows == {"train": 12}
    lines = [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]
    answers = sorted(line["solution"] for line in lines)
    assert answers == sorted("123456" * 2)
    assert "6: <image>" in lines[0]["messages"][0]["content"]
    for line, row in zip(lines, pairs.iter_questions("train"), strict=True):
        right = line["images"][1 + int(line["solution"]) - 1]
        name = row["ground_id"].replace("photo", "tile")
        assert (out / right).read_bytes() == content(name, ".png")
        assert right.endswith(".png")


def test_a_template_may_show_the_tiles_first(pairs, expected, tmp_path):
    template = tmp_path / "mine.yaml"
    text = "".join(
        line
        for line in (
            "name: mine\n",
            "interleaved: 'Tiles: {candidates} Photo: {ground}'\n",
            "candidate: '({label}) {image}'\n",
            "images_first: 'Tiles {order}.'\n",
            "order: '{number} = {label}'\n",
            "answer: {letters: 'One of {first}-{last}.', numbers: 'One of {first}-{last}.'}\n",
            "instruction: 'Think.'\n",
        )
    )
    template.write_text(text)
    out, report = export(pairs, "ms-swift", tmp_path, prompt=template, splits=("train",))
    assert report.prompt == "mine"
    for line in map(json.loads, (out / "train.jsonl").read_text().splitlines()):
        *candidates, ground = files_of(out, line["images"])
        assert_images(expected["train"][line["id"]], ground, candidates)
        assert line["messages"][0]["content"].endswith("Photo: <image>\nOne of A-D. Think.")
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["parameters"]["prompt"] == {
        "name": "mine",
        "sha256": load_prompt(template).sha256,
    }


@pytest.mark.parametrize("to", PATH_TARGETS)
def test_file_names_say_nothing_and_repeat_for_the_same_view(pairs, expected, tmp_path, to):
    out, _ = export(pairs, to, tmp_path)
    with (out / "images.csv").open() as stream:
        entries = list(csv.DictReader(stream))
    names = {(entry["kind"], entry["view_id"]): entry["file"] for entry in entries}
    used = {row["ground_id"] for rows in expected.values() for row in rows.values()}
    assert {view for kind, view in names if kind == "ground"} == used
    assert len(set(names.values())) == len(entries) == sum(1 for _ in out.rglob("images/*/*"))
    for (_, view_id), name in names.items():
        stem = name.removeprefix("images/").partition("/")[2].removesuffix(".jpg")
        assert len(stem) == 32
        assert set(stem) <= set("0123456789abcdef")
        assert (out / name).read_bytes() == content(view_id)


def test_a_disk_that_fills_up_within_a_shard_is_one_error(tmp_path, monkeypatch):
    monkeypatch.setattr(_parquet, "_GROUP_ROWS", 1)
    shards = _parquet.ParquetShards(tmp_path, "train", pa.schema([("a", pa.int64())]), 1 << 20)
    shards.write({"a": 1})
    said = iter([OSError(errno.ENOSPC, "No space left on device"), pa.ArrowInvalid("closed")])

    def write_table(*_):
        raise next(said)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", write_table)
    with pytest.raises(OSError, match="No space"), shards:
        shards.write({"a": 2})
