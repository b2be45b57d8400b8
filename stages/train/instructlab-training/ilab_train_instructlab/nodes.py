"""Several machines that train together, each with a driver of its own; they meet in a folder that all of them see.

The operator of a PyTorchJob or TrainJob starts the same command on each and says which is which (PET_*, which torchrun reads
by itself). The first one does everything that is done once: rows, checkpoints, the result. The others start torchrun when and
as it says. Folders outlive the pods of an attempt, so what was said there is believed only where it names those who live now:
the first one begins a session, the others answer it with a name of their own, and each order names all of them.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ilab_models.log import say
from ilab_stage.result import write_atomically

_TICK = 0.5
_TELL_SECONDS = 60.0


@dataclass(frozen=True)
class Nodes:
    count: int
    rank: int
    """From 0."""

    @staticmethod
    def read(environment: Mapping[str, str]) -> "Nodes":
        """Absent variables: one machine. Raises ValueError for a group that may grow and shrink."""
        count, rank = environment.get("PET_NNODES") or "1", environment.get("PET_NODE_RANK") or "0"
        if not (count.isdecimal() and rank.isdecimal()):
            raise ValueError(f"PET_NNODES is {count}, PET_NODE_RANK is {rank}: a fixed number of machines is needed")
        return Nodes(int(count), int(rank))

    @property
    def others(self) -> list[int]:
        return list(range(1, self.count))


class First:
    """The side of the first machine."""

    def __init__(self, folder: Path, nodes: Nodes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._nodes = nodes
        self._session = uuid.uuid4().hex
        self._names: dict[str, str] = {}
        self._number = 0
        _write(_session(folder), {"session": self._session})

    def meet(self, look: Callable[[], None]) -> None:
        """Returns when every other machine has answered; `look` is called while it waits, and may raise."""
        told = time.monotonic()
        while missing := [rank for rank in self._nodes.others if not self._has_answered(rank)]:
            look()
            if time.monotonic() - told >= _TELL_SECONDS:
                told = time.monotonic()
                say(f"waits for the machines with node rank {', '.join(map(str, missing))} to begin")
            time.sleep(_TICK)

    def order(self, work: Mapping[str, Any]) -> None:
        """To be done once by each of those that were met."""
        self._number += 1
        order = {"session": self._session, "number": self._number, "names": self._names, "work": dict(work)}
        _write(_orders(self._folder), order)

    def _has_answered(self, rank: int) -> bool:
        answer = _read(_answer(self._folder, rank))
        if answer.get("session") != self._session:
            return False
        self._names[str(rank)] = str(answer["name"])
        return True


class Other:
    """The side of any other machine."""

    def __init__(self, folder: Path, rank: int) -> None:
        self._folder = folder
        self._rank = rank
        self._name = uuid.uuid4().hex
        self._session: str | None = None
        self._number = 0

    def next(self, look: Callable[[], None]) -> dict[str, Any]:
        """The next order for this machine; `look` is called while there is none, and may raise."""
        while True:
            self._answer()
            order = _read(_orders(self._folder))
            is_mine = order.get("session") == self._session and order.get("names", {}).get(str(self._rank)) == self._name
            if is_mine and order["number"] > self._number:
                self._number = order["number"]
                work: dict[str, Any] = order["work"]
                return work
            look()
            time.sleep(_TICK)

    def _answer(self) -> None:
        session = _read(_session(self._folder)).get("session")
        if session is None or session == self._session:
            return
        self._session = session
        self._number = 0
        _write(_answer(self._folder, self._rank), {"session": session, "name": self._name})


def train_order(arguments: Sequence[str], *, trigger: Path | None, timeout: int, title: str) -> dict[str, Any]:
    """`arguments`: of torchrun, the same on every machine; `trigger`: the file that asks for a checkpoint, where upstream can."""
    asked = None if trigger is None else str(trigger)
    return {"kind": "train", "arguments": list(arguments), "trigger": asked, "timeout": timeout, "title": title}


def end_order() -> dict[str, Any]:
    return {"kind": "end"}


def _session(folder: Path) -> Path:
    return folder / "session.json"


def _orders(folder: Path) -> Path:
    return folder / "order.json"


def _answer(folder: Path, rank: int) -> Path:
    return folder / f"node-{rank}.json"


def _write(file: Path, value: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, json.dumps(dict(value)) + "\n")


def _read(file: Path) -> dict[str, Any]:
    """Empty while there is none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
