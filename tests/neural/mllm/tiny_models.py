"""Tiny models of the real architectures with random weights, made on the spot.

They have a byte-level vocabulary and a chat template as the published checkpoints have,
so that all of the loading and prompting code runs. What they say is noise, or what they
were made to say.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}"
    "{% else %}{% for part in message.content %}"
    "{% if part.type == 'image' %}IMAGE"
    "{% elif part.type == 'audio' %}AUDIO"
    "{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

TEXT = {
    "vocab_size": 512,
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "max_position_embeddings": 32_768,
    "bos_token_id": None,
    "eos_token_id": 256,
    "pad_token_id": 256,
}

MROPE_TEXT = TEXT | {
    "rope_parameters": {
        "rope_type": "default",
        "mrope_section": [2, 3, 3],
        "rope_theta": 1e4,
    }
}

VISION = {"depth": 2, "hidden_size": 32, "intermediate_size": 32, "num_heads": 2}
VISION_2_5 = VISION | {"out_hidden_size": 32, "fullatt_block_indexes": [1]}
VISION_3 = VISION | {
    "out_hidden_size": 32,
    "num_position_embeddings": 64,
    "deepstack_visual_indexes": [0],
}

QWEN_VL = {
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "vision_start": "<|vision_start|>",
    "vision_end": "<|vision_end|>",
}
QWEN_VL_IDS = {
    name if name.endswith("token") else f"{name}_token": word
    for name, word in QWEN_VL.items()
}

NEWLINE = "\u010a"  # as byte-level vocabularies write it

AUDIO = {
    "num_mel_bins": 16,
    "d_model": 32,
    "encoder_layers": 1,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
}


SAYING = (
    '{"answer": "',
    "yes",
    '", "side": "left", ',
    '"first_frame": 2, "last_frame": 4}',
)
"""What a model says that was made to say something, token by token."""

NEARLY = "no"
"""What it nearly says in place of the second of these."""


def tokenizer(**extra: str) -> Any:
    """Return a tokenizer of 256 bytes, the special tokens of Qwen, and a saying."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {letter: number for number, letter in enumerate(letters)}
    plain = Tokenizer(models.BPE(vocab=words, merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    result = PreTrainedTokenizerFast(
        tokenizer_object=plain,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        extra_special_tokens=extra,
    )
    result.add_tokens(["<|im_start|>"], special_tokens=True)
    result.add_tokens([*SAYING, NEARLY])
    return result


def _template(image: str, audio: str = "") -> str:
    return TEMPLATE.replace("IMAGE", image).replace("AUDIO", audio)


def qwen2_5_vl(folder: Path) -> None:
    import transformers as t

    words = tokenizer(**QWEN_VL)
    pixels = {"min_pixels": 28 * 28, "max_pixels": 56 * 56}
    processor = t.Qwen2_5_VLProcessor(
        image_processor=t.Qwen2VLImageProcessor(**pixels),
        tokenizer=words,
        video_processor=t.Qwen2VLVideoProcessor(),
        chat_template=_template("<|vision_start|><|image_pad|><|vision_end|>"),
    )
    ids = words.convert_tokens_to_ids
    config = t.Qwen2_5_VLConfig(
        text_config=MROPE_TEXT,
        vision_config=VISION_2_5,
        **{f"{name}_id": ids(word) for name, word in QWEN_VL_IDS.items()},
    )
    _save(t.Qwen2_5_VLForConditionalGeneration, config, processor, folder)


def qwen3_vl(folder: Path) -> None:
    import transformers as t

    words = tokenizer(**QWEN_VL)
    processor = t.Qwen3VLProcessor(
        image_processor=t.Qwen2VLImageProcessor(
            patch_size=16, min_pixels=32 * 32, max_pixels=64 * 64
        ),
        tokenizer=words,
        video_processor=t.Qwen3VLVideoProcessor(),
        chat_template=_template("<|vision_start|><|image_pad|><|vision_end|>"),
    )
    ids = words.convert_tokens_to_ids
    config = t.Qwen3VLConfig(
        text_config=MROPE_TEXT,
        vision_config=VISION_3,
        **{f"{name}_id": ids(word) for name, word in QWEN_VL_IDS.items()},
    )
    _save(t.Qwen3VLForConditionalGeneration, config, processor, folder)


def internvl(folder: Path) -> None:
    import transformers as t

    words = tokenizer(
        start_image_token="<img>",
        end_image_token="</img>",
        context_image_token="<IMG_CONTEXT>",
        video_token="<video>",
    )
    size = {"height": 28, "width": 28}
    processor = t.InternVLProcessor(
        image_processor=t.GotOcr2ImageProcessor(size=size, crop_to_patches=False),
        tokenizer=words,
        video_processor=t.InternVLVideoProcessor(size=size),
        image_seq_length=1,
        chat_template=_template("<IMG_CONTEXT>"),
    )
    config = t.InternVLConfig(
        text_config={"model_type": "qwen2"} | TEXT,
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "image_size": [28, 28],
            "patch_size": [14, 14],
        },
        image_token_id=words.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=1,
        tie_word_embeddings=False,
        downsample_ratio=0.5,
    )
    _save(t.InternVLForConditionalGeneration, config, processor, folder)


def qwen2_5_omni(folder: Path) -> None:
    import transformers as t

    words = tokenizer(
        image_token="<|IMAGE|>",
        video_token="<|VIDEO|>",
        audio_token="<|AUDIO|>",
        vision_bos_token="<|vision_bos|>",
        vision_eos_token="<|vision_eos|>",
        audio_bos_token="<|audio_bos|>",
        audio_eos_token="<|audio_eos|>",
    )
    processor = t.Qwen2_5OmniProcessor(
        image_processor=t.Qwen2VLImageProcessor(min_pixels=28 * 28, max_pixels=56 * 56),
        video_processor=t.Qwen2VLVideoProcessor(),
        feature_extractor=t.WhisperFeatureExtractor(feature_size=16),
        tokenizer=words,
        chat_template=_template(
            "<|vision_bos|><|IMAGE|><|vision_eos|>",
            "<|audio_bos|><|AUDIO|><|audio_eos|>",
        ),
    )
    ids = words.convert_tokens_to_ids
    config = t.Qwen2_5OmniConfig(
        thinker_config={
            "text_config": MROPE_TEXT,
            "vision_config": VISION_2_5,
            "audio_config": AUDIO | {"output_dim": 32, "n_window": 50},
            "image_token_index": ids("<|IMAGE|>"),
            "video_token_index": ids("<|VIDEO|>"),
            "audio_token_index": ids("<|AUDIO|>"),
            "vision_start_token_id": ids("<|vision_bos|>"),
            "vision_end_token_id": ids("<|vision_eos|>"),
            "audio_start_token_id": ids("<|audio_bos|>"),
            "audio_end_token_id": ids("<|audio_eos|>"),
        },
        enable_audio_output=False,
    )
    _save(t.Qwen2_5OmniForConditionalGeneration, config, processor, folder)


def qwen3_omni(folder: Path) -> None:
    import transformers as t

    words = tokenizer(
        image_token="<|image_pad|>",
        video_token="<|video_pad|>",
        audio_token="<|audio_pad|>",
        vision_bos_token="<|vision_start|>",
        vision_eos_token="<|vision_end|>",
        audio_bos_token="<|audio_start|>",
        audio_eos_token="<|audio_end|>",
    )
    processor = t.Qwen3OmniMoeProcessor(
        image_processor=t.Qwen2VLImageProcessor(
            patch_size=16, min_pixels=32 * 32, max_pixels=64 * 64
        ),
        video_processor=t.Qwen2VLVideoProcessor(patch_size=16),
        feature_extractor=t.WhisperFeatureExtractor(feature_size=16),
        tokenizer=words,
        chat_template=_template(
            "<|vision_start|><|image_pad|><|vision_end|>",
            "<|audio_start|><|audio_pad|><|audio_end|>",
        ),
    )
    ids = words.convert_tokens_to_ids
    config = t.Qwen3OmniMoeConfig(
        thinker_config={
            "text_config": MROPE_TEXT
            | {
                "moe_intermediate_size": 32,
                "num_experts": 2,
                "num_experts_per_tok": 1,
            },
            "vision_config": VISION_3,
            "audio_config": AUDIO
            | {"output_dim": 32, "n_window": 50, "downsample_hidden_size": 32},
            "image_token_id": ids("<|image_pad|>"),
            "video_token_id": ids("<|video_pad|>"),
            "audio_token_id": ids("<|audio_pad|>"),
            "vision_start_token_id": ids("<|vision_start|>"),
            "vision_end_token_id": ids("<|vision_end|>"),
            "audio_start_token_id": ids("<|audio_start|>"),
            "audio_end_token_id": ids("<|audio_end|>"),
        },
        enable_audio_output=False,
    )
    _save(t.Qwen3OmniMoeForConditionalGeneration, config, processor, folder)


def audio_flamingo_3(folder: Path) -> None:
    import transformers as t

    words = tokenizer(audio_token="<sound>")
    processor = t.AudioFlamingo3Processor(
        feature_extractor=t.WhisperFeatureExtractor(feature_size=16),
        tokenizer=words,
        chat_template=_template("", "<sound>"),
    )
    config = t.AudioFlamingo3Config(
        audio_config={
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_mel_bins": 16,
        },
        text_config={"model_type": "qwen2"} | TEXT,
        audio_token_id=words.convert_tokens_to_ids("<sound>"),
    )
    _save(t.AudioFlamingo3ForConditionalGeneration, config, processor, folder)


def whisper(folder: Path) -> None:
    """Make a speech recogniser; it does not answer questions."""
    import transformers as t

    words = tokenizer()
    processor = t.WhisperProcessor(t.WhisperFeatureExtractor(feature_size=16), words)
    config = t.WhisperConfig(
        vocab_size=512,
        num_mel_bins=16,
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_target_positions=256,
        decoder_start_token_id=257,
        bos_token_id=257,
        eos_token_id=256,
        pad_token_id=256,
    )
    _save(t.WhisperForConditionalGeneration, config, processor, folder)


def _save(kind: Any, config: Any, processor: Any, folder: Path) -> None:
    import torch

    torch.manual_seed(0)
    model = kind(config)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def make_it_say(folder: Path) -> None:
    """Let a model say the saying after any prompt, pictures or not.

    Its layers are made to hand on each token unchanged, so that the head sees the last
    token alone, and the head to name the next one of the saying.
    """
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import AutoTokenizer

    words = AutoTokenizer.from_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    for name, weight in weights.items():
        if name.endswith("o_proj.weight") or "down_proj" in name:
            weight.zero_()
    (tokens,) = [w for n, w in weights.items() if n.endswith("embed_tokens.weight")]
    (head,) = [w for n, w in weights.items() if n.endswith("lm_head.weight")]
    torch.nn.init.normal_(tokens, generator=torch.Generator().manual_seed(0))
    chain = words.convert_tokens_to_ids([NEWLINE, *SAYING, "<|im_end|>"])
    head.zero_()
    for one, next_one in itertools.pairwise(chain):
        head[next_one] = tokens[one]
    head[words.convert_tokens_to_ids(NEARLY)] = 0.97 * tokens[chain[1]]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


MAKERS: dict[str, Callable[[Path], None]] = {
    maker.__name__: maker
    for maker in (
        qwen2_5_vl,
        qwen3_vl,
        internvl,
        qwen2_5_omni,
        qwen3_omni,
        audio_flamingo_3,
    )
}
