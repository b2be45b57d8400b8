"""States to go on from after a kill: `<scratch>/state-<phase>-<step>`, and the configuration they belong to.

A state is written aside and renamed, so a kill leaves a whole one or none; one whose files are not as it says (a disk
that lost them) is passed over for the one before. Weights, optimizer and place in the data make the resumed training
take the very steps that the uninterrupted one takes.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ilab_models.configuration import difference, record
from ilab_models.folders import is_temporary, sizes, write_folder

from .ledger import Ledger

_RECORD = "state.json"
_CONFIGURATION = "configuration.json"
_VERSION = 1
# The one before stays until the next is whole, and a spare for a disk that lost files.
_KEPT = 2


@dataclass(frozen=True)
class State:
    folder: Path
    phase: int
    step: int
    """Steps of the phase that are done; all of them = the phase has ended, and the folder holds no weights."""
    ledger: Ledger


class States:
    def __init__(self, scratch: Path, configuration: Mapping[str, Any], say: Callable[[str], None]) -> None:
        self._scratch = scratch
        self._configuration = dict(configuration)
        self._say = say

    def newest(self, usable: Callable[[State], bool]) -> State | None:
        """The newest whole state of this very configuration that is `usable`; whatever is not is removed."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._keep_only_ours()
        found = None
        for folder in reversed(self._folders()):
            if found is None and not is_temporary(folder):
                state = _read(folder)
                if state is not None and usable(state):
                    found = state
                    continue
                self._say(f"{folder.name} is not whole and is left aside")
            if found is None or is_temporary(folder):
                shutil.rmtree(folder, ignore_errors=True)
        return found

    def save(self, phase: int, step: int, ledger: Ledger, fill: Callable[[Path], None]) -> Path:
        """Durable when this returns; `fill` writes weights and optimizer into the folder it is given."""

        def fill_and_record(folder: Path) -> None:
            fill(folder)
            record = {
                "version": _VERSION,
                "phase": phase,
                "step": step,
                "ledger": ledger.as_json(),
                "files": sizes(folder),
            }
            (folder / _RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

        place = self._scratch / f"state-{phase}-{step:08d}"
        write_folder(place, fill_and_record)
        for old in self._folders()[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        return place

    def _folders(self) -> list[Path]:
        """Oldest first; phases and steps are written so that names sort like them."""
        return sorted(path for path in self._scratch.iterdir() if path.is_dir() and "state-" in path.name)

    def _keep_only_ours(self) -> None:
        file = self._scratch / _CONFIGURATION
        differs = difference(file, self._configuration)
        if differs is None:
            return
        if self._folders() and file.is_file():
            self._say(f"the states of an earlier try are of another configuration ({differs}): starts anew")
        for folder in self._folders():
            shutil.rmtree(folder, ignore_errors=True)
        record(file, self._configuration)


def _read(folder: Path) -> State | None:
    try:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        found = sizes(folder)
        del found[_RECORD]
        if record["version"] != _VERSION or record["files"] != found:
            return None
        return State(folder, record["phase"], record["step"], Ledger.from_json(record["ledger"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
