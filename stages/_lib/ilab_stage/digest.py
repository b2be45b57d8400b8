"""Digests of files and folders, and the listing that a producer leaves beside its artifact.

The digest of a file is the SHA-256 of its bytes, of a folder that of its listing: `<sha256>  <size>  <path>\\n` for
each file, sorted by the UTF-8 bytes of the path. Modes, times and empty folders do not count.
`src/` holds the same rule in TypeScript; both are tested against test/golden/digest-vectors.json.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from .text import one_line

LISTING_SUFFIX = ".listing"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LINE = re.compile(r"([0-9a-f]{64})  (0|[1-9][0-9]*)  (.+)")


class Refused(Exception):
    """A folder holds what no listing can name: a link, a device, a control character, a name that is no UTF-8."""


@dataclass(frozen=True)
class Entry:
    """One file of a listing."""

    sha256: str
    size: int
    path: str

    def line(self) -> bytes:
        return f"{self.sha256}  {self.size}  {self.path}\n".encode()


@dataclass(frozen=True)
class Artifact:
    """A named output as it stands in result.json; `path` is relative to the artifacts folder."""

    name: str
    path: str
    digest: str
    size: int

    def as_json(self) -> dict[str, object]:
        return {"name": self.name, "path": self.path, "digest": self.digest, "size": self.size}


@dataclass(frozen=True)
class Difference:
    """What is not as a listing says."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{one_line(self.path)} {self.reason}"


def digest_file(path: Path, *, sync: bool = False) -> Entry:
    """SHA-256 and size of a regular file, following no link. `sync` also forces its bytes to the disk."""
    # O_NONBLOCK: opening a FIFO must not hang before the check below refuses it.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise Refused(f"{one_line(path)} is a link") from error
        raise
    with open(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused(f"{one_line(path)} is no regular file")
        if sync:
            os.fsync(descriptor)
        digest = hashlib.file_digest(file, "sha256")
        return Entry(digest.hexdigest(), file.tell(), path.name)


def list_folder(folder: Path, *, sync: bool = False) -> list[Entry]:
    """Every file below `folder`, in the order of the listing."""
    entries = []
    for path, name in _files(folder, ""):
        entry = digest_file(path, sync=sync)
        entries.append(Entry(entry.sha256, entry.size, name))
    return sorted(entries, key=lambda entry: entry.path.encode())


def digest_folder(folder: Path, *, sync: bool = False) -> tuple[str, int, bytes]:
    """`sha256:<hex>`, the sum of the sizes, and the listing's bytes."""
    entries = list_folder(folder, sync=sync)
    listing = b"".join(entry.line() for entry in entries)
    return f"sha256:{hashlib.sha256(listing).hexdigest()}", sum(entry.size for entry in entries), listing


def digest_path(path: Path, *, sync: bool = False) -> tuple[str, int, bytes]:
    """As `digest_folder`; of a file the digest of its bytes, and a listing of one line with the file's own name."""
    if path.is_dir() and not path.is_symlink():
        return digest_folder(path, sync=sync)
    _check_name(path.name, path.name)
    entry = digest_file(path, sync=sync)
    return f"sha256:{entry.sha256}", entry.size, entry.line()


def parse_listing(data: bytes) -> list[Entry]:
    """Raises ValueError for anything `digest_folder` would not write."""
    if data and not data.endswith(b"\n"):
        raise ValueError("the last line is cut")
    entries = []
    for number, line in enumerate(data.decode().split("\n")[:-1], 1):
        match = _LINE.fullmatch(line)
        parts = match[3].split("/") if match else []
        if match is None or _CONTROL.search(line) or any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"line {number} is no entry")
        entries.append(Entry(match[1], int(match[2]), match[3]))
    if any(a.path.encode() >= b.path.encode() for a, b in pairwise(entries)):
        raise ValueError("the entries are not in order")
    return entries


def check_listing(path: Path, listing: bytes, *, contents: bool) -> list[Difference]:
    """What differs from the listing: names and sizes, with `contents` the bytes too. Empty when nothing does."""
    try:
        wanted = {entry.path: entry for entry in parse_listing(listing)}
    except ValueError as error:
        return [Difference(path.name + LISTING_SUFFIX, f"is no listing: {error}")]
    try:
        # The file of a one-line listing is known by its place, not by its name: a mount may have given it another.
        found = dict(_files_by_name(path)) if path.is_dir() else {next(iter(wanted), path.name): path}
    except Refused as error:
        return [Difference(path.name, str(error))]
    differences = [Difference(name, "is not in the listing") for name in sorted(found.keys() - wanted.keys())]
    for name, entry in wanted.items():
        if name not in found:
            differences.append(Difference(name, "is missing"))
        elif (size := found[name].stat().st_size) != entry.size:
            differences.append(Difference(name, f"has {size} bytes, not {entry.size}"))
        elif contents and (digest := digest_file(found[name].resolve()).sha256) != entry.sha256:
            differences.append(Difference(name, f"has the digest {digest[:12]}, not {entry.sha256[:12]}"))
    return differences


def _files_by_name(folder: Path) -> Iterator[tuple[str, Path]]:
    return ((name, path) for path, name in _files(folder, ""))


def _files(folder: Path, prefix: str) -> Iterator[tuple[Path, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            _check_name(entry.name, name)
            if entry.is_symlink():
                raise Refused(f"{one_line(name)} is a link")
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path), f"{name}/")
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path), name
            else:
                raise Refused(f"{one_line(name)} is neither file nor folder")


def _check_name(part: str, name: str) -> None:
    if _CONTROL.search(part):
        raise Refused(f"{one_line(name)} has a control character in its name")
    try:
        part.encode()
    except UnicodeEncodeError as error:
        raise Refused(f"{one_line(name)} has a name that is no UTF-8") from error
