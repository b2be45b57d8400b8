"""Content folders for the driver, and the driver: in this process where it only has to be right, else as a program."""

import io
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

from ilab_testing import program
from ilab_testing.program import Ended, result, run_here, write_lines
from ilab_testing.rows import Row, row, rows

__all__ = [
    "Ended",
    "Row",
    "make_content",
    "result",
    "row",
    "rows",
    "run_program",
    "start_program",
    "train_here",
    "write_lines",
]

PROGRAM = Path(__file__).resolve().parent.parent / "bin" / "train"


def make_content(
    root: Path, *, knowledge: list[Row] | None = None, skills: list[Row] | None = None, **params: Any
) -> Path:
    """A content folder as the program would lay it out; `params` over those of a short training of the tiny model."""
    train = root / "inputs" / "train"
    train.mkdir(parents=True)
    for name, content in (("knowledge", knowledge), ("skills", skills)):
        if content is not None:
            write_lines(train / f"{name}_train_msgs.jsonl", content)
    values = {"model": "tiny", "epochs": 1, "batchSize": 2, "logSteps": 1, "saveSteps": 2, **params}
    (root / "params.json").write_text(json.dumps(values), encoding="utf-8")
    return root


def train_here(content: Path, *, stop_at: str | None = None) -> Ended:
    """The stage in this process; SIGTERM comes while it prints `stop_at`. The limits on threads are not made again."""
    from ilab_train_mlx import driver

    return run_here(lambda stage: driver.train(stage, content / "work" / "train"), content, out=_Out(stop_at))


class _Out(io.StringIO):
    def __init__(self, stop_at: str | None) -> None:
        super().__init__()
        self._stop_at = stop_at

    def write(self, text: str) -> int:
        if self._stop_at and self._stop_at in text:
            self._stop_at = None
            signal.raise_signal(signal.SIGTERM)
        return super().write(text)


def start_program(content: Path, **environment: str) -> subprocess.Popen[str]:
    return program.start_program(PROGRAM, content, **environment)


def run_program(content: Path, **environment: str) -> Ended:
    return program.run_program(PROGRAM, content, **environment)
