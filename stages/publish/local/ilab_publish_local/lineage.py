"""Where a model comes from: datagen's manifest, and the digests of what went into it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ilab_stage import BadInput


@dataclass(frozen=True)
class LeafLine:
    id: str
    path: str
    author: str
    kind: str
    examples: int
    qna: str


@dataclass(frozen=True)
class Lineage:
    model: str
    """The model's name in the registry."""
    run: str
    base: str
    """The model that was tuned, as the parameters name it."""
    commit: str | None
    dirty: bool
    changed_only: bool
    pulls: tuple[int, ...]
    """Numbers of the pull requests that were merged for it."""
    onto: str | None
    """The commit they were merged onto: others know it, the merge they do not."""
    leaves: tuple[LeafLine, ...]
    digests: Mapping[str, str]
    """Input name -> `sha256:<hex>`."""
    parameters: Mapping[str, Any]
    teacher: str | None


def read_manifest(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] != 1:
            raise BadInput(f"input manifest has version {data['version']!r}; this stage reads version 1")
        lines(data)
        pull_numbers(data)
        return dict(data)
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"input manifest is no manifest of datagen: {error!r}") from error


def lines(manifest: Mapping[str, Any]) -> tuple[LeafLine, ...]:
    return tuple(
        LeafLine(
            str(leaf["id"]),
            str(leaf["path"]),
            str(leaf["createdBy"]),
            str(leaf["kind"]),
            int(leaf["examples"]),
            str(leaf["qna"]),
        )
        for leaf in manifest["leaves"]
    )


def pull_numbers(manifest: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(pull["number"]) for pull in (manifest.get("taxonomy") or {}).get("pulls", ()))


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Parameters as dotted names with JSON values, in the order of their names."""
    found: list[tuple[str, str]] = []
    for name in sorted(values):
        value = values[name]
        if isinstance(value, dict):
            found.extend(flat(value, f"{prefix}{name}."))
        elif value is not None:
            found.append((f"{prefix}{name}", json.dumps(value, ensure_ascii=False)))
    return found
