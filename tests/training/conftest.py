import pytest
from small_set import write_set

from geobench_tools.pairing import iter_questions, load_prompt, open_pairs
from geobench_tools.reasoning._sft import TraceRow, write_sft


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", autouse=True)
def small_cache(cache):
    """Levels are drawn into a folder of the tests; one thread, so that sums have one order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOR1_CACHE", str(cache))
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="session")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    write_set(folder)
    return folder / "pairs"


@pytest.fixture(scope="session")
def traces(tmp_path_factory, pairs):
    folder = tmp_path_factory.mktemp("traces")
    (folder / "sft").mkdir()
    opened = open_pairs(pairs)
    rows = [
        TraceRow(
            question.id,
            question,
            f"<think>A pond.</think><answer>{'ABCD'[question.answer_index]}</answer>",
        )
        for question in iter_questions(opened, "train")
    ]
    write_sft(folder / "sft", rows, opened, load_prompt())
    return folder
