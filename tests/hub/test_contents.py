"""What of a folder would be published."""

import os

import pytest

from geobench_tools.errors import InputError
from geobench_tools.hub import contents_of


@pytest.mark.parametrize(
    ("kind", "repo_type", "files", "left"),
    [
        (
            "pairs",
            "dataset",
            ["README.md", "manifest.json", "train/part-00000.parquet",
             "views/ground/part-00000.parquet"],
            [],
        ),
        ("export", "dataset", ["README.md", "data/train-00000.parquet", "manifest.json"], []),
        (
            "traces",
            "dataset",
            ["README.md", "manifest.json", "sft/a.jpg", "traces.jsonl"],
            ["replies/"],
        ),
        (
            "checkpoint",
            "model",
            ["README.md", "config.json", "model.safetensors"],
            ["training_args.bin"],
        ),
    ],
)  # fmt: skip
def test_each_kind_has_its_files_and_its_card(request, kind, repo_type, files, left):
    folder = request.getfixturevalue(kind)
    contents = contents_of(folder)
    assert contents.repo_type == repo_type
    assert list(contents.files) == files
    assert [one.path for one in contents.left_out] == left
    assert "# A card" in contents.sources["README.md"].read_text()
    assert contents.bytes == sum(path.stat().st_size for path in contents.sources.values())


@pytest.mark.parametrize(
    "name",
    [".work/part.parquet", ".gitignore", "audit.log", "x.pkl", "optimizer.pt", "logs/a.txt",
     "checkpoint-60/model.safetensors", "events.out.tfevents.1.host"],
)  # fmt: skip
def test_work_and_logs_stay_here(pairs, name):
    before = contents_of(pairs).files
    (pairs / name).parent.mkdir(exist_ok=True)
    (pairs / name).write_bytes(b"x")
    contents = contents_of(pairs)
    assert contents.files == before
    assert [one.path.rstrip("/") for one in contents.left_out] == [name.partition("/")[0]]


@pytest.mark.parametrize(
    ("secret", "named"),
    [
        ("hf_" + "a" * 34, "Hugging Face"),
        ("sk-proj-" + "b" * 30, "API key"),
        ("value-of-this-process", "MY_API_KEY"),
        ("-----BEGIN RSA PRIVATE KEY-----", "private key"),
    ],
)
def test_a_key_in_a_file_is_refused_and_not_shown(traces, monkeypatch, secret, named):
    monkeypatch.setenv("MY_API_KEY", "value-of-this-process")
    with (traces / "traces.jsonl").open("a") as stream:
        stream.write("x" * (5 << 20) + f'{{"reply": "my key is {secret}"}}\n')
    with pytest.raises(InputError, match=named) as caught:
        contents_of(traces)
    assert "traces.jsonl" in caught.value.message
    assert secret not in caught.value.message


def test_a_key_across_two_reads_is_found(traces):
    secret = "hf_" + "c" * 34
    (traces / "traces.jsonl").write_text(" " * ((4 << 20) - 10) + secret)
    with pytest.raises(InputError, match="Hugging Face"):
        contents_of(traces)


def test_a_long_value_of_the_environment_across_two_reads_is_found(traces, monkeypatch):
    monkeypatch.setenv("SIGNING_KEY", "k" * 900)
    (traces / "traces.jsonl").write_text(" " * ((4 << 20) - 600) + "k" * 900)
    with pytest.raises(InputError, match="SIGNING_KEY"):
        contents_of(traces)


@pytest.mark.parametrize("place", ["/home/ada/tiles", "/Users/ada/tiles", r"C:\\Users\\ada\\x"])
def test_places_of_this_machine_are_named(pairs, place):
    (pairs / "audit.json").write_text(f'{{"root": "{place}"}}')
    assert "ada" in contents_of(pairs).paths["audit.json"]


def test_a_folder_names_itself(pairs):
    (pairs / "audit.json").write_text(f'"{pairs}"')
    assert contents_of(pairs).paths == {"audit.json": str(pairs.parent)}


def test_a_link_that_leads_out_is_refused(export, tmp_path):
    (tmp_path / "secret.txt").write_text("x")
    (export / "data" / "a.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(InputError, match="leads out") as caught:
        contents_of(export)
    assert "--copy-images" in caught.value.hint


def test_a_link_to_a_folder_is_not_followed(export, tmp_path):
    (export / "elsewhere").symlink_to(tmp_path)
    assert [one.path for one in contents_of(export).left_out] == ["elsewhere/"]


def test_licence_of_the_card_counts_before_that_of_the_images(pairs, export):
    assert contents_of(pairs).licence == "CC-BY-4.0"
    assert contents_of(export).licence == "CC-BY-4.0"
    (export / "README.md").write_text("---\nlicense: cc0-1.0\n---\n")
    assert contents_of(export).licence == "cc0-1.0"


def test_licence_is_unknown_where_nothing_states_it(pairs, export):
    (pairs.parent / "images" / "attribution.json").unlink()
    assert contents_of(pairs).licence == ""
    (pairs / "manifest.json").unlink()
    assert contents_of(export).licence == ""


def test_another_pairing_set_in_the_old_place_says_nothing(pairs, export):
    manifest = pairs / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"k": 4', '"k": 8'))
    assert contents_of(export).licence == ""


@pytest.mark.parametrize("missing", ["folder", "kind", "final"])
def test_what_is_none_of_these_is_an_error_with_a_next_step(tmp_path, checkpoint, missing):
    folder = {"folder": tmp_path / "no", "kind": tmp_path, "final": checkpoint.parent}[missing]
    with pytest.raises(InputError) as caught:
        contents_of(folder)
    assert caught.value.hint


def test_a_header_that_is_no_yaml_is_an_error(pairs):
    (pairs / "card.md").write_text("---\nlicense: [\n---\n")
    with pytest.raises(InputError, match="YAML header"):
        contents_of(pairs)


def test_a_name_that_is_no_text_is_refused(pairs):
    try:
        (pairs / os.fsdecode(b"caf\xe9.json")).write_text("{}")
    except OSError:
        pytest.skip("the file system takes no such names")
    with pytest.raises(InputError, match="UTF-8") as caught:
        contents_of(pairs)
    caught.value.message.encode()
