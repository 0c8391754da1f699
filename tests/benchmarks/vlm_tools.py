"""GEOBench-VLM data and records that the tests make."""

import json
import zipfile

from PIL import Image

from geobench_tools.benchmarks import BenchmarkOptions, open_benchmark
from geobench_tools.evaluation import ErrorInfo, ReadingRecord, SampleRecord
from geobench_tools.models import ImagePart

TASKS = ("Ship Type Classification", "Disaster Type Classification", "Trees Counting")


OPTIONS = "A. one B. two C. three D. four E. five"


def opened(name="geobench-vlm", data="", **settings):
    return open_benchmark(name, BenchmarkOptions(data=str(data), settings=settings))


def record(sample, benchmark, text, index=0, status=None):
    """The record of a reply, or of a request without one."""
    kept, error = None, None
    if status is None:
        reading = benchmark.read(text, sample)
        kept = ReadingRecord(reading.value, reading.status, reading.span)
        status = "ok" if reading.value is not None else "parse_error"
    else:
        error = ErrorInfo("image", "not there")
    return SampleRecord(
        "", sample.benchmark, sample.sample_id, index, 0, status, sample.target, sample.task,
        sample.group, sample.metadata, text=text, reading=kept, error=error,
    )  # fmt: skip


def answered(benchmark, reply):
    return [record(s, benchmark, reply(s), i) for i, s in enumerate(benchmark.samples())]


def scored(benchmark, records):
    scores = json.loads(json.dumps(benchmark.score(records)))
    return scores, {metric["name"]: metric for metric in scores["metrics"]}


def questions(folder, archive="Single"):
    """Write a ``qa.json`` with pictures as the authors publish it."""
    entries = []
    for i in range(6):
        name = f"xBD_hurricane_{i}.png" if i % 3 == 1 else f"single_{i}.bmp"
        image = f"images/{name}"
        entries.append(
            {
                "image_path": [image, "images/mid.png", f"images/post_{i}.bmp"]
                if archive == "Temporal"
                else image,
                "ground_truth": "two",
                "ground_truth_option": "ABCDEB"[i],
                "options_list": ["one", "two", "three", "four", "five"],
                "options": OPTIONS,
                "prompts": [f"wording {k} of {i}?" for k in range(1, 6)],
                "task": TASKS[i % 3],
                "question_id": 7,
                "cls_description": "",
            }
        )
        for shown in (image, f"images/post_{i}.bmp"):
            path = folder / archive / shown
            path.parent.mkdir(parents=True, exist_ok=True)
            if "xBD_" not in shown:
                Image.new("RGB", (8, 8), (i, 0, 0)).save(path)
    (folder / archive / "qa.json").write_text(json.dumps(entries))
    return entries


def packed(folder, archive="Single"):
    with zipfile.ZipFile(folder / f"{archive}.zip", "w") as made:
        for path in sorted((folder / archive).rglob("*")):
            made.write(path, path.relative_to(folder))


def pictures(sample):
    return [part.source for part in sample.messages[0].parts if isinstance(part, ImagePart)]


def boxes(folder):
    entries = [
        {
            "image_path": f"images/{i}.png",
            "prompts": ["Where?"] * 5,
            "image_size": 200,
            "ground_truth": [[[20, 20], [60, 20], [60, 60]], [[50, 40], [100, 80]]],
        }
        for i in range(2)
    ]
    (folder / "Ref-Det").mkdir()
    (folder / "Ref-Det" / "qa.json").write_text(json.dumps(entries))
