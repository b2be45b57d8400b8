"""Trees of files that strangers wrote: listed without following a link, read one file at a time, never executed."""

import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .faults import Fault

_MOST_ENTRIES = 200_000


@dataclass(frozen=True)
class TreeFile:
    path: str
    """Relative to the tree, with `/`."""
    kind: str
    """`file`, `link`, or `other` (a device, a pipe, a submodule)."""
    size: int


class TooBig(Exception):
    """A tree or a file is larger than any honest one."""


class Tree(Protocol):
    def files(self, folder: str) -> list[TreeFile]:
        """Everything below `folder` but hidden names, sorted by path; empty when there is no such folder."""

    def read(self, file: TreeFile) -> bytes: ...


class FolderTree:
    def __init__(self, root: Path) -> None:
        self._root = root

    def files(self, folder: str = "") -> list[TreeFile]:
        top = self._root / folder
        if folder and top.is_symlink():
            return [TreeFile(folder, "link", 0)]
        found: list[TreeFile] = []
        for file in self._walk(top, f"{folder}/" if folder else ""):
            found.append(file)
            if len(found) > _MOST_ENTRIES:
                raise TooBig(f"more than {_MOST_ENTRIES} files")
        return sorted(found, key=lambda file: os.fsencode(file.path))

    def read(self, file: TreeFile) -> bytes:
        descriptor = os.open(self._root / file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(f"{file.path} is no regular file")
            return stream.read(file.size + 1)[: file.size]

    def _walk(self, folder: Path, prefix: str) -> Iterator[TreeFile]:
        try:
            entries = list(os.scandir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = prefix + entry.name
            if entry.is_symlink():
                yield TreeFile(path, "link", 0)
            elif entry.is_dir(follow_symlinks=False):
                yield from self._walk(Path(entry.path), f"{path}/")
            elif entry.is_file(follow_symlinks=False):
                yield TreeFile(path, "file", entry.stat(follow_symlinks=False).st_size)
            else:
                yield TreeFile(path, "other", 0)


class GitTree:
    """The tree of a commit, read from the object store: nothing is checked out, so no hook, filter or link acts."""

    def __init__(self, git_folder: Path, commit: str, environment: dict[str, str]) -> None:
        self._git = ["git", f"--git-dir={git_folder}"]
        self._environment = environment
        self._objects: dict[str, str] = {}
        self._files = self._list(commit)

    def files(self, folder: str = "") -> list[TreeFile]:
        return [file for file in self._files if not folder or file.path == folder or file.path.startswith(f"{folder}/")]

    def read(self, file: TreeFile) -> bytes:
        return self._run("cat-file", "blob", self._objects[file.path])

    def _list(self, commit: str) -> list[TreeFile]:
        files = []
        for record in self._run("ls-tree", "-r", "-z", "-l", "--full-tree", commit).split(b"\0")[:-1]:
            head, _, name = record.partition(b"\t")
            mode, _, sha, size = head.split()
            path = os.fsdecode(name)
            if any(part.startswith(".") for part in path.split("/")):
                continue
            kind = {b"100644": "file", b"100755": "file", b"120000": "link"}.get(mode, "other")
            files.append(TreeFile(path, kind, int(size) if size != b"-" else 0))
            self._objects[path] = sha.decode()
            if len(files) > _MOST_ENTRIES:
                raise TooBig(f"more than {_MOST_ENTRIES} files")
        return sorted(files, key=lambda file: os.fsencode(file.path))

    def _run(self, *arguments: str) -> bytes:
        return subprocess.run(
            [*self._git, *arguments],
            env=self._environment,
            check=True,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        ).stdout


def name_faults(file: TreeFile) -> list[Fault]:
    """What is wrong with a file's place: a link, a device, a name that cannot be shown."""
    if file.kind == "link":
        return [Fault(file.path, "is a link: put the file itself here")]
    if file.kind != "file":
        return [Fault(file.path, "is neither a file nor a folder")]
    try:
        file.path.encode()
    except UnicodeEncodeError:
        return [Fault(os.fsencode(file.path).decode(errors="backslashreplace"), "has a name that is no UTF-8")]
    if not file.path.isprintable():
        return [Fault(file.path, "has a control or invisible character in its name: rename it")]
    return []
