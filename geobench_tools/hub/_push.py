"""A folder onto the Hub, through ``huggingface_hub``'s own calls."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from geobench_tools.errors import InputError, PartialFailure
from geobench_tools.hub._contents import Contents, contents_of

if TYPE_CHECKING:
    from huggingface_hub import HfApi

__all__ = ["PushReport", "PushRequest", "push"]

TOKEN, ENDPOINT = "HF_TOKEN", "HF_ENDPOINT"
_MAIN = "main"
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_LONGEST = 300
_AGAIN = "the same command goes on: what is there already is not sent again"
_MODEL_FILES = ("*.safetensors", "*.safetensors.index.json")

Note = Callable[[str], None]


@dataclass(frozen=True)
class PushRequest:
    """What to publish, and where.

    Attributes:
        folder: A pairing set, an export, traces or a checkpoint.
        repo: ``OWNER/NAME``; made if it is not there.
        private: Only its owner and whom they invite may see it.
        revision: Branch, made if it is not there; None for the main one.
        dry_run: Look through the folder and send nothing.
        yes: Publish although the licence of the images is unknown.
        bars: Show the upload's progress bars on stderr.
    """

    folder: Path
    repo: str
    private: bool = False
    revision: str | None = None
    dry_run: bool = False
    yes: bool = False
    bars: bool = True


@dataclass(frozen=True)
class PushReport:
    """What was published, or would be.

    Attributes:
        request: What was asked for.
        contents: The files.
        url: Of the commit; empty after a dry run.
    """

    request: PushRequest
    contents: Contents
    url: str = ""

    def document(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "folder": str(self.request.folder),
            "kind": self.contents.kind,
            "repo": self.request.repo,
            "repo_type": self.contents.repo_type,
            "revision": self.request.revision or _MAIN,
            "private": self.request.private,
            "files": self.contents.files,
            "bytes": self.contents.bytes,
            "left_out": {one.path: one.reason for one in self.contents.left_out},
            "paths_of_this_machine": self.contents.paths,
            "licence": self.contents.licence or None,
            "dry_run": self.request.dry_run,
            "url": self.url or None,
        }


def push(request: PushRequest, note: Note = lambda _said: None) -> PushReport:
    """Publish a folder on the Hub, or only say what would go.

    The card becomes the repository's ``README.md``. Files of an earlier push that lie in the same
    folders there and are not here any more are removed; nothing else there is touched. The token is
    taken from ``HF_TOKEN``, the Hub's address from ``HF_ENDPOINT``.

    Args:
        request: What and where.
        note: Told of what to mind.

    Raises:
        InputError: The folder cannot be published (see ``contents_of``), the licence of a data
            set's images is unknown, there is no token, or the Hub refuses.
        PartialFailure: The Hub failed, or could not be reached.
    """
    if not _REPO.fullmatch(request.repo):
        raise InputError(f"{request.repo} is no repository's name", hint="write OWNER/NAME")
    contents = contents_of(request.folder)
    _mind(contents, note)
    if request.dry_run:
        return PushReport(request, contents)
    if contents.repo_type == "dataset" and not contents.licence and not request.yes:
        raise InputError(
            f"nothing says under what licence the images of {request.folder} are",
            hint="write it into the card's header (license: …), or pass --yes if you may publish",
        )
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise InputError(
            f"{TOKEN} is not set", hint=f"export {TOKEN}=… with a token that may write"
        )
    with _refusals(request, token):
        url = _send(request, contents, token)
    return PushReport(request, contents, url)


def _mind(contents: Contents, note: Note) -> None:
    for name, path in contents.paths.items():
        note(f"{name} names a place on this machine: {path}")
    if not contents.licence:
        what = "the model" if contents.repo_type == "model" else "the images"
        note(f"the licence of {what} is not stated in the card's header")


def _send(request: PushRequest, contents: Contents, token: str) -> str:
    from huggingface_hub import HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if not request.bars:
        disable_progress_bars()
    api = HfApi(endpoint=os.environ.get(ENDPOINT) or None, token=token)
    where: dict[str, Any] = {"repo_id": request.repo, "repo_type": contents.repo_type}
    api.whoami()
    # Without a wish of the user, the visibility is the owner's default there.
    api.create_repo(**where, private=request.private or None, exist_ok=True)
    if request.private and not api.repo_info(**where).private:
        raise InputError(
            f"{request.repo} is there already and is public",
            hint="make it private on the Hub first, or choose another name",
        )
    if request.revision and request.revision != _MAIN:
        api.create_branch(**where, branch=request.revision, exist_ok=True)
    return _upload(api, where, request, contents)


def _upload(api: "HfApi", where: dict[str, Any], request: PushRequest, contents: Contents) -> str:
    with TemporaryDirectory(prefix="geor1-push-") as staged:
        for name, source in contents.sources.items():
            _stage(source, Path(staged, name))
        done = api.upload_folder(
            **where,
            folder_path=staged,
            revision=request.revision,
            commit_message=f"Upload {contents.kind} by geobench-tools",
            delete_patterns=_ours(contents),
        )
    return str(done.commit_url)


def _stage(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.symlink_to(source.resolve())
    except OSError:
        shutil.copyfile(source, target)


def _ours(contents: Contents) -> list[str]:
    """Return patterns of what an earlier push may have left behind."""
    folders = sorted({name.partition("/")[0] for name in contents.files if "/" in name})
    weights = _MODEL_FILES if contents.kind == "checkpoint" else ()
    return [*(f"{name}/*" for name in folders), *weights]


@contextmanager
def _refusals(request: PushRequest, token: str) -> Iterator[None]:
    """Turn what the Hub's client raises into an error with a next step, without the token."""
    from httpx2 import HTTPError
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        yield
    except (HTTPError, OSError, ValueError, RuntimeError) as raised:
        error = _innermost(raised)
        said = " ".join(str(error).split()).replace(token, "…")[:_LONGEST]
        if isinstance(error, HfHubHTTPError):
            raise _refused(request, error.response.status_code, said) from None
        if isinstance(error, OfflineModeIsEnabled):
            raise InputError(
                "the Hub's client is offline by HF_HUB_OFFLINE", hint="unset HF_HUB_OFFLINE"
            ) from None
        if isinstance(error, HTTPError):
            raise PartialFailure(f"the Hub cannot be reached: {said}", hint=_AGAIN) from None
        if not isinstance(error, OSError):
            raise InputError(
                f"{request.repo} was refused: {said}", hint="correct it and repeat"
            ) from None
        if error.errno is None:
            raise PartialFailure(f"the upload failed: {said}", hint=_AGAIN) from None
        raise error from None


def _innermost(error: BaseException) -> BaseException:
    """Return what the client's threads raised first; it wraps that in errors of its own."""
    while isinstance(error, RuntimeError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _refused(request: PushRequest, status: int, said: str) -> InputError | PartialFailure:
    match status:
        case 401:
            return InputError(
                f"the Hub does not know the token in {TOKEN}",
                hint="make one that may write at huggingface.co/settings/tokens",
            )
        case 403:
            return InputError(
                f"the token in {TOKEN} may not write to {request.repo}: {said}",
                hint="give it that right, or name a repository of your own",
            )
        case 409 | 412:
            return PartialFailure(f"{request.repo} changed during the upload: {said}", hint=_AGAIN)
        case _ if status >= 500 or status == 429:
            return PartialFailure(f"the Hub failed ({status}): {said}", hint=_AGAIN)
    return InputError(f"the Hub refused {request.repo} ({status}): {said}", hint="see its message")
