"""Where a model comes from: a mounted folder, a hub, or built in."""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ilab_stage import BadInput, Params, Stage, TryLater, one_line

from . import tiny_model

_HUB = re.compile(r"hf:(?P<repository>\w[\w.-]*/\w[\w.-]*)(@(?P<revision>\w[\w./-]*))?")
# What a model is made of; no pickled weights, no code.
_HUB_FILES = ["*.json", "model*.safetensors", "*.jinja", "*.txt", "*.model", "*.tiktoken", "LICENSE*"]
# The hub's library lets pass what its HTTP client raises, and has changed that client more than once.
_NETWORK_PACKAGES = ("httpx", "httpx2", "httpcore", "httpcore2", "requests", "socket", "ssl", "urllib3")
# Longer rows need more memory than a tuning on such a machine has to give.
_LONGEST_BY_DEFAULT = 4096


@dataclass(frozen=True)
class ModelSource:
    path: Path
    """A folder in Hugging Face format, checked by `check_model_folder`."""
    uri: str
    """`folder`, `hf:<org>/<name>@<commit>` or `builtin:<name>`."""
    config: dict[str, Any]
    """Its config.json."""

    @property
    def is_tiny(self) -> bool:
        return self.uri == f"builtin:{tiny_model.NAME}"

    def row_limit(self, params: Params) -> int:
        """The longest row in tokens: the parameter `maxSeqLen`, by default what the model takes, at most 4096."""
        says = self.config.get("max_position_embeddings")
        context = says if isinstance(says, int) and says > 0 else None
        limit: int = params.integer("maxSeqLen", min(context or _LONGEST_BY_DEFAULT, _LONGEST_BY_DEFAULT), minimum=8)
        if context is not None and limit > context:
            raise BadInput(f"parameter maxSeqLen is {limit}, but the model takes at most {context} tokens")
        return limit


def find_model(stage: Stage, name: str, scratch: Path) -> ModelSource:
    """The model of this name: the mounted input if there is one, else what the parameter of the same name says."""
    mounted = stage.optional_input(name)
    if mounted is not None:
        return ModelSource(mounted.path, "folder", check_model_folder(mounted.path, f"input {name}"))
    reference = stage.params.text(name)
    if reference in (tiny_model.NAME, f"builtin:{tiny_model.NAME}"):
        return _built_in(scratch / f"model-{tiny_model.NAME}")
    match = _HUB.fullmatch(reference)
    if match is None:
        raise BadInput(
            f"parameter {name} is {one_line(reference, 100)!r} and {stage.content / 'inputs' / name} does not exist: "
            "give a folder as the input, or hf:<org>/<name>[@<revision>], or tiny"
        )
    folder, commit = _download(match["repository"], match["revision"], scratch)
    return ModelSource(folder, f"hf:{match['repository']}@{commit}", check_model_folder(folder, reference))


def check_model_folder(folder: Path, what: str) -> dict[str, Any]:
    """The folder's config.json; a folder that no model can be loaded from is a BadInput."""
    if not folder.is_dir():
        raise BadInput(f"{what} is no folder")
    file = folder / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(f"{what} is no model in Hugging Face format: it has no config.json") from error
    except (ValueError, OSError) as error:
        raise BadInput(f"{what} is no model in Hugging Face format: config.json cannot be read: {error}") from error
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise BadInput(f"{what} is no model in Hugging Face format: config.json names no model_type")
    if "quantization" in config or "quantization_config" in config:
        raise BadInput(f"{what} is quantized: tune the model it was made from")
    if not any(folder.glob("model*.safetensors")):
        raise BadInput(f"{what} has no weights: no file model*.safetensors")
    if not (folder / "tokenizer.json").is_file() and not (folder / "tokenizer.model").is_file():
        raise BadInput(f"{what} has no tokenizer: neither tokenizer.json nor tokenizer.model")
    return config


def _built_in(folder: Path) -> ModelSource:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tiny_model.write_tiny_model(folder)
    uri = f"builtin:{tiny_model.NAME}"
    return ModelSource(folder, uri, check_model_folder(folder, uri))


def _download(repository: str, revision: str | None, scratch: Path) -> tuple[Path, str]:
    """The folder and the commit that was fetched; HF_ENDPOINT and HF_TOKEN count, as always with the hub's library."""
    from huggingface_hub import HfApi, errors

    name = f"hf:{repository}" + (f"@{revision}" if revision else "")
    hub = HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)
    try:
        commit = hub.model_info(repository, revision=revision).sha
        folder = scratch / f"model-{repository.replace('/', '--')}-{commit}"
        # A folder of its own: the hub's cache is made of links, and a digest refuses links.
        hub.snapshot_download(repository, revision=commit, local_dir=folder, allow_patterns=_HUB_FILES)
    except errors.GatedRepoError as error:
        raise BadInput(f"{name} is gated: accept its terms on the hub and give a token (HF_TOKEN)") from error
    except errors.RepositoryNotFoundError as error:
        raise BadInput(f"{name} is not on the hub, or is private and needs a token (HF_TOKEN)") from error
    except errors.RevisionNotFoundError as error:
        raise BadInput(f"{name}: the model has no such revision") from error
    except errors.HFValidationError as error:
        raise BadInput(f"{name} is no name of a model: {error}") from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if status in (401, 403):
            raise BadInput(f"the hub refuses {name}: {status}, check the token (HF_TOKEN)") from error
        raise TryLater(f"{name} cannot be downloaded now: {error}") from error
    except Exception as error:
        ours = (ConnectionError, TimeoutError, errors.OfflineModeIsEnabled, errors.LocalEntryNotFoundError)
        if isinstance(error, ours) or type(error).__module__.split(".")[0] in _NETWORK_PACKAGES:
            raise TryLater(f"{name} cannot be downloaded now: {type(error).__name__}: {error}") from error
        raise
    return folder, str(commit)
