import asyncio
import json

import pytest
from test_images import picture

from geobench_tools.errors import InputError
from geobench_tools.models import (
    ImagePart,
    Message,
    ModelError,
    Reply,
    Request,
    Sampling,
    Usage,
    checkpoint_identity,
)
from geobench_tools.models._batches import Batcher
from geobench_tools.models._parse import parse_model
from geobench_tools.training._tiny import make_tiny_model


def request(name, *parts, **sampling):
    return Request(name, name, (Message("user", parts),), Sampling(**sampling))


def test_batches_are_full_share_their_sampling_and_keep_order():
    batches = []

    def generate(requests):
        batches.append([r.sample_id for r in requests])
        assert len({r.sampling.seed for r in requests}) == 1
        bad = ModelError("rejected", "no")
        return [bad if r.sample_id == "2" else Reply(r.sample_id, "", Usage()) for r in requests]

    async def work():
        batcher = Batcher(generate, 3)
        asked = [batcher.reply(request(str(i), seed=int(i > 3))) for i in range(6)]
        ends = await asyncio.gather(*asked, return_exceptions=True)
        await batcher.close()
        return ends

    ends = asyncio.run(work())
    assert batches == [["0", "1", "2"], ["3"], ["4", "5"]]
    assert [end.text if isinstance(end, Reply) else end.reason for end in ends] == [
        *("0", "1", "rejected", "3", "4", "5")
    ]


def test_engine_that_dies_ends_every_request():
    def generate(_requests):
        raise RuntimeError("CUDA error")

    async def work():
        batcher = Batcher(generate, 2)
        asked = [batcher.reply(request(str(i))) for i in range(3)]
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [str(end) for end in asyncio.run(work())] == ["CUDA error"] * 3


def test_weights_that_differ_in_their_middle_are_another_checkpoint(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    weights = bytearray(5 << 20)
    (tmp_path / "model.safetensors").write_bytes(weights)
    before = checkpoint_identity(str(tmp_path))
    weights[1 << 21 : 3 << 20] = b"\1" * (1 << 20)
    (tmp_path / "model.safetensors").write_bytes(weights)
    assert checkpoint_identity(str(tmp_path)) != before


@pytest.mark.parametrize("name", ["hf", "vllm"])
def test_engines_say_what_to_install_or_what_is_wrong(name, tmp_path):
    with pytest.raises(InputError) as caught:
        parse_model(f"{name}:{tmp_path}")
    said = caught.value.message + caught.value.hint
    assert f"geobench-tools[{name}]" in said or "config.json" in said


@pytest.fixture(scope="module")
def tiny_qwen(tmp_path_factory):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    return make_tiny_model(tmp_path_factory.mktemp("qwen") / "tiny", ["Where is this?"])


@pytest.mark.filterwarnings("default")
def test_transformers_answers_about_several_images(tiny_qwen):
    model = parse_model(f"hf:{tiny_qwen}")
    one, two = (ImagePart(picture("jpeg", (size, 56))) for size in (56, 84))

    async def work():
        asked = [
            request("a", one, "Where?", max_tokens=5),
            request("b", one, "or", two, "Which?", max_tokens=5),
            request("c", "No picture", max_tokens=3),
            request("d", ImagePart(b"\xff\xd8\xffno"), max_tokens=5),
        ]
        ends = await asyncio.gather(*map(model.reply, asked), return_exceptions=True)
        await model.close()
        return ends

    a, b, c, d = asyncio.run(work())
    assert isinstance(d, ModelError)
    assert (a.finish_reason, a.usage.completion_tokens) == ("length", 5)
    assert c.usage.completion_tokens == 3
    assert b.usage.prompt_tokens > a.usage.prompt_tokens
    alone = asyncio.run(model.reply(request("a", one, "Where?", max_tokens=5)))
    assert alone.text == a.text


@pytest.mark.filterwarnings("default")
def test_geoclip_finds_the_place_that_its_own_predict_finds(monkeypatch, tmp_path):
    pytest.importorskip("torchvision")
    geoclip = pytest.importorskip("geoclip")
    untrained = geoclip.GeoCLIP(clip_pretrained=False).eval()
    untrained.gps_gallery = untrained.gps_gallery[:500]
    monkeypatch.setattr(geoclip, "GeoCLIP", lambda: untrained)
    path = tmp_path / "photo.jpg"
    path.write_bytes(picture("jpeg", (64, 48)))
    reply = asyncio.run(parse_model("geoclip").reply(request("a", "Where?", ImagePart(path))))
    found = json.loads(reply.text)
    places, chances = untrained.predict(str(path), top_k=1)
    assert [found["latitude"], found["longitude"]] == pytest.approx(places[0].tolist(), abs=1e-5)
    assert found["probability"] == pytest.approx(float(chances[0]), abs=1e-5)
