"""result.json and the termination log: what the program decides by."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .digest import Artifact
from .text import one_line

# The kubelet keeps no more of a termination log.
TERMINATION_LIMIT = 4096


def result_document(
    metrics: Mapping[str, float], artifacts: Sequence[Artifact], chosen: str | None = None
) -> dict[str, Any]:
    """Raises ValueError for a metric that is no finite number."""
    for name, value in metrics.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"metric {name} is {value!r}: it must be a finite number")
    document: dict[str, Any] = {
        "version": 1,
        "metrics": dict(metrics),
        "artifacts": [artifact.as_json() for artifact in artifacts],
    }
    return document if chosen is None else {**document, "chosen": chosen}


def termination_text(document: Mapping[str, Any]) -> str:
    """The result on at most 4096 bytes: every artifact, and the metrics from the first on until there is no room."""
    metrics = dict(document["metrics"])
    while len(text := _compact({**document, "metrics": metrics}).encode()) > TERMINATION_LIMIT:
        if not metrics:
            raise ValueError(f"the artifacts alone need {len(text)} bytes of {TERMINATION_LIMIT}: name fewer")
        metrics.popitem()
    return text.decode()


def failure_text(message: str, details: Sequence[str]) -> str:
    """The sentence on a line of its own, then the details as far as they fit."""
    text = "\n".join([one_line(message), *(one_line(detail) for detail in details)])
    return text.encode()[: TERMINATION_LIMIT - 1].decode(errors="ignore") + "\n"


def write_atomically(path: Path, text: str) -> None:
    """The file is there completely or not at all, and on the disk when this returns."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names inside durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_termination_log(path: Path, text: str) -> None:
    """Best effort: outside a container there may be no such file, and a read-only /dev must not fail a stage."""
    try:
        # The kubelet mounts a file here: it can be written, not replaced.
        path.write_text(text, encoding="utf-8")
    except OSError:
        return


def _compact(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
