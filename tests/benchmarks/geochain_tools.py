"""GeoChain records that the tests make."""

import json

from geobench_tools.benchmarks import BenchmarkOptions, open_benchmark
from geobench_tools.benchmarks._geochain_truth import CITY_COLUMNS
from geobench_tools.evaluation import ReadingRecord, SampleRecord

ABOUT = {
    "paris": dict.fromkeys(CITY_COLUMNS, "No") | {"Climate Type": "Dry", "Languages": "French"}
}


def opened(name="geochain", data="", **settings):
    return open_benchmark(name, BenchmarkOptions(data=str(data), settings=settings))


def answered(benchmark, replies):
    """Records of replies by question number, or of a function of the sample."""
    records = []
    for index, sample in enumerate(benchmark.samples()):
        text = replies(sample) if callable(replies) else replies[sample.metadata["question"]]
        reading = benchmark.read(text, sample)
        value = list(reading.value) if isinstance(reading.value, tuple) else reading.value
        kept = ReadingRecord(value, reading.status, reading.span)
        records.append(
            SampleRecord(
                "",
                sample.benchmark,
                sample.sample_id,
                index,
                0,
                "ok" if value is not None else "parse_error",
                sample.target,
                sample.task,
                sample.group,
                sample.metadata,
                text=text,
                reading=kept,
            )
        )
    return records


def true_reply(sample):
    target = sample.target
    return f"({target['lat']}, {target['lon']})" if isinstance(target, dict) else target


def metrics_of(benchmark, records):
    return {m["name"]: m for m in json.loads(json.dumps(benchmark.score(records)))["metrics"]}
