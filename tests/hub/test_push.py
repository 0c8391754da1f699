"""Publishing on a Hub that runs here."""

import errno
import json
import socket

import pytest
from hub_stub import TOKEN
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.errors import InputError, PartialFailure
from geobench_tools.hub import PushRequest, contents_of, push

REPO = "me/x"
# The Hub's client passes a stream by a name that its HTTP library would rename.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def push_to_stub(folder, **options):
    return push(PushRequest(folder, options.pop("repo", REPO), bars=False, **options))


@pytest.mark.parametrize("kind", ["pairs", "export", "traces", "checkpoint"])
def test_all_files_arrive_byte_for_byte(request, hub, kind):
    folder = request.getfixturevalue(kind)
    report = push_to_stub(folder)
    there = hub.files(REPO)
    sources = contents_of(folder).sources
    assert there == {name: path.read_bytes() for name, path in sources.items()}
    assert report.url.startswith(hub.url)
    assert {"batch", "put", "verify", "commit"} <= set(hub.steps())


def test_small_files_go_by_the_streamed_upload(hub, pairs, monkeypatch):
    from huggingface_hub import constants

    pytest.importorskip("hf_xet")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    hub.lfs = False
    push_to_stub(pairs)
    assert set(hub.files(REPO)) == set(contents_of(pairs).files)


def test_second_push_sends_large_files_no_more_and_removes_old_parts(hub, pairs):
    push_to_stub(pairs)
    hub.files(REPO)["train/part-00009.parquet"] = b"of an earlier set"
    hub.files(REPO)["own/notes.txt"] = b"of the owner"
    hub.asked.clear()
    push_to_stub(pairs)
    assert "put" not in hub.steps()
    assert set(hub.files(REPO)) == {*contents_of(pairs).files, "own/notes.txt"}


def test_private_and_branch(hub, traces):
    push_to_stub(traces, private=True, revision="v1")
    assert hub.repos[REPO].private
    assert not hub.files(REPO)
    assert "traces.jsonl" in hub.files(REPO, "v1")
    push_to_stub(traces, private=True, revision="v1")


def test_public_repository_is_not_taken_for_a_private_one(hub, traces):
    push_to_stub(traces)
    hub.files(REPO).clear()
    with pytest.raises(InputError, match="public"):
        push_to_stub(traces, private=True)
    assert not hub.files(REPO)


def test_dry_run_asks_the_hub_nothing(hub, pairs, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    report = push_to_stub(pairs, dry_run=True)
    assert report.url == ""
    assert hub.asked == []


def test_unknown_licence_needs_a_yes(hub, pairs):
    (pairs.parent / "images" / "attribution.json").unlink()
    with pytest.raises(InputError, match="licence") as caught:
        push_to_stub(pairs)
    assert "--yes" in caught.value.hint
    assert hub.asked == []
    push_to_stub(pairs, yes=True)
    assert hub.files(REPO)


def test_token_of_the_environment_alone_counts(hub, pairs, monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "token").write_text(TOKEN)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    with pytest.raises(InputError, match="HF_TOKEN is not set"):
        push_to_stub(pairs)
    assert hub.asked == []


@pytest.mark.parametrize("repo", ["x", "me/x/y", "/x", "me/", "../x", "me/x y", "https://a/b"])
def test_names_that_are_none(pairs, repo):
    with pytest.raises(InputError, match="no repository"):
        push_to_stub(pairs, repo=repo)


@pytest.mark.parametrize(
    ("faults", "error", "said"),
    [
        ({"whoami": [401]}, InputError, "does not know the token"),
        ({"create": [403], "info": [403]}, InputError, "may not write"),
        ({"commit": [403]}, InputError, "may not write"),
        ({"commit": [409]}, PartialFailure, "changed during the upload"),
        ({"create": [500]}, PartialFailure, "failed .500."),
        ({"commit": [500, "…"]}, PartialFailure, "failed .500."),
        ({"preupload": [503, "…"]}, PartialFailure, "failed .503."),
        ({"create": [418]}, InputError, "418"),
        ({"put": [403]}, InputError, "may not write"),
    ],
)
def test_faults_of_the_hub_have_a_next_step_and_hide_the_token(hub, pairs, faults, error, said):
    hub.faults = faults
    with pytest.raises(error, match=said) as caught:
        push_to_stub(pairs)
    assert caught.value.hint
    assert TOKEN not in caught.value.message + caught.value.hint
    hub.faults = {}
    push_to_stub(pairs)
    assert set(hub.files(REPO)) == set(contents_of(pairs).files)


@pytest.mark.parametrize("step", ["preupload", "batch", "put", "verify"])
def test_passing_faults_are_sat_out(hub, pairs, step):
    hub.faults = {step: [500, 503]}
    push_to_stub(pairs)
    assert set(hub.files(REPO)) == set(contents_of(pairs).files)


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (PermissionError(f"storage says no to {TOKEN}"), PartialFailure),
        (OSError(errno.ENOSPC, "full"), OSError),
        (ValueError("not a card"), InputError),
    ],
)
def test_errors_of_the_client_itself(hub, pairs, monkeypatch, raised, error):
    from huggingface_hub import HfApi

    def fail(*_args, **_options):
        raise RuntimeError("a thread failed") from raised

    monkeypatch.setattr(HfApi, "upload_folder", fail)
    with pytest.raises(error) as caught:
        push_to_stub(pairs)
    assert TOKEN not in str(caught.value)


def test_hub_that_is_not_there(hub, pairs, monkeypatch):
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        port = nobody_listens.getsockname()[1]
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
        with pytest.raises(PartialFailure, match="cannot be reached"):
            push_to_stub(pairs)


def test_offline_client_is_told(hub, pairs, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="HF_HUB_OFFLINE"):
        push_to_stub(pairs)


def test_the_command_tells_what_went(hub, pairs):
    result = CliRunner().invoke(app, ["push", str(pairs), REPO, "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert set(document["files"]) == set(hub.files(REPO))
    assert document["url"].startswith(hub.url)
    assert TOKEN not in result.output


def test_the_command_lists_what_would_go(traces):
    result = CliRunner().invoke(app, ["push", str(traces), REPO, "--dry-run"])
    assert result.exit_code == 0, result.output
    for shown in ("traces.jsonl", "replies/", "nothing was sent"):
        assert shown in result.output
