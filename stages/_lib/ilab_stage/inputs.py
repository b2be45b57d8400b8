"""The inputs of a stage, checked against what their producer wrote down."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .digest import LISTING_SUFFIX, check_listing
from .failure import BadInput


@dataclass(frozen=True)
class Pull:
    """A pull request that was merged into a folder. Names of files and people are strangers' text."""

    number: int
    commit: str
    changed: tuple[str, ...]
    """The files it changes, relative to the folder."""
    authors: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """What the program found out about a folder that was a git work tree (`inputs/<name>.source.json`)."""

    kind: str
    commit: str | None
    """The commit checked out; absent for a folder without git."""
    base: str | None
    """The commit that `changed` counts from."""
    changed: tuple[str, ...] | None
    """Paths, relative to the folder, that differ from `base`; None when nobody asked."""
    dirty: bool
    """Whether the folder held changes that no commit has."""
    onto: str | None = None
    """The commit that pull requests were merged onto; None when none were."""
    pulls: tuple[Pull, ...] = ()
    """In the order they were merged."""


@dataclass(frozen=True)
class Input:
    name: str
    path: Path
    source: Source | None
    listed: bool
    """Whether there was a listing to check it against."""


def open_input(root: Path, name: str, *, contents: bool) -> Input | None:
    """The input, names and sizes checked where there is a listing, with `contents` the bytes too; None if absent."""
    path = root / name
    if not path.exists():
        return None
    listing = _listing_of(path)
    if listing is not None:
        differences = check_listing(path, listing, contents=contents)
        if differences:
            raise BadInput(
                f"input {name} is not what its producer made: {differences[0]}",
                [f"input {name}: {difference}" for difference in differences[1:20]],
            )
    return Input(name, path, _source_of(path), listing is not None)


def _listing_of(path: Path) -> bytes | None:
    # Beside the mount, or, where the input is a link into the workspace, beside what it leads to.
    for place in (path, path.resolve()):
        listing = place.with_name(place.name + LISTING_SUFFIX)
        if listing.is_file():
            return listing.read_bytes()
    return None


def _source_of(path: Path) -> Source | None:
    file = path.with_name(path.name + ".source.json")
    if not file.is_file():
        return None
    try:
        data: Any = json.loads(file.read_text(encoding="utf-8"))
        changed = data.get("changed")
        merged = data.get("merged") or {"onto": None, "pulls": []}
        return Source(
            kind=str(data["kind"]),
            commit=data.get("commit"),
            base=data.get("base"),
            changed=None if changed is None else tuple(str(item) for item in changed),
            dirty=data.get("dirty") is True,
            onto=merged["onto"],
            pulls=tuple(_pull_of(pull) for pull in merged["pulls"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{file} cannot be read: {error!r}") from error


def _pull_of(data: dict[str, Any]) -> Pull:
    texts = (tuple(str(item) for item in data[name]) for name in ("changed", "authors"))
    return Pull(int(data["number"]), str(data["commit"]), *texts)
