"""``geor1 doctor --data`` on pairing sets."""

import json

from small_set import write_set

from geobench_tools.doctor import examine_data


def named(folder):
    return {one.name: one for one in examine_data(folder).findings}


def test_a_set_that_was_not_audited(tmp_path):
    folder = write_set(tmp_path / "pairs").folder
    found = named(folder)
    assert found["audit"].level == "warning"
    assert found["audit"].next == f"geor1 audit-pairs {folder}"
    (folder / "audit.json").write_text(
        json.dumps(
            {
                "passed": False,
                "certificate": {"checks": [{"name": "counts", "status": "ok"}]},
                "families": [{"name": "centrality", "outcome": "leak"}],
            }
        )
    )
    failed = named(folder)["audit"]
    assert failed.level == "error"
    assert "centrality" in failed.found
    (folder / "audit.json").write_text("[]")
    assert named(folder)["audit"].level == "error"


def test_parts_that_are_missing(tmp_path):
    folder = write_set(tmp_path / "pairs").folder
    part = sorted((folder / "test").glob("part-*.parquet"))[0]
    part.unlink()
    test = named(folder)["test"]
    assert test.level == "error"
    assert "the manifest says" in test.found
