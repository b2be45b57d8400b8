"""What a training was started with, so that states of another one are not gone on from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ilab_stage import digest_file


def difference(file: Path, configuration: Mapping[str, Any]) -> str | None:
    """Which leaves differ from those that `record` wrote, at most three; None when nothing does."""
    try:
        old = _leaves(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return "there is none"
    except ValueError:
        return "it cannot be read"
    new = _leaves(json.loads(_text(configuration)))
    names = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
    if not names:
        return None
    shown = [f"{name} {old.get(name)} -> {new.get(name)}" for name in names[:3]]
    return "; ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def record(file: Path, configuration: Mapping[str, Any]) -> None:
    """To be called when nothing of another configuration is left: a kill before it must find the difference again."""
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.write_text(_text(configuration), encoding="utf-8")
    temporary.replace(file)


def fingerprints(model: Path) -> dict[str, str]:
    """Small files by digest, weights by size: what is mounted stays within an attempt, but a look is cheap."""
    prints = {}
    for file in sorted(model.iterdir()):
        if file.is_file():
            size = file.stat().st_size
            prints[file.name] = str(size) if file.suffix == ".safetensors" else digest_file(file.resolve()).sha256
    return prints


def _text(configuration: Mapping[str, Any]) -> str:
    return json.dumps(dict(configuration), indent=1, sort_keys=True) + "\n"


def _leaves(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {prefix: value}
    leaves: dict[str, Any] = {}
    for key, item in value.items():
        leaves |= _leaves(item, f"{prefix}.{key}" if prefix else str(key))
    return leaves
