"""Faults of a long run, told with what to do about them."""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from geobench_tools.errors import GeobenchError, InputError
from geobench_tools.training._data import Row
from geobench_tools.training._data_checks import check_images
from geobench_tools.training._recipes import Recipe
from geobench_tools.training._run_folder import RunFolder

__all__ = ["advice"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_SAID = (
    *("no space left", "disk quota exceeded", "file too large"),
    # What torch.save says when the disk fills up below it.
    *("failed writing file", "unexpected pos"),
)
_MEMORY_SAID = ("out of memory", "not enough memory", "can't allocate memory")


@contextmanager
def advice(recipe: Recipe, run: RunFolder, rows: Sequence[Row] = ()) -> Iterator[None]:
    """Turn a full disk, exhausted memory and damaged images into errors that say what to do.

    Args:
        recipe: Of the run.
        run: Its folder.
        rows: Whose images are read: looked at one by one if one of them cannot be decoded.

    Raises:
        InputError: Memory or disk did not suffice, or an image is damaged.
    """
    try:
        yield
    except GeobenchError:
        raise
    except (OSError, RuntimeError, MemoryError, SyntaxError) as error:
        said = str(error).lower()
        full = isinstance(error, OSError) and error.errno in _FULL
        if full or any(phrase in said for phrase in _FULL_SAID):
            raise _disk_full(run, error) from None
        if isinstance(error, MemoryError) or any(phrase in said for phrase in _MEMORY_SAID):
            raise _out_of_memory(recipe) from None
        # Pillow tells neither the file nor an error number, and of PNG it says SyntaxError.
        if isinstance(error, SyntaxError) or (isinstance(error, OSError) and error.errno is None):
            check_images(rows, whole=True)
        raise


def _disk_full(run: RunFolder, error: Exception) -> InputError:
    last = run.last_checkpoint()
    whole = f"checkpoint {last[1]} is whole" if last else "no checkpoint was written yet"
    return InputError(
        f"{run.path} cannot be written: {str(error).splitlines()[0][:200]}; {whole}",
        hint="free some space, then give the same command: it goes on from there",
    )


def _out_of_memory(recipe: Recipe) -> InputError:
    batch, accumulation = recipe["batch_per_device"], recipe["accumulation"]
    steps = []
    if batch > 1:
        half = batch // 2
        steps.append(
            f"--set batch_per_device={half} --set accumulation={accumulation * batch // half}"
            " (the same batch in smaller parts)"
        )
    if not recipe["activation_checkpointing"]:
        steps.append("--set activation_checkpointing=true")
    if recipe["tuning"] == "full":
        steps.append("--set tuning=lora")
    if recipe["train_vision"]:
        steps.append("--set train_vision=false")
    if recipe["max_pixels"] > 28 * 28 * 64:
        steps.append(f"--set max_pixels={recipe['max_pixels'] // 2}")
    if recipe.stage == "grpo" and recipe["vllm"] == "colocate":
        steps.append("--set vllm=server")
    return InputError(
        f"out of memory with batch_per_device={batch}, max_pixels={recipe['max_pixels']}, "
        f"tuning={recipe['tuning']}",
        hint="in this order: " + "; ".join(steps or ["a smaller model"]),
    )
