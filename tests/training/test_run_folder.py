import json

import pytest

from geobench_tools.errors import InputError
from geobench_tools.provenance import Manifest
from geobench_tools.training._run_folder import RUN_KIND, RunFolder


def manifest(identity="one"):
    return Manifest(RUN_KIND, {"identity": {"data": identity}, "recipe": {"name": "laptop"}})


def test_one_process_at_a_time(tmp_path):
    run = RunFolder(tmp_path / "run")
    with run.locked():
        with pytest.raises(InputError, match="another process"), RunFolder(run.path).locked():
            pass
        run.claim(manifest())
    with run.locked():
        assert run.claim(manifest())


def test_lock_leaves_nothing_where_nothing_was_trained(tmp_path):
    with pytest.raises(InputError), RunFolder(tmp_path / "run").locked():
        raise InputError("no data")
    assert list(tmp_path.iterdir()) == []


def test_kill_while_a_run_begins(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    (run.path / "recipe.json").write_text("{}")
    (run.path / ".run.json.abc.tmp").write_text("{")
    with run.locked():
        assert not run.claim(manifest())
    assert sorted(p.name for p in run.path.iterdir()) == [".lock", "recipe.json", "run.json"]


def test_overwriting_keeps_the_lock(tmp_path):
    run = RunFolder(tmp_path / "run")
    with run.locked():
        run.claim(manifest())
        run.final.mkdir()
        (run.path / "metrics.jsonl").touch()
        with pytest.raises(InputError, match="holds another run"):
            run.claim(manifest("two"))
        assert not run.claim(manifest("two"), overwrite=True)
        with pytest.raises(InputError, match="another process"), RunFolder(run.path).locked():
            pass
    assert sorted(p.name for p in run.path.iterdir()) == [".lock", "recipe.json", "run.json"]


def test_logs_go_back_to_the_checkpoint(tmp_path):
    run = RunFolder(tmp_path)
    (run.checkpoints / "checkpoint-2").mkdir(parents=True)
    (run.checkpoints / "checkpoint-2" / "weights").write_text("w")
    run.mark_complete(2)
    for step, damage in ((4, ""), (6, "[" * 100_000), (8, "[1]"), (10, '{"bytes": 3}')):
        folder = run.checkpoints / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "complete.json").write_text(damage)
    lines = [{"step": step, "reply": "two lines? \u2028 no: München"} for step in (1, 2, 3)]
    whole = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
    torn = json.dumps(lines[2], ensure_ascii=False).encode()
    cut = torn[: torn.index("ü".encode()) + 1]
    (tmp_path / "samples.jsonl").write_bytes(whole + b"[3]\nnull\n" + cut)
    assert run.rewind() == 2
    kept = (tmp_path / "samples.jsonl").read_bytes()
    assert [json.loads(line) for line in kept.split(b"\n")[:-1]] == lines[:2]
    assert [path.name for path in run.checkpoints.iterdir()] == ["checkpoint-2"]


@pytest.mark.parametrize("text", ["", "[", "[1, 2]", "[" * 100_000])
def test_damaged_result(tmp_path, text):
    run = RunFolder(tmp_path)
    run.final.mkdir()
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(InputError, match=r"result\.json is damaged"):
        run.result()


def test_a_checkpoint_without_a_file_of_a_folder_in_it_is_not_whole(tmp_path):
    run = RunFolder(tmp_path)
    shards = run.checkpoints / "checkpoint-2" / "global_step2"
    shards.mkdir(parents=True)
    for rank in range(2):
        (shards / f"rank_{rank}.pt").write_text("states")
    run.mark_complete(2)
    assert run.last_checkpoint() == (shards.parent, 2)
    (shards / "rank_1.pt").write_text("torn")
    assert run.last_checkpoint() is None
