"""Content folders for the driver, the driver as a program, and gates at which its training waits."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ilab_testing.program import Ended, content_environment, processes_of, result, write_lines
from ilab_testing.rows import Row, row, rows

__all__ = [
    "Driver",
    "Ended",
    "Gate",
    "Row",
    "make_content",
    "processes_of",
    "progress",
    "result",
    "row",
    "rows",
    "steps",
]

PROGRAM = Path(__file__).resolve().parent.parent / "bin" / "train"
SHIM = Path(__file__).resolve().parent / "cpu_shim"


def make_content(
    root: Path, *, knowledge: list[Row] | None = None, skills: list[Row] | None = None, **params: Any
) -> Path:
    """A content folder as the program would lay it out; `params` over those of a short training of the tiny model."""
    train = root / "inputs" / "train"
    train.mkdir(parents=True)
    for name, content in (("knowledge", knowledge), ("skills", skills)):
        if content is not None:
            write_lines(train / f"{name}_train_msgs.jsonl", content)
    values = {
        "model": "tiny",
        "epochs": 2,
        "batchSize": 4,
        "maxSeqLen": 128,
        "instructlabTraining": {"gpus": 1, "maxBatchLen": 1024},
    }
    (root / "params.json").write_text(json.dumps(values | params), encoding="utf-8")
    return root


class Driver:
    """The driver as a program."""

    def __init__(self, content: Path, *, shim: bool = True, name: str = "", **environment: str) -> None:
        """`name`: of several that share a content folder."""
        self._out = (content / f"out{name}").open("w+", encoding="utf-8")
        self._err = (content / f"err{name}").open("w+", encoding="utf-8")
        ours = content_environment(content) | {"ILAB_TERMINATION_LOG": str(content / f"termination-log{name}")}
        ours |= {"PYTHONPATH": str(SHIM)} if shim else {}
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            env={"PATH": os.environ["PATH"], "HOME": str(content), **ours, **environment},
            stdout=self._out,
            stderr=self._err,
        )

    @property
    def out(self) -> str:
        return Path(self._out.name).read_text(encoding="utf-8")

    def ended(self) -> Ended:
        code = self.process.wait()
        self._out.close()
        self._err.close()
        return Ended(code, self.out, Path(self._err.name).read_text(encoding="utf-8"))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """While the driver runs; its end before is a failure of the test."""
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"the driver ended before: {self.out[-3000:]}")
            time.sleep(0.05)


@dataclass(frozen=True)
class Gate:
    """Holds the training of a phase before its step number `step` of this process (cpu_shim reads it)."""

    folder: Path
    phase: int
    step: int

    @staticmethod
    def environment(folder: Path) -> dict[str, str]:
        return {"ILAB_TEST_GATES": str(folder)}

    def close(self) -> "Gate":
        self.folder.mkdir(exist_ok=True)
        self._place.touch()
        return self

    def is_reached(self) -> bool:
        return self._place.with_suffix(".reached").exists()

    def open(self) -> None:
        self._place.unlink()

    @property
    def _place(self) -> Path:
        return self.folder / f"phase{self.phase}-{self.step}"


class TwoDrivers:
    """Two machines that train one model in one folder; ends with the test."""

    def __init__(self, test: unittest.TestCase) -> None:
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self._test = test
        self.content = Path(folder.name) / "content"
        self.gates = Path(folder.name) / "gates"
        make_content(self.content, knowledge=rows(8, unmask=True), skills=rows(8))

    def start(self) -> list[Driver]:
        """The other one, then the first, which has rank 0."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        meeting = {"PET_NNODES": "2", "PET_MASTER_ADDR": "127.0.0.1", "PET_MASTER_PORT": str(port)}
        drivers = [
            Driver(self.content, name=str(rank), PET_NODE_RANK=str(rank), **meeting, **Gate.environment(self.gates))
            for rank in (1, 0)
        ]
        for driver in drivers:
            self._test.addCleanup(driver.process.kill)
        return drivers


def steps(out: str, phase: int) -> list[int]:
    """The numbers of the steps that the driver told of, in order."""
    found = []
    for line in progress(out):
        message = line.get("message", "")
        if message.startswith(f"phase {phase} ") and " step " in message:
            found.append(int(message.split(" step ")[1].split("/")[0]))
    return found


def progress(out: str) -> Iterator[dict[str, Any]]:
    for line in out.splitlines():
        if line.startswith("ilab-progress: "):
            yield json.loads(line.removeprefix("ilab-progress: "))
