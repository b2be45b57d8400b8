"""A model and its tokenizer from a folder in Hugging Face format, and back into one."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.utils import load_model as _load_model
from mlx_lm.utils import make_shards
from transformers import AutoTokenizer

from ilab_stage import BadInput, one_line

# Everything beside the weights goes along unchanged, but not the description of the model it was made from.
_WEIGHTS = (
    "*.safetensors",
    "*.safetensors.index.json",
    "*.bin",
    "*.bin.index.json",
    "*.pt",
    "*.pth",
    "*.gguf",
    "*.h5",
    "*.msgpack",
    "*.onnx",
)
_OTHERS_OWN = ("README*", ".*")


def load_model(folder: Path) -> Any:
    """The mlx model with its weights in memory. Code that a model brings along is never run."""
    try:
        model, _config = _load_model(folder)
    except (ValueError, KeyError, TypeError, FileNotFoundError, RuntimeError) as error:
        raise BadInput(f"the model cannot be loaded: {one_line(error, 300)}") from error
    return model


def load_tokenizer(folder: Path) -> Any:
    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # whatever the tokenizer's own code meets in its files
        raise BadInput(f"the model's tokenizer cannot be loaded: {one_line(error, 300)}") from error


def save_model(folder: Path, weights: Mapping[str, mx.array], like: Path) -> None:
    """Writes weights into an existing folder, with configuration and tokenizer from the folder `like`."""
    for file in sorted(like.iterdir()):
        if file.is_file() and not any(file.match(pattern) for pattern in (*_WEIGHTS, *_OTHERS_OWN)):
            shutil.copyfile(file, folder / file.name)
    shards = make_shards(dict(weights))
    names = ["model.safetensors"]
    if len(shards) > 1:
        names = [f"model-{number:05d}-of-{len(shards):05d}.safetensors" for number in range(1, len(shards) + 1)]
        _write_index(folder / "model.safetensors.index.json", shards, names)
    for name, shard in zip(names, shards, strict=True):
        # transformers refuses a file that does not name a format it knows.
        mx.save_safetensors(str(folder / name), shard, metadata={"format": "pt"})


def flat_weights(model: Any) -> dict[str, mx.array]:
    """Every parameter by name, those of LoRA layers merged into the weights they adapt."""
    merged = {name: module.fuse() for name, module in model.named_modules() if hasattr(module, "fuse")}
    weights = {
        name: value
        for name, value in by_name(model.parameters()).items()
        if not any(name.startswith(f"{layer}.") for layer in merged)
    }
    for layer, module in merged.items():
        weights |= {f"{layer}.{name}": value for name, value in by_name(module.parameters()).items()}
    return weights


def by_name(tree: Any) -> dict[str, mx.array]:
    """The arrays of a tree of parameters, `model.layers.0.mlp.up_proj.weight` for example."""
    return dict(tree_flatten(tree))


def _write_index(path: Path, shards: list[dict[str, mx.array]], names: list[str]) -> None:
    places = {weight: name for name, shard in zip(names, shards, strict=True) for weight in shard}
    size = sum(value.nbytes for shard in shards for value in shard.values())
    content = {"metadata": {"total_size": size}, "weight_map": dict(sorted(places.items()))}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
