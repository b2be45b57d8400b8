"""The checkpoints that the train stage hands to eval: folders, and `index.json` that names them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ilab_stage import BadInput, digest_file, one_line

from .model_source import check_model_folder

_INDEX_VERSION = 1


@dataclass(frozen=True)
class Candidate:
    name: str
    folder: Path
    phase: int
    """Of the training; 0 where index.json does not say."""


def write_index(root: Path, base: str, checkpoints: Sequence[Mapping[str, Any]]) -> None:
    """`checkpoints` in the order of training, at least one; each has at least a `name`, its folder below `root`."""
    content = {"version": _INDEX_VERSION, "base": base, "checkpoints": checkpoints, "last": checkpoints[-1]["name"]}
    (root / "index.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_candidates(root: Path) -> list[Candidate]:
    """In the order of training. Each is a model folder."""
    file = root / "index.json"
    try:
        index = json.loads(file.read_text(encoding="utf-8"))
        version, entries = index["version"], [(one["name"], one.get("phase")) for one in index["checkpoints"]]
    except FileNotFoundError as error:
        raise BadInput("input checkpoints is not what the train stage makes: it has no index.json") from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BadInput(f"index.json of the checkpoints cannot be read: {one_line(repr(error), 100)}") from error
    if version != _INDEX_VERSION:
        raise BadInput(f"index.json of the checkpoints has version {one_line(version, 20)}, not {_INDEX_VERSION}")
    if not entries:
        raise BadInput("index.json of the checkpoints names no checkpoint")
    return [_candidate(root, name, phase) for name, phase in entries]


def check_tokenizer(candidate: Candidate, base: Path) -> None:
    """Raises BadInput where the candidate's tokens are not those of the base: losses per token could not be compared."""
    for file in ("tokenizer.json", "tokenizer.model"):
        ours, theirs = base / file, candidate.folder / file
        if ours.is_file() and (not theirs.is_file() or not _same_tokens(ours, theirs)):
            raise BadInput(f"checkpoint {candidate.name} was not made from this base model: its {file} is another")


def _candidate(root: Path, name: object, phase: object) -> Candidate:
    if not isinstance(name, str) or any(part in ("", ".", "..") for part in name.split("/")):
        raise BadInput(f"index.json of the checkpoints names {one_line(repr(name), 60)}, which is no folder below it")
    check_model_folder(root / name, f"checkpoint {name}")
    return Candidate(name, root / name, phase if isinstance(phase, int) else 0)


def _same_tokens(ours: Path, theirs: Path) -> bool:
    if digest_file(ours.resolve()).sha256 == digest_file(theirs.resolve()).sha256:
        return True
    if ours.suffix != ".json":
        return False
    try:
        one, other = (json.loads(file.read_text(encoding="utf-8")) for file in (ours, theirs))
        # transformers writes anew what it has read; how text is cut into which tokens must be the same.
        return all(
            one.get(part) == other.get(part) for part in ("model", "added_tokens", "normalizer", "pre_tokenizer")
        )
    except (ValueError, AttributeError):
        return False
