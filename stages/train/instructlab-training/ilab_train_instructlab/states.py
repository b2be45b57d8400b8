"""Upstream's full states, `full_state/epoch_<E>`: which of them are whole, and how far each is.

Upstream writes them in place, keeps every one (of a 7B model some 100 GB each), and takes the one with the highest
number whether it is whole or not: after a kill in the middle of writing it would fail for ever. So what is not whole is
removed here before upstream looks, and what is older than a whole one as soon as that is on the disk.
"""

import io
import json
import os
import pickle
import shutil
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_METADATA = "training_metadata.json"
# Upstream reads the number alone: a state under this name is not overwritten by the one at its epoch's end.
_ASIDE = "midway_"
_TORCH = {".bin", ".pkl", ".pt"}


@dataclass(frozen=True)
class State:
    folder: Path
    epoch: int
    """From 0."""
    samples: int
    """Rows of the phase behind it, those of earlier epochs too."""
    ends_epoch: bool


class States:
    def __init__(self, output: Path, *, ranks: int) -> None:
        self._root = output / "full_state"
        self._ranks = ranks

    def newest(self) -> State | None:
        """The newest whole one, the only one that is left."""
        found = self._whole()
        newest = max(found, key=lambda state: state.samples, default=None)
        for folder in self._folders():
            if newest is None or folder != newest.folder:
                shutil.rmtree(folder)
        return newest

    def set_aside(self, state: State) -> State:
        """Out of the way of the state that will be written at the end of its epoch."""
        place = state.folder.with_name(f"{_ASIDE}{state.epoch}")
        state.folder.rename(place)
        return State(place, state.epoch, state.samples, state.ends_epoch)

    def prune(self) -> State | None:
        """Removes what is older than the newest whole state, which is on the disk by then; what is under way stays."""
        found = self._whole()
        newest = max(found, key=lambda state: state.samples, default=None)
        older = [state for state in found if state is not newest]
        if newest is not None and older:
            sync_tree(newest.folder)
            for state in older:
                shutil.rmtree(state.folder)
        return newest

    def remove(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def _folders(self) -> list[Path]:
        return [path for path in self._root.iterdir() if path.is_dir()] if self._root.is_dir() else []

    def _whole(self) -> list[State]:
        return [state for folder in self._folders() if (state := self._read(folder)) is not None]

    def _read(self, folder: Path) -> State | None:
        try:
            metadata = _read_metadata(folder / _METADATA)
            # The last that each rank writes.
            last = [folder / f"random_states_{rank}.pkl" for rank in range(self._ranks)]
            files = [path for path in folder.rglob("*") if path.is_file()]
            if not all(file.is_file() for file in last) or not all(is_whole(file) for file in files):
                return None
            return State(folder, metadata["current_epoch"], metadata["samples_seen"], "global_step" not in metadata)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, pickle.UnpicklingError):
            return None


def is_whole(file: Path) -> bool:
    """Whether a file of weights has its end; other files always have."""
    try:
        if file.suffix in _TORCH:
            return zipfile.is_zipfile(file)
        if file.suffix == ".safetensors":
            return _safetensors_size(file) == file.stat().st_size
    except (OSError, ValueError, struct.error):
        return False
    return True


def sync_tree(folder: Path) -> None:
    """Every byte below the folder, and its names, are on the disk when this returns."""
    for path in [*folder.rglob("*"), folder, folder.parent]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _safetensors_size(file: Path) -> int:
    with file.open("rb") as read:
        (length,) = struct.unpack("<Q", read.read(8))
        if length > file.stat().st_size:
            return -1
        header: dict[str, Any] = json.loads(read.read(length))
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    return 8 + int(length) + int(max(ends, default=0))


def _read_metadata(file: Path) -> dict[str, int]:
    """Numbers by name; in torch's format despite its name, which is a pickle inside a zip file."""
    with zipfile.ZipFile(file) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        data = _Plain(io.BytesIO(archive.read(name))).load()
    if not isinstance(data, dict) or not all(isinstance(value, int) for value in data.values()):
        raise ValueError("is no metadata of a state")
    return data


class _Plain(pickle.Unpickler):
    """Reads what is made of plain values only."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"asks for {module}.{name}")
