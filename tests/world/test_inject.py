"""Moving right answers to the first place of a pairing set."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geobench_tools.errors import InputError
from geobench_tools.pairing import open_pairs, question_schema
from geobench_tools.provenance import Manifest, write_manifest
from geobench_tools.world import inject_position_leak


@pytest.fixture
def pairs(tmp_path):
    """A set of 400 questions in two parts, each with its own candidates."""
    folder = tmp_path / "sets" / "pairs"
    (folder / "train").mkdir(parents=True)
    rows = []
    for n in range(400):
        ids = [f"t{n}-{k}" for k in range(4)]
        rows.append(
            {
                "ground_id": f"g{n}",
                "rotation": 0,
                "candidate_ids": ids,
                "candidate_images": [f"{i}.jpg" for i in ids] if n % 2 else None,
                "answer_index": n % 4,
                "answer": "ABCD"[n % 4],
            }
        )
    table = pa.Table.from_pylist(rows, schema=question_schema())
    for part in (0, 1):
        chunk = table.slice(part * 200, 200)
        pq.write_table(chunk, folder / "train" / f"part-{part:05d}.parquet")
    (folder / "audit.json").write_text("{}")
    parameters = {"k": 4, "image_roots": {"ground": "../images", "satellite": None}}
    manifest = Manifest(
        "pairing-set",
        parameters,
        seed=0,
        counts={"questions_train": 400},
        outputs={"questions_digest": "00"},
        run={"command": "geor1 build-pairs"},
    )
    write_manifest(manifest, folder / "manifest.json")
    return folder


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_right_answers_move_to_the_front_with_the_strength(pairs, tmp_path, strength):
    before = open_pairs(pairs).questions("train").to_pylist()
    inject_position_leak(pairs, tmp_path / "leaky", strength, seed=1)
    leaky = open_pairs(tmp_path / "leaky")
    after = leaky.questions("train").to_pylist()
    first = np.mean([row["answer_index"] == 0 for row in after])
    assert first == pytest.approx(strength + (1 - strength) / 4, abs=0.06)
    for old, new in zip(before, after, strict=True):
        assert sorted(old["candidate_ids"]) == sorted(new["candidate_ids"])
        right = old["candidate_ids"][old["answer_index"]]
        assert new["candidate_ids"][new["answer_index"]] == right
        assert new["answer"] == "ABCD"[new["answer_index"]]
        if new["candidate_images"]:
            assert new["candidate_images"] == [f"{i}.jpg" for i in new["candidate_ids"]]
        assert {k: old[k] for k in ("ground_id", "rotation")} == {
            k: new[k] for k in ("ground_id", "rotation")
        }
    assert leaky.manifest.parameters["injected"] == {"position": strength, "seed": 1}
    assert leaky.image_root("ground") == open_pairs(pairs).image_root("ground")
    assert not (tmp_path / "leaky" / "audit.json").exists()


def test_the_copys_manifest_is_its_own(pairs, tmp_path):
    made = inject_position_leak(pairs, tmp_path / "leaky", 0.5)
    read = open_pairs(tmp_path / "leaky").manifest
    assert made.counts == read.counts == {"questions_train": 400}
    # Replies to the original's questions must not pass for replies to these.
    assert read.outputs == {}
    assert read.run["command"] != "geor1 build-pairs"


def test_the_original_stays_as_it_was(pairs, tmp_path):
    before = {p: p.read_bytes() for p in pairs.rglob("*") if p.is_file()}
    inject_position_leak(pairs, tmp_path / "leaky", 1.0)
    assert {p: p.read_bytes() for p in pairs.rglob("*") if p.is_file()} == before


def test_same_seed_same_copy(pairs, tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        inject_position_leak(pairs, tmp_path / name, 0.5, seed)
    a, b, c = ([p.read_bytes() for p in sorted((tmp_path / n / "train").iterdir())] for n in "abc")
    assert a == b != c


def test_what_is_no_set_is_refused(tmp_path, pairs):
    with pytest.raises(InputError, match="does not exist"):
        inject_position_leak(tmp_path / "nothing", tmp_path / "x", 0.5)
    with pytest.raises(InputError, match="outside 0 to 1"):
        inject_position_leak(pairs, tmp_path / "x", 1.5)
    data = json.loads((pairs / "manifest.json").read_text())
    (pairs / "manifest.json").write_text(json.dumps({**data, "kind": "world"}))
    with pytest.raises(InputError, match="not 'pairing-set'"):
        inject_position_leak(pairs, tmp_path / "x", 0.5)
