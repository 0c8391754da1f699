"""A Qwen2.5-VL of random weights with a tokenizer of its own, small enough for two cores.

The classes are those of the full-size model; only the widths differ, so that whatever trains,
stores, reloads and serves this model does so with the 7-billion-parameter one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geobench_tools.training._processor import image_only_processor, save_checkpoint

__all__ = ["TinySize", "make_tiny_model"]

_SPECIAL = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>"),
    *("<|vision_end|>", "<|image_pad|>", "<|video_pad|>"),
)
_CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}"
    "{% else %}{% for p in m.content %}{% if p.type == 'image' %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ p.text }}{% endif %}{% endfor %}"
    "{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_TOKEN_PX = 28
_HEAD = 32


@dataclass(frozen=True)
class TinySize:
    """Sizes of the model.

    Attributes:
        hidden: Width of the language model; a multiple of 32, the width of an attention head.
        layers: Layers of the language model.
        vision_hidden: Width of the vision tower.
        vision_depth: Layers of the vision tower.
        vocabulary: Most entries of the tokenizer.
        min_side_px, max_side_px: Images with fewer pixels than ``min_side_px`` squared are
            enlarged, those with more than ``max_side_px`` squared are shrunk.
    """

    hidden: int = 128
    layers: int = 3
    vision_hidden: int = 64
    vision_depth: int = 1
    vocabulary: int = 512
    min_side_px: int = _TOKEN_PX
    max_side_px: int = 4 * _TOKEN_PX


def make_tiny_model(
    folder: Path, texts: Iterable[str], *, size: TinySize | None = None, seed: int = 0
) -> Path:
    """Write a checkpoint of random weights that transformers and vLLM load.

    Args:
        folder: Where to write it.
        texts: What the tokenizer is trained on: the questions and answers of the task.
        size: Sizes of the model.
        seed: Seed of the weights.

    Returns:
        The folder.
    """
    import torch
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    size = size or TinySize()
    tokenizer = _tokenizer(texts, size.vocabulary)
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in _SPECIAL}
    half = _HEAD // 2
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": size.hidden,
            "num_attention_heads": size.hidden // _HEAD,
            "num_key_value_heads": size.hidden // _HEAD,
            "num_hidden_layers": size.layers,
            "intermediate_size": 2 * size.hidden,
            "max_position_embeddings": 4096,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e4,
                "mrope_section": [half - 12, 6, 6],
            },
            "tie_word_embeddings": True,
            "bos_token_id": None,
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
        },
        vision_config={
            "depth": size.vision_depth,
            "hidden_size": size.vision_hidden,
            "num_heads": 2,
            "intermediate_size": 2 * size.vision_hidden,
            "out_hidden_size": size.hidden,
            "patch_size": _TOKEN_PX // 2,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "window_size": 4 * _TOKEN_PX,
            "fullatt_block_indexes": list(range(size.vision_depth)),
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen2_5_VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = ids["<|im_end|>"]
    model.generation_config.pad_token_id = ids["<|endoftext|>"]
    processor = image_only_processor(
        tokenizer,
        min_pixels=size.min_side_px**2,
        max_pixels=size.max_side_px**2,
        chat_template=_CHAT,
    )
    save_checkpoint(model, processor, folder)
    return folder


def _tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """Train a byte-level BPE on the texts, so that their words are single tokens."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    # A tag of the answer template is one piece, and so is a word with the space before it.
    pieces = Regex(r"</?[a-z]+>| ?[A-Za-z'-]+| ?[0-9]+|\s+| ?[^\sA-Za-z0-9]+?")
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(pieces, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(_SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(sorted(set(texts)), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
