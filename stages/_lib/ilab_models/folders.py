"""Folders that are there completely or not at all."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

_TEMPORARY = ".tmp-"


def write_folder(place: Path, fill: Callable[[Path], None]) -> None:
    """`fill` writes into a folder beside `place`, which takes its name when every byte is on the disk."""
    temporary = place.with_name(f"{_TEMPORARY}{place.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    fill(temporary)
    for file in temporary.iterdir():
        _sync(file)
    _sync(temporary)
    # What has this name is of a try that ended before it was recorded.
    shutil.rmtree(place, ignore_errors=True)
    os.rename(temporary, place)
    _sync(place.parent)


def copy_folder(source: Path, place: Path) -> None:
    """The files of `source` at `place`: the same bytes on the disk where links between the two are possible."""

    def fill(folder: Path) -> None:
        for file in source.iterdir():
            try:
                os.link(file, folder / file.name)
            except OSError:
                shutil.copyfile(file, folder / file.name)

    write_folder(place, fill)


def sizes(folder: Path) -> dict[str, int]:
    """Bytes by name of the files directly inside; empty when there is no such folder."""
    if not folder.is_dir():
        return {}
    return {file.name: file.stat().st_size for file in sorted(folder.iterdir()) if file.is_file()}


def is_temporary(path: Path) -> bool:
    return path.name.startswith(_TEMPORARY)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
