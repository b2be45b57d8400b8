"""A registry folder: one folder a model, in it one folder a run, added whole or not at all and never changed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ilab_stage import BadInput, digest_folder

from .changelog import with_entry


def add(registry: Path, model: str, run: str, made: Path, new_entry: str) -> bool:
    """Copies `made` to `<registry>/<model>/<run>` and tells the model's ChangeLog; False when it was there already."""
    if not registry.is_absolute() or not registry.is_dir():
        raise BadInput(f"parameter registry is {registry}: it must be the absolute path of a folder that exists")
    home = registry / model
    home.mkdir(exist_ok=True)
    with _locked(home):
        target = home / run
        is_new = not target.exists()
        if is_new:
            _copy_whole(made, target)
        elif digest_folder(target)[0] != digest_folder(made)[0]:
            raise BadInput(f"{target} is there already with other files: a run is published once, so name another run")
        # Told after the folder is there, and again on every try: a crash between the two leaves nothing out.
        changelog = home / "CHANGELOG.md"
        text = changelog.read_text(encoding="utf-8") if changelog.exists() else ""
        if (told := with_entry(text, run, new_entry)) != text:
            _replace(changelog, told)
        return is_new


def copy_files(source: Path, target: Path) -> None:
    """Contents alone, no modes; links do not occur, because what is copied was listed before."""
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def _copy_whole(made: Path, target: Path) -> None:
    # One name for all tries, under the lock: what a killed one left is removed here.
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    copy_files(made, partial)
    digest_folder(partial, sync=True)
    _sync(partial)
    os.rename(partial, target)
    _sync(target.parent)


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with open(partial, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    with open(home / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
