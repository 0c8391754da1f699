"""vLLM's own server behind ``openai:``, where ``GEOR1_VLLM_PYTHON`` names a Python that has it."""

import asyncio
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from test_images import picture

from geobench_tools.models import ImagePart, Message, ModelError, Request, Sampling
from geobench_tools.models._parse import parse_model
from geobench_tools.training._tiny import make_tiny_model

PYTHON = os.environ.get("GEOR1_VLLM_PYTHON")
pytestmark = pytest.mark.skipif(not PYTHON, reason="GEOR1_VLLM_PYTHON is not set")

OPTIONS = ("--host", "127.0.0.1", "--dtype", "float32", "--max-model-len", "1024",
           "--enforce-eager", "--limit-mm-per-prompt", '{"image":8,"video":0}')  # fmt: skip


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    pytest.importorskip("torch")
    folder = make_tiny_model(tmp_path_factory.mktemp("qwen") / "tiny", ["Where is this?"])
    port = free_port()
    words = [str(PYTHON), "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder)]
    words += ["--served-model-name", "tiny", "--port", str(port), *OPTIONS]
    env = {**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1"}
    process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 600
        while True:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(60)


def test_vllm_answers_about_several_images(url, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    model = parse_model("openai:tiny", base_urls=(url,))
    one, two = (ImagePart(picture("jpeg", (size, 56))) for size in (56, 84))

    def request(name, *parts, **sampling):
        return Request(name, name, (Message("user", parts),), Sampling(**sampling))

    async def work():
        asked = [
            request("a", one, "Where?", max_tokens=5),
            request("b", one, "or", two, "Which?", max_tokens=5),
            request("c", "No picture", max_tokens=3),
            request("long", "Where? " * 3000, max_tokens=3),
        ]
        ends = await asyncio.gather(*map(model.reply, asked), return_exceptions=True)
        await model.close()
        return ends

    a, b, c, long = asyncio.run(work())
    assert (a.finish_reason, a.usage.completion_tokens) == ("length", 5)
    assert b.usage.prompt_tokens > a.usage.prompt_tokens
    assert c.usage.completion_tokens == 3
    assert isinstance(long, ModelError)


def test_a_text_that_ends_the_reply_is_no_part_of_it(url, monkeypatch):
    """As ``hf:`` has it: see test_local_engines."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    model = parse_model("openai:tiny", base_urls=(url,))

    def request(**sampling):
        return Request(
            "a", "a", (Message("user", ("Where?",)),), Sampling(max_tokens=4, **sampling)
        )

    async def work():
        ends = await model.reply(request()), await model.reply(request(stop=("\n\n",)))
        await model.close()
        return ends

    whole, stopped = asyncio.run(work())
    assert whole.text == "\n" * 4  # as the prompt ends
    assert (stopped.text, stopped.finish_reason) == ("", "stop")
    assert stopped.usage.completion_tokens == 2
