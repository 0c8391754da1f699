"""Replies made elsewhere, in CSV tables."""

import json

import pytest

from geobench_tools.benchmarks import (
    BenchmarkOptions,
    open_benchmark,
    read_predictions,
    records_of_predictions,
)
from geobench_tools.errors import InputError


def replies(tmp_path, text):
    path = tmp_path / "replies.csv"
    path.write_text(text)
    read = read_predictions(path)
    return {name: reply.text for name, reply in read.replies.items()}, dict(read.errors)


def test_globes_output(tmp_path):
    content = json.dumps({"data": "<answer>country: Peru\ncity: Lima</answer>"})
    quoted = '"' + content.replace('"', '""') + '"'
    found, errors = replies(
        tmp_path, f"IMG_ID,LAT,LON,prediction,pred_LAT\na.jpg,1,2,{quoted},\nb.jpg,1,2,,\n"
    )
    assert found == {"a": "<answer>country: Peru\ncity: Lima</answer>"}
    assert errors == {"b": "no reply"}


@pytest.mark.parametrize("names", [("pred_lat", "pred_lon"), ("pred_latitude", "pred_longitude")])
def test_positions_in_degrees(tmp_path, names):
    found, errors = replies(
        tmp_path, f"n,id,{names[0]},{names[1]},pred_lat_radians\n0,7,-1.5,2.25,9\n1,8,,,\n"
    )
    assert json.loads(found["7"]) == {"latitude": -1.5, "longitude": 2.25}
    assert errors == {"8": "no reply"}


def test_plain_texts(tmp_path):
    found, _ = replies(tmp_path, "sample_id,text\na,x\nb,{broken\n")
    assert found == {"a": "x", "b": "{broken"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no table of replies"),
        ("id,pred_lat,pred_lon\n1,x,2\n", r"row 2: \(x, 2\) is no position"),
        ("id,text\n1,a\n1,b\n", "occurs twice"),
        ("id,text\n", "holds no replies"),
    ],
)
def test_bad_tables(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        replies(tmp_path, text)


def test_recorded_predictions_on_their_photos(shared_data):
    table = shared_data / "osv5m/select_71.csv"
    benchmark = open_benchmark("osv5m", BenchmarkOptions(data=str(table)))
    records = list(records_of_predictions(read_predictions(table), benchmark))
    assert {record.status for record in records} == {"ok"}
    scores = benchmark.score(records)
    found = {m["name"]: m["official"] for m in scores["metrics"]}
    assert found["mean_km"]["n"] == scores["records"] == 71
    assert 1400 < found["mean_km"]["value"] < 1500


def test_the_log_of_a_resumed_run_holds_failures_of_samples_that_have_a_reply(tmp_path):
    path = tmp_path / "samples.jsonl"
    lines = [
        {"sample_id": "a", "text": "", "status": "error"},
        {"sample_id": "b", "text": "", "status": "error"},
        {"sample_id": "a", "text": "country: Peru", "status": "ok"},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"sample_id": "c", "te')
    read = read_predictions(path)
    assert {name: reply.text for name, reply in read.replies.items()} == {"a": "country: Peru"}
    assert read.errors == {"b": "no reply"}
    assert read.unreadable == 1
