"""Runs with an engine on this machine, whose library fails in the middle."""

import pytest
from small_benchmark import SmallBenchmark

from geobench_tools.evaluation import RunSpec, final_records, run
from geobench_tools.models import LocalOptions, ModelError, Sampling
from geobench_tools.models._parse import parse_model

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def tiny_qwen(tmp_path_factory):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from geobench_tools.training._tiny import make_tiny_model

    return make_tiny_model(tmp_path_factory.mktemp("qwen") / "tiny", ["What is this?"])


@pytest.fixture
def failing(monkeypatch):
    """Make the engine's call number ``at`` raise."""
    from transformers import Qwen2_5_VLForConditionalGeneration as Qwen

    stock = Qwen.generate
    calls = []

    def plan(error, at):
        def generate(self, *arguments, **options):
            calls.append(len(options["input_ids"]))
            if len(calls) == at:
                raise error
            return stock(self, *arguments, **options)

        monkeypatch.setattr(Qwen, "generate", generate)
        return calls

    return plan


def test_request_that_the_library_fails_at_is_logged_and_asked_again(
    tiny_qwen, pictures, tmp_path, failing
):
    model = parse_model(f"hf:{tiny_qwen}", local=LocalOptions(batch_size=1))
    spec = RunSpec(tmp_path / "run", sampling=Sampling(max_tokens=2))
    calls = failing(RuntimeError("index out of range"), 3)
    result = run(spec, SmallBenchmark(pictures, 5), model)
    assert result.totals.statuses["error"] == 1
    assert "1 of 5 samples have no reply" in result.failure().message
    (bad,) = (record for record in final_records(spec.output) if record.error)
    assert (bad.error.reason, bad.attempts) == ("rejected", 1)
    assert bad.error.detail == "RuntimeError: index out of range"
    result = run(spec, SmallBenchmark(pictures, 5), model)
    assert (result.reused, result.sent, len(calls)) == (4, 1, 6)
    assert result.failure() is None


def test_dead_device_ends_the_run_and_the_same_call_goes_on(tiny_qwen, pictures, tmp_path, failing):
    import torch

    model = parse_model(f"hf:{tiny_qwen}", local=LocalOptions(batch_size=1))
    spec = RunSpec(tmp_path / "run", sampling=Sampling(max_tokens=2), concurrency=1)
    calls = failing(torch.AcceleratorError("CUDA error: unspecified launch failure", 719), 3)
    with pytest.raises(ModelError, match="unspecified launch failure") as caught:
        run(spec, SmallBenchmark(pictures, 5), model)
    assert caught.value.reason == "engine"
    assert len(list(final_records(spec.output))) == 2
    result = run(spec, SmallBenchmark(pictures, 5), model)
    assert (result.reused, result.sent, len(calls)) == (2, 3, 6)
