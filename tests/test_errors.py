"""What the operating system refuses becomes an error with a next step."""

import errno

import pytest

from geobench_tools.errors import system_error
from geobench_tools.files import atomic_file


def test_the_name_is_the_one_that_the_user_gave(tmp_path):
    with pytest.raises(IsADirectoryError) as caught, atomic_file(tmp_path) as temporary:
        temporary.write_text("x")
    error = system_error(caught.value)
    assert error.message == f"{tmp_path}: Is a directory"
    assert "name a file" in error.hint


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (OSError(errno.ENOSPC, "", b"a\xff"), "a\udcff: No space left on device", "goes on"),
        (OSError(errno.EFBIG, ""), "File too large", "ulimit -f"),
        (OSError("odd"), "odd", ""),
        (OSError(), "OSError", ""),
        (OSError(errno.EBADF, "", 7), "7: Bad file descriptor", ""),
    ],
)
def test_what_is_said(error, message, hint):
    made = system_error(error)
    assert made.message == message
    assert hint in made.hint
