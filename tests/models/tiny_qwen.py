"""A Qwen2.5-VL of random weights and a tokenizer of its own, small enough for any machine."""

from pathlib import Path

_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}"
    "{% else %}{% for p in m.content %}{% if p.type == 'image' %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ p.text }}{% endif %}{% endfor %}"
    "{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_SPECIAL = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>"),
    *("<|vision_end|>", "<|image_pad|>", "<|video_pad|>"),
)


def make_tiny_qwen(folder: Path) -> Path:
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import (
        PreTrainedTokenizerFast,
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2_5_VLProcessor,
        Qwen2VLVideoProcessor,
    )

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=list(_SPECIAL), initial_alphabet=alphabet
    )
    bpe.train_from_iterator(["Where is this? user assistant"], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in _SPECIAL}
    config = Qwen2_5_VLConfig(
        text_config={
            **{"vocab_size": len(tokenizer), "hidden_size": 128, "num_attention_heads": 4},
            **{"num_key_value_heads": 2, "num_hidden_layers": 2, "intermediate_size": 256},
            "rope_parameters": {
                **{"rope_type": "default", "rope_theta": 1e4, "mrope_section": [4, 6, 6]}
            },
            "tie_word_embeddings": True,
        },
        vision_config={
            **{"depth": 1, "hidden_size": 64, "num_heads": 2, "intermediate_size": 128},
            **{"out_hidden_size": 128, "patch_size": 14, "spatial_merge_size": 2},
            **{"temporal_patch_size": 2, "window_size": 112, "fullatt_block_indexes": [0]},
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    model = Qwen2_5_VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = ids["<|im_end|>"]
    model.generation_config.pad_token_id = ids["<|endoftext|>"]
    model.save_pretrained(folder)
    processor = Qwen2_5_VLProcessor(
        _image_processor(), tokenizer, Qwen2VLVideoProcessor(), chat_template=_TEMPLATE
    )
    processor.save_pretrained(folder)
    return folder


def _image_processor():
    try:
        from transformers import Qwen2VLImageProcessorPil as Processor
    except ImportError:
        from transformers import Qwen2VLImageProcessor as Processor
    return Processor(min_pixels=28 * 28, max_pixels=112 * 112)
