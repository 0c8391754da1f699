import asyncio
import json
import shutil
import weakref

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
    UnreadableImage,
    Usage,
    checkpoint_identity,
)
from geobench_tools.models._batches import BatchedModel
from geobench_tools.models._parse import parse_model
from geobench_tools.training._tiny import make_tiny_model


def request(name, *parts, **sampling):
    return Request(name, name, (Message("user", parts),), Sampling(**sampling))


class Batches(BatchedModel[object]):
    """A model of which only loading and answering are of interest."""

    def __init__(self, load, generate, size):
        super().__init__("hf:x", size)
        self._load, self._generate = load, generate

    _load = _generate = None


def ends_of(model, asked):
    async def work():
        ends = await asyncio.gather(*map(model.reply, asked), return_exceptions=True)
        await model.close()
        return ends

    return asyncio.run(work())


def test_batches_are_full_share_their_sampling_and_keep_order():
    batches = []

    def generate(engine, requests):
        batches.append([r.sample_id for r in requests])
        assert len({r.sampling.seed for r in requests}) == 1
        return [Reply(engine + r.sample_id, "", Usage()) for r in requests]

    model = Batches(lambda: "e", generate, 3)
    ends = ends_of(model, [request(str(i), seed=int(i > 3)) for i in range(6)])
    assert batches == [["0", "1", "2"], ["3"], ["4", "5"]]
    assert [end.text for end in ends] == ["e0", "e1", "e2", "e3", "e4", "e5"]


@pytest.mark.parametrize(
    ("error", "reason", "said"),
    [
        (RuntimeError("CUDA\n error"), "rejected", "RuntimeError: CUDA error"),
        (ValueError("too long"), "rejected", "too long"),
        (UnreadableImage("x.jpg is empty"), "rejected", "x.jpg is empty"),
        (ModelError("unanswerable", "no image"), "unanswerable", "no image"),
    ],
)
def test_what_a_library_raises_concerns_the_one_request_it_was_about(error, reason, said):
    def generate(_engine, requests):
        if any(r.sample_id == "2" for r in requests):
            raise error
        return [Reply(r.sample_id, "", Usage()) for r in requests]

    ends = ends_of(Batches(object, generate, 8), [request(str(i)) for i in range(6)])
    bad = ends.pop(2)
    assert (bad.reason, bad.detail) == (reason, said)
    assert [end.text for end in ends] == ["0", "1", "3", "4", "5"]


def test_what_filled_the_memory_is_gone_before_half_of_it_is_tried():
    kept = []

    class Tensor:
        pass

    def generate(_engine, requests):
        assert not [one for one in kept if one() is not None]
        tensor = Tensor()
        kept.append(weakref.ref(tensor))
        if len(requests) > 1:
            raise MemoryError
        return [Reply("", "", Usage())]

    ends = ends_of(Batches(object, generate, 4), [request(str(i)) for i in range(4)])
    assert [end.text for end in ends] == [""] * 4
    assert len(kept) == 7


def test_dead_engine_ends_every_request():
    calls = []

    def generate(_engine, requests):
        calls.append(len(requests))
        raise ModelError("engine", "it died")

    ends = ends_of(Batches(object, generate, 2), [request(str(i)) for i in range(5)])
    assert [(end.reason, end.fatal) for end in ends] == [("engine", True)] * 5
    assert calls == [2]


def test_engine_that_cannot_be_loaded_is_loaded_once_and_named():
    loads = []

    def load():
        loads.append(1)
        raise KeyError("added_tokens")

    ends = ends_of(Batches(load, lambda *_: [], 1), [request(str(i)) for i in range(3)])
    said = "hf:x cannot be loaded: KeyError: 'added_tokens'"
    assert [(type(end), str(end)) for end in ends] == [(InputError, said)] * 3
    assert loads == [1]


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
    asked = [
        request("a", one, "Where?", max_tokens=5),
        request("b", one, "or", two, "Which?", max_tokens=5),
        request("c", "No picture", max_tokens=3),
        request("d", ImagePart(b"\xff\xd8\xffno"), max_tokens=5),
        request("long", "Where? " * 3000, max_tokens=5),
    ]
    a, b, c, d, long = ends_of(model, asked)
    assert (d.reason, "cannot be read" in d.detail) == ("rejected", True)
    assert (long.reason, "the model takes 4,096" in long.detail) == ("rejected", True)
    assert (a.finish_reason, a.usage.completion_tokens) == ("length", 5)
    assert c.usage.completion_tokens == 3
    assert b.usage.prompt_tokens > a.usage.prompt_tokens
    alone = asyncio.run(model.reply(request("a", one, "Where?", max_tokens=5)))
    assert alone.text == a.text


@pytest.mark.filterwarnings("default")
def test_a_text_that_ends_the_reply_is_no_part_of_it(tiny_qwen):
    """As with vLLM and the OpenAI API: transformers itself leaves it in."""
    model = parse_model(f"hf:{tiny_qwen}")
    drawn = {"temperature": 1.0, "seed": 5, "max_tokens": 12}
    (whole,) = ends_of(model, [request("a", "Where?", **drawn)])
    at = next(
        i for i in range(2, 12) if whole.text[i].isascii() and whole.text.index(whole.text[i]) == i
    )
    stops = ("never", whole.text[at])
    (stopped,) = ends_of(model, [request("a", "Where?", stop=stops, **drawn)])
    assert (stopped.text, stopped.finish_reason) == (whole.text[:at], "stop")
    assert stopped.usage.completion_tokens < 12
    (other,) = ends_of(model, [request("a", "Where?", stop=("never",), **drawn)])
    assert (other.text, other.finish_reason) == (whole.text, "length")


@pytest.mark.filterwarnings("default")
def test_the_prompt_is_not_searched_for_the_text_that_ends_the_reply(tiny_qwen):
    model = parse_model(f"hf:{tiny_qwen}")
    (whole,) = ends_of(model, [request("a", "Where?", max_tokens=4)])
    assert whole.text == "\n" * 4  # as the prompt ends
    (stopped,) = ends_of(model, [request("a", "Where?", max_tokens=4, stop=("\n\n",))])
    assert (stopped.text, stopped.usage.completion_tokens) == ("", 2)


@pytest.mark.filterwarnings("default")
def test_a_reply_ends_where_the_context_does(tiny_qwen):
    model = parse_model(f"hf:{tiny_qwen}")
    short = request("a", "Where?", max_tokens=9)
    tokens = [end.usage.prompt_tokens for end in ends_of(model, [short])]
    near = request("b", "Where?" + "\n" * (4096 - 3 - tokens[0]), max_tokens=9)
    a, b = ends_of(model, [short, near])
    assert a.usage.completion_tokens == 9
    assert b.usage.prompt_tokens + b.usage.completion_tokens == 4096
    assert b.finish_reason == "length"


def cut_weights(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:9000])


def lose_weights(folder):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    save_file(dict(sorted(tensors.items())[3:]), folder / "model.safetensors", {"format": "pt"})


def narrow(folder):
    config = json.loads((folder / "config.json").read_text())
    config["vision_config"]["intermediate_size"] = 96
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut_weights, "SafetensorError"),
        (lose_weights, "weights of the model are not in its files"),
        (narrow, "have another shape there"),
        (lambda f: (f / "model.safetensors").unlink(), "no file named model.safetensors"),
        (lambda f: (f / "config.json").write_text("{"), "not a valid JSON"),
        (lambda f: (f / "config.json").write_text('{"model_type": "martian"}'), "`martian`"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "added_tokens"),
        (lambda f: (f / "tokenizer.json").unlink(), "the processor of"),
        (lambda f: (f / "chat_template.jinja").write_text("{% for %}"), "TemplateSyntaxError"),
        (lambda f: (f / "chat_template.jinja").unlink(), "no chat template"),
        (
            lambda f: [path.unlink() for path in f.glob("*processor_config.json")],
            "Can't load image processor",
        ),
    ],
)
def test_checkpoint_that_cannot_be_loaded_is_named(tiny_qwen, tmp_path, spoil, said, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "spoilt"
    shutil.copytree(tiny_qwen, folder)
    spoil(folder)
    (end,) = ends_of(parse_model(f"hf:{folder}"), [request("a", "Where?")])
    assert isinstance(end, InputError)
    assert str(folder) in end.message
    assert said in end.message
    assert end.hint


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
