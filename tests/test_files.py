import errno
import fcntl
import os
import stat

import pytest

from geobench_tools.errors import InputError
from geobench_tools.files import (
    atomic_file,
    atomic_folder,
    end_torn_line,
    lock_for_appending,
    remove_leftovers,
    sha256_file,
    within_root,
)


def interrupted(context):
    with context as path:
        (path / "a" if path.is_dir() else path).write_text("two")
        raise RuntimeError


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    target = tmp_path / "new" / "file.txt"
    with atomic_file(target) as temporary:
        temporary.write_text("one")
    assert target.read_text() == "one"
    assert stat.S_IMODE(target.stat().st_mode) & 0o044
    with pytest.raises(RuntimeError):
        interrupted(atomic_file(target))
    assert target.read_text() == "one"
    assert os.listdir(target.parent) == ["file.txt"]


def test_a_folder_gets_its_name_at_the_end(tmp_path):
    target = tmp_path / "out"
    with pytest.raises(RuntimeError):
        interrupted(atomic_folder(target))
    assert os.listdir(tmp_path) == []
    with atomic_folder(target) as folder:
        (folder / "a").write_text("1")
        assert not target.exists()
    with pytest.raises(InputError, match="exists already"), atomic_folder(target):
        pass
    with atomic_folder(target, overwrite=True) as folder:
        (folder / "b").write_text("2")
    assert os.listdir(target) == ["b"]
    assert stat.S_IMODE(target.stat().st_mode) & 0o055
    assert os.listdir(tmp_path) == ["out"]


def test_a_named_work_folder_survives_a_failure(tmp_path):
    work = tmp_path / "work"
    with pytest.raises(RuntimeError):
        interrupted(atomic_folder(tmp_path / "out", work=work))
    assert (work / "a").read_text() == "two"


def test_what_a_kill_left_is_removed(tmp_path):
    (tmp_path / "file.tmp").write_text("mine")
    (tmp_path / ".hidden").write_text("mine")
    file, folder = atomic_file(tmp_path / "a.txt"), atomic_folder(tmp_path / "b")
    file.__enter__()
    (folder.__enter__() / "part").write_text("1")
    assert len(os.listdir(tmp_path)) == 4
    remove_leftovers(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".hidden", "file.tmp"]


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../../x", "C:\\x", "\\\\host\\x", "a\0b", "..\\x"]
)
def test_paths_that_leave_the_root_are_refused(tmp_path, path):
    with pytest.raises(InputError):
        within_root(tmp_path, path)


def test_links_are_followed_before_the_check(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("x")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "fine").symlink_to(root / "inside.jpg")
    with pytest.raises(InputError, match="leaves"):
        within_root(root, "link")
    assert within_root(root, "fine") == (root / "inside.jpg").resolve()
    assert within_root(root, "a\\b.jpg") == (root / "a" / "b.jpg").resolve()


def test_digest(tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_file(tmp_path / "f") == want


def test_a_log_has_one_owner(tmp_path):
    with (tmp_path / "log").open("ab") as first, (tmp_path / "log").open("ab") as second:
        assert lock_for_appending(first, tmp_path)
        with pytest.raises(InputError, match="another process"):
            lock_for_appending(second, tmp_path)


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_is_no_other_process(tmp_path, monkeypatch, code):
    def flock(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)
    with (tmp_path / "log").open("ab") as log:
        assert not lock_for_appending(log, tmp_path)


@pytest.mark.parametrize(
    ("before", "after"), [(b"", b""), (b"a\n", b"a\n"), (b"a\nb", b"a\nb\n"), (b"\xc3", b"\xc3\n")]
)
def test_a_torn_line_is_ended(tmp_path, before, after):
    (tmp_path / "log").write_bytes(before)
    with (tmp_path / "log").open("ab+") as log:
        end_torn_line(log)
    assert (tmp_path / "log").read_bytes() == after
