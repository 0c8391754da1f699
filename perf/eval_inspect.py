"""The requests of ``eval_client`` sent by inspect-ai, in an environment of its own.

It shows nothing, logs no images and writes its log at the end: the cheapest way it has.
"""

import os
import sys
from pathlib import Path

CONCURRENCY = 64
PROMPT = "Which of the four tiles shows this place? Answer with one letter."


def main(url: str, photos: Path, requests: int, output: Path) -> int:
    from inspect_ai import Task, eval  # type: ignore[import-not-found]
    from inspect_ai.dataset import MemoryDataset, Sample  # type: ignore[import-not-found]
    from inspect_ai.model import (  # type: ignore[import-not-found]
        ChatMessageUser,
        ContentImage,
        ContentText,
        get_model,
    )
    from inspect_ai.scorer import includes  # type: ignore[import-not-found]
    from inspect_ai.solver import generate  # type: ignore[import-not-found]

    samples = []
    for number in range(requests):
        image = ContentImage(image=str(photos / f"{number % 2000:05}.jpg"))
        message = ChatMessageUser(content=[image, ContentText(text=PROMPT)])
        samples.append(Sample(input=[message], target="B", id=str(number)))
    task = Task(dataset=MemoryDataset(samples), solver=generate(), scorer=includes())
    os.environ["OPENAI_API_KEY"] = "none"
    model = get_model("openai/measured", base_url=url, responses_api=False)
    options = {"display": "none", "log_realtime": False, "log_images": False}
    limits = {"max_connections": CONCURRENCY, "max_samples": CONCURRENCY}
    (log,) = eval(task, model=model, log_dir=str(output), **options, **limits)
    return len(log.samples or [])


if __name__ == "__main__":
    endpoint, folder, number, log_folder = sys.argv[1:]
    print(main(endpoint, Path(folder), int(number), Path(log_folder)))
