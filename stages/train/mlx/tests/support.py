"""Content folders for the driver, and the driver: in this process where it only has to be right, else as a program."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).resolve().parent.parent / "bin" / "train"

Row = dict[str, Any]


def row(question: str, answer: str, *, unmask: bool = False) -> Row:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"id": question, "messages": messages, "metadata": json.dumps({"leaf": "a_leaf"}), "unmask": unmask}


def rows(count: int, *, unmask: bool = False) -> list[Row]:
    return [row(f"What is {n} and {n}?", f"It is {2 * n}." + " Sure." * (n % 3), unmask=unmask) for n in range(count)]


def write_rows(file: Path, content: Iterable[Row]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(one) + "\n" for one in content), encoding="utf-8")


def make_content(
    root: Path, *, knowledge: list[Row] | None = None, skills: list[Row] | None = None, **params: Any
) -> Path:
    """A content folder as the program would lay it out; `params` over those of a short training of the tiny model."""
    train = root / "inputs" / "train"
    train.mkdir(parents=True)
    for name, content in (("knowledge", knowledge), ("skills", skills)):
        if content is not None:
            write_rows(train / f"{name}_train_msgs.jsonl", content)
    values = {"model": "tiny", "epochs": 1, "batchSize": 2, "logSteps": 1, "saveSteps": 2, **params}
    (root / "params.json").write_text(json.dumps(values), encoding="utf-8")
    return root


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The sentence a failed driver ends with."""
        return self.err.strip().splitlines()[-1].removeprefix("error: ")


def train_here(content: Path, *, stop_at: str | None = None) -> Ended:
    """The stage in this process; SIGTERM comes while it prints `stop_at`. The limits on threads are not made again."""
    from ilab_stage import run_stage
    from ilab_train_mlx import driver

    out, err = _Out(stop_at), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_stage(lambda stage: driver.train(stage, content / "work" / "train"), _environment(content))
    return Ended(code, out.getvalue(), err.getvalue())


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
    return subprocess.Popen(
        [sys.executable, str(PROGRAM)],
        env={"PATH": os.environ["PATH"], **_environment(content), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_program(content: Path, **environment: str) -> Ended:
    process = start_program(content, **environment)
    out, err = process.communicate()
    return Ended(process.returncode, out, err)


def result(content: Path) -> dict[str, Any]:
    return json.loads((content / "artifacts" / "result.json").read_text(encoding="utf-8"))


def _environment(content: Path) -> dict[str, str]:
    return {"ILAB_CONTENT": str(content), "ILAB_TERMINATION_LOG": str(content / "termination-log")}
