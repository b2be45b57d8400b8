"""The built-in model `tiny`: it shows that the chain runs, and is of no other use.

A Llama of some tens of thousands of parameters in Hugging Face format, with a tokenizer whose tokens are the 256 bytes
and a handful of marks. Every byte of the folder follows from this file alone: no corpus, no library's random generator,
no serializer of another version, so its digest is the same everywhere and for ever.
"""

import hashlib
import json
import struct
import sys
from array import array
from pathlib import Path

NAME = "tiny"
CONTEXT = 4096

_HIDDEN = 64
_LAYERS = 1
_HEADS = 2
_KV_HEADS = 1
_HEAD = _HIDDEN // _HEADS
_INTERMEDIATE = 128

_PAD, _BEGIN, _END = "<pad>", "<s>", "</s>"
_MARKS = (_PAD, _BEGIN, _END, "<|system|>", "<|user|>", "<|assistant|>", "<|pretraining|>")
_VOCABULARY = 256 + len(_MARKS)

# Each message begins with the mark of its role; what the model says ends with </s>.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>\\n' + message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}"
    "{{ '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"
)


def write_tiny_model(folder: Path) -> None:
    """Writes the model into an existing, empty folder."""
    _write_json(folder / "config.json", _config())
    _write_json(folder / "generation_config.json", _special_ids())
    _write_json(folder / "tokenizer.json", _tokenizer())
    _write_json(folder / "tokenizer_config.json", _tokenizer_config())
    _write_json(folder / "special_tokens_map.json", {"bos_token": _BEGIN, "eos_token": _END, "pad_token": _PAD})
    (folder / "model.safetensors").write_bytes(_weights())


def _special_ids() -> dict[str, int]:
    return {
        "bos_token_id": _MARKS.index(_BEGIN),
        "eos_token_id": _MARKS.index(_END),
        "pad_token_id": _MARKS.index(_PAD),
    }


def _config() -> dict[str, object]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": _VOCABULARY,
        "hidden_size": _HIDDEN,
        "intermediate_size": _INTERMEDIATE,
        "num_hidden_layers": _LAYERS,
        "num_attention_heads": _HEADS,
        "num_key_value_heads": _KV_HEADS,
        "head_dim": _HEAD,
        "hidden_act": "silu",
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        **_special_ids(),
    }


def _tokenizer_config() -> dict[str, object]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": _BEGIN,
        "eos_token": _END,
        "pad_token": _PAD,
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }


def _tokenizer() -> dict[str, object]:
    """A byte-level BPE without a single merge: every byte is a token."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": mark,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for number, mark in enumerate(_MARKS)
        ],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {mark: number for number, mark in enumerate(_MARKS)}
            | {name: len(_MARKS) + byte for byte, name in enumerate(_byte_names())},
            "merges": [],
        },
    }


def _byte_names() -> list[str]:
    """The printable character that stands for each byte in byte-level vocabularies since GPT-2."""
    printable = {*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)}
    others = iter(range(256))
    return [chr(byte) if byte in printable else chr(256 + next(others)) for byte in range(256)]


def _tensors() -> list[tuple[str, tuple[int, ...]]]:
    shapes: list[tuple[str, tuple[int, ...]]] = [("model.embed_tokens.weight", (_VOCABULARY, _HIDDEN))]
    for layer in range(_LAYERS):
        prefix = f"model.layers.{layer}"
        shapes += [
            (f"{prefix}.input_layernorm.weight", (_HIDDEN,)),
            (f"{prefix}.mlp.down_proj.weight", (_HIDDEN, _INTERMEDIATE)),
            (f"{prefix}.mlp.gate_proj.weight", (_INTERMEDIATE, _HIDDEN)),
            (f"{prefix}.mlp.up_proj.weight", (_INTERMEDIATE, _HIDDEN)),
            (f"{prefix}.post_attention_layernorm.weight", (_HIDDEN,)),
            (f"{prefix}.self_attn.k_proj.weight", (_KV_HEADS * _HEAD, _HIDDEN)),
            (f"{prefix}.self_attn.o_proj.weight", (_HIDDEN, _HEADS * _HEAD)),
            (f"{prefix}.self_attn.q_proj.weight", (_HEADS * _HEAD, _HIDDEN)),
            (f"{prefix}.self_attn.v_proj.weight", (_KV_HEADS * _HEAD, _HIDDEN)),
        ]
    return [*shapes, ("model.norm.weight", (_HIDDEN,))]


def _weights() -> bytes:
    """The safetensors file: length of the header, header, data."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = bytearray()
    for name, shape in _tensors():
        values = _values(name, shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(data)


def _values(name: str, shape: tuple[int, ...]) -> bytes:
    """Ones for a norm, else even steps in [-1/8, 1/8) chosen by SHAKE-256 of the name: exact in 32-bit floats."""
    if len(shape) == 1:
        floats = array("f", [1.0]) * shape[0]
    else:
        count = shape[0] * shape[1]
        numbers = struct.unpack(f"<{count}H", hashlib.shake_256(f"tiny/{name}".encode()).digest(2 * count))
        floats = array("f", ((number - 32768) / 262144 for number in numbers))
    if sys.byteorder == "big":
        floats.byteswap()
    return floats.tobytes()


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
