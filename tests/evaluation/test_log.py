import pytest

from geobench_tools.evaluation import RunLog, SampleRecord, final_records


def line(key, status, text=""):
    return SampleRecord(key, "b", "s", 0, 0, status, None, text=text)


@pytest.mark.parametrize(
    ("lines", "counts"),
    [
        ([line("k", "error"), line("k", "ok", "B")], "B"),
        ([line("k", "ok", "B"), line("k", "error")], "B"),
        ([line("k", "ok", "B"), line("k", "parse_error", "?")], "?"),
        ([line("k", "ok", "B"), line("other prompt", "error")], ""),
        ([line("k", "ok", "B"), line("other prompt", "ok", "C")], "C"),
    ],
)
def test_the_last_line_counts_but_a_failure_undoes_no_reply_to_the_same_request(
    tmp_path, lines, counts
):
    log = RunLog(tmp_path)
    with log.appending():
        for record in lines:
            log.append(record)
    assert [record.text for record in final_records(tmp_path)] == [counts]
