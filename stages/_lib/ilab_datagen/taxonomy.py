"""Finding and checking the leaves of a taxonomy: a folder, or a commit of a git repository."""

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ilab_stage import BadInput, Input, Pull, one_line

from .faults import Fault
from .git import NotAllowed, check_commit, check_url, run_git
from .git import fetch as git_fetch
from .leaves import Leaf, to_leaf
from .qna_yaml import MOST_BYTES, read_qna
from .schema import SchemaCheck
from .settings import Settings
from .tree import FolderTree, GitTree, TooBig, Tree, TreeFile, name_faults

Fetch = Callable[..., dict[str, str]]
"""`git.fetch`, or what stands in for it in a test."""
_URI = re.compile(r"git\+(?P<url>.+)@(?P<commit>[0-9a-f]+)")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


@dataclass(frozen=True)
class Taxonomy:
    tree: Tree
    commit: str | None
    base: str | None
    dirty: bool
    changed: frozenset[str] | None
    """Paths that differ from `base`; None when nobody asked."""
    onto: str | None = None
    """What pull requests were merged onto; None when none were."""
    pulls: tuple[Pull, ...] = ()

    def blamed(self, faults: Sequence[Fault]) -> list[Fault]:
        """The faults, each with the pull requests that change its file."""
        return [self._blamed(fault) for fault in faults]

    def _blamed(self, fault: Fault) -> Fault:
        numbers = [str(pull.number) for pull in self.pulls if fault.path in pull.changed]
        if not numbers:
            return fault
        who = f"pull request{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"
        return replace(fault, text=f"{one_line(fault.text, 300 - len(who) - 3)} ({who})")

    def as_json(self) -> dict[str, object]:
        """For the manifest."""
        known: dict[str, object] = {
            "commit": self.commit, "base": self.base, "dirty": self.dirty, "changedOnly": self.changed is not None,
        }  # fmt: skip
        if self.onto is None:
            return known
        return known | {"onto": self.onto, "pulls": [_pull_json(pull) for pull in self.pulls]}


def _pull_json(pull: Pull) -> dict[str, object]:
    leaves = (path.rpartition("/") for path in pull.changed)
    return {
        "number": pull.number, "commit": pull.commit, "leaves": [folder for folder, _, name in leaves if name == "qna.yaml"],
        "authors": [one_line(author, 100) for author in pull.authors],
    }  # fmt: skip


def open_taxonomy(
    source: Input | None, settings: Settings, workdir: Path, environment: Mapping[str, str], fetch: Fetch = git_fetch
) -> Taxonomy:
    """The folder `inputs/taxonomy`, or else what the parameter taxonomyUri names."""
    if source is not None:
        return _from_folder(source, settings)
    if settings.taxonomy_uri is None:
        raise BadInput("there is no taxonomy: give a folder as input taxonomy, or git+<url>@<commit> as taxonomyUri")
    return _from_git(settings.taxonomy_uri, settings, workdir, environment, fetch)


def _from_folder(source: Input, settings: Settings) -> Taxonomy:
    if not source.path.is_dir():
        raise BadInput("the taxonomy is no folder")
    known = source.source
    if settings.changed_since is not None and (known is None or known.changed is None):
        raise BadInput(
            f"what changed since {one_line(settings.changed_since, 80)} is not known:"
            " the taxonomy is no git work tree with history"
        )
    if known is None:
        return Taxonomy(FolderTree(source.path), None, None, False, None)
    changed = None if known.changed is None else frozenset(known.changed)
    return Taxonomy(
        FolderTree(source.path), known.commit, known.base, known.dirty, changed, known.onto, known.pulls
    )


def _from_git(uri: str, settings: Settings, workdir: Path, environment: Mapping[str, str], fetch: Fetch) -> Taxonomy:
    match = _URI.fullmatch(uri)
    if match is None:
        raise BadInput(f"taxonomyUri {one_line(uri, 120)} is not git+<url>@<commit>")
    # There is one remote here, and its branches have no prefix.
    base = None if settings.changed_since is None else settings.changed_since.removeprefix("origin/")
    try:
        # The one who runs this chose the address: any host, but the same rules of scheme and form.
        check_url(match["url"], settings.limits, any_host=True)
        check_commit(match["commit"])
        if base is not None and (not _REF.fullmatch(base) or ".." in base):
            raise NotAllowed(f"changedSince {one_line(base, 60)} is no name of a branch, a tag or a commit")
        into = workdir / "taxonomy.git"
        refs = [match["commit"], *([base] if base else [])]
        env = fetch(match["url"], refs, into, settings.limits, environment, depth=None if base else 1)
        tree = GitTree(into, match["commit"], env)
    except (NotAllowed, TooBig) as error:
        raise BadInput(f"the taxonomy is refused: {error}") from error
    if base is None:
        return Taxonomy(tree, match["commit"], None, False, None)
    git = [f"--git-dir={into}"]
    try:
        since = run_git([*git, "merge-base", "refs/fetched/0", "refs/fetched/1"], env).strip()
        names = run_git([*git, "diff", "--name-only", "-z", "--no-renames", since, match["commit"]], env)
    except subprocess.CalledProcessError as error:
        raise BadInput(f"commit {match['commit'][:12]} has no history in common with {one_line(base, 60)}") from error
    return Taxonomy(tree, match["commit"], since, False, frozenset(names.split("\0")[:-1]))


@dataclass(frozen=True)
class Found:
    leaves: list[Leaf]
    faults: list[Fault]
    warnings: list[str]


def find_leaves(taxonomy: Taxonomy, settings: Settings) -> Found:
    """Every leaf, or every changed one; what is wrong is collected, not raised."""
    faults: list[Fault] = []
    warnings: list[str] = []
    leaves: list[Leaf] = []
    taken: set[str] = set()
    check = SchemaCheck()
    for file in _candidates(taxonomy.tree, settings, faults):
        folder, _, name = file.path.rpartition("/")
        changed = None if taxonomy.changed is None else file.path in taxonomy.changed
        if changed is False:
            continue
        if name != "qna.yaml":
            faults.append(Fault(file.path, "is not read: the file of a leaf is named qna.yaml"))
            continue
        leaf = _read_leaf(taxonomy.tree, file, folder, check, taken, changed, faults, warnings)
        if leaf is not None:
            taken.add(leaf.id)
            leaves.append(leaf)
    return Found(leaves, faults, warnings)


def find_unchanged(taxonomy: Taxonomy, settings: Settings, found: Sequence[Leaf]) -> list[Leaf]:
    """Those that are as they were at the base, beside `found`; one that is not as it should be is left out."""
    if taxonomy.changed is None:
        return []
    taken = {leaf.id for leaf in found}
    check = SchemaCheck()
    leaves: list[Leaf] = []
    for file in _candidates(taxonomy.tree, settings, []):
        folder, _, name = file.path.rpartition("/")
        if name != "qna.yaml" or file.path in taxonomy.changed:
            continue
        leaf = _read_leaf(taxonomy.tree, file, folder, check, taken, False, [], [])
        if leaf is not None:
            taken.add(leaf.id)
            leaves.append(leaf)
    return leaves


def _candidates(tree: Tree, settings: Settings, faults: list[Fault]) -> list[TreeFile]:
    found = []
    for folder in settings.folders:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", folder):
            raise BadInput(f"parameter folders names {one_line(folder, 60)}: it must be a folder's name")
        try:
            files = tree.files(folder)
        except TooBig as error:
            raise BadInput(f"{folder} of the taxonomy has {error}") from error
        for file in files:
            wrong = name_faults(file)
            faults.extend(wrong)
            name = file.path.rpartition("/")[2].lower()
            if not wrong and name in ("qna.yaml", "qna.yml"):
                found.append(file)
    return found


def _read_leaf(
    tree: Tree, file: TreeFile, folder: str, check: SchemaCheck, taken: set[str], changed: bool | None,
    faults: list[Fault], warnings: list[str],
) -> Leaf | None:  # fmt: skip
    if file.size > MOST_BYTES:
        faults.append(Fault(file.path, f"has {file.size} bytes; a qna.yaml has at most {MOST_BYTES}"))
        return None
    data = tree.read(file)
    read = read_qna(file.path, data)
    if isinstance(read, list):
        faults.extend(read)
        return None
    contents, lines = read
    version, wrong, notes = check.judge(file.path, data, lines)
    warnings.extend(notes)
    faults.extend(wrong)
    if wrong:
        return None
    leaf = to_leaf(folder, data, contents, version, taken, changed)
    empty = [example for example in leaf.examples if not all(text.strip() for text in example.texts())]
    faults.extend(
        Fault(
            file.path,
            "has a question or an answer of white space alone",
            lines.of(f".seed_examples[{example.number - 1}]"),
        )
        for example in empty
    )
    attribution = f"{folder}/attribution.txt"
    if version > 1 and not any(other.path == attribution and other.size > 0 for other in tree.files(folder)):
        leaf = replace(leaf, notes=(*leaf.notes, "attribution.txt is missing or empty"))
    warnings.extend(f"{file.path}: {note}" for note in leaf.notes)
    return None if empty else leaf
