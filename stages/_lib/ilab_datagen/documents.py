"""The documents a knowledge leaf points to: from a stand-in folder, or fetched at their commit."""

import fnmatch
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ilab_stage import Input, one_line

from .faults import Fault
from .git import NotAllowed, check_commit, check_url, fetch, repository_name
from .leaves import DocumentRef, Leaf
from .settings import Settings
from .tree import FolderTree, GitTree, TooBig, Tree, TreeFile, name_faults

MOST_FILE_BYTES = 4 * 1024 * 1024
MOST_LEAF_BYTES = 16 * 1024 * 1024
_FOLDER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Document:
    repo: str
    commit: str
    path: str
    stand_in: bool
    """Read from the folder `documents` instead of the repository."""
    sha256: str
    text: str

    def as_json(self) -> dict[str, object]:
        return {
            "repo": one_line(self.repo, 200), "commit": one_line(self.commit, 80), "path": self.path,
            "standIn": self.stand_in, "digest": self.sha256,
        }  # fmt: skip


class DocumentSource:
    """Opens each repository once, however many leaves point to it."""

    def __init__(
        self, stand_in: Input | None, settings: Settings, workdir: Path, environment: Mapping[str, str]
    ) -> None:
        self._stand_in = stand_in
        self._settings = settings
        self._workdir = workdir
        self._environment = environment
        self._opened: dict[tuple[str, str], Tree] = {}

    def of(self, leaf: Leaf) -> tuple[list[Document], list[Fault]]:
        """The leaf's documents, or what keeps them from being read."""
        assert leaf.document is not None
        place = f"{leaf.path}/qna.yaml"
        try:
            _check_patterns(leaf.document)
            tree, stand_in = self._open(leaf.document)
            return self._read(tree, leaf.document, stand_in), []
        except (NotAllowed, TooBig) as error:
            return [], [Fault(place, f"document: {error}")]

    def _open(self, document: DocumentRef) -> tuple[Tree, bool]:
        limits = self._settings.limits
        # Its form is judged even where a folder stands in: `file:` and the like pass nowhere.
        check_url(document.repo, limits, any_host=True)
        folder = self._stand_in_for(repository_name(document.repo))
        if folder is not None:
            return FolderTree(folder), True
        check_url(document.repo, limits)
        check_commit(document.commit)
        key = (document.repo, document.commit)
        if key not in self._opened:
            into = self._workdir / f"document-{len(self._opened)}.git"
            env = fetch(document.repo, [document.commit], into, limits, self._environment)
            self._opened[key] = GitTree(into, document.commit, env)
        return self._opened[key], False

    def _stand_in_for(self, name: str) -> Path | None:
        if self._stand_in is None or not _FOLDER_NAME.fullmatch(name):
            return None
        folder = self._stand_in.path / name
        if folder.is_symlink():
            raise NotAllowed(f"documents/{name} is a link: put the folder itself there")
        return folder if folder.is_dir() else None

    def _read(self, tree: Tree, document: DocumentRef, stand_in: bool) -> list[Document]:
        files = [file for file in tree.files("") if any(matches(pattern, file.path) for pattern in document.patterns)]
        shown = one_line(repository_name(document.repo), 80)
        if not files:
            raise NotAllowed(f"no file of {shown} is matched by {one_line(', '.join(document.patterns), 120)}")
        if any(wrong := name_faults(file) for file in files):
            raise NotAllowed(f"{shown}: {wrong[0]}")
        markdown = [file for file in files if file.path.lower().endswith(".md")]
        if not markdown:
            raise NotAllowed(
                f"{shown}: {one_line(files[0].path, 120)} is no Markdown (.md), which is all this engine reads"
            )
        return [self._document(tree, file, document, stand_in, shown) for file in _bounded(markdown, shown)]

    def _document(self, tree: Tree, file: TreeFile, document: DocumentRef, stand_in: bool, shown: str) -> Document:
        data = tree.read(file)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotAllowed(f"{shown}: {one_line(file.path, 120)} is no UTF-8 text") from error
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        return Document(document.repo, document.commit, file.path, stand_in, digest, text)


def matches(pattern: str, path: str) -> bool:
    """Shell patterns part by part; `**` stands for any number of folders."""
    return _match_parts(pattern.split("/"), path.split("/"))


def _match_parts(pattern: list[str], path: list[str]) -> bool:
    # One row a pattern part: which beginnings of the path are matched. No backtracking on a stranger's pattern.
    reached = {0}
    for part in pattern:
        if part == "**":
            reached = set(range(min(reached), len(path) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(path) and fnmatch.fnmatchcase(path[at], part)}
        if not reached:
            return False
    return len(path) in reached


def _check_patterns(document: DocumentRef) -> None:
    for pattern in document.patterns:
        shown = one_line(pattern, 80)
        if pattern.startswith("/") or "\\" in pattern or ".." in pattern.split("/"):
            raise NotAllowed(f"pattern {shown} leaves the repository: give a path inside it")
        if len(pattern) > 300 or pattern.count("*") > 20 or not pattern.isprintable():
            raise NotAllowed(f"pattern {shown} is no plain path or glob")


def _bounded(files: list[TreeFile], shown: str) -> list[TreeFile]:
    for file in files:
        if file.size > MOST_FILE_BYTES:
            raise NotAllowed(
                f"{shown}: {one_line(file.path, 120)} has {file.size} bytes; at most {MOST_FILE_BYTES} are read"
            )
    if (total := sum(file.size for file in files)) > MOST_LEAF_BYTES:
        raise NotAllowed(f"{shown}: the documents have {total} bytes; at most {MOST_LEAF_BYTES} are read")
    return files
