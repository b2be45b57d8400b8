"""The taxonomy that MT-Bench-branch asks about: a git work tree with both branches, as upstream wants it.

It is made of what datagen held out. Upstream asks the very examples that the training data was made from; what a model
has learned by heart says little of what it can do.
"""

import os
import shutil
import subprocess
from pathlib import Path

import yaml

from ilab_models.rows import read_rows

_KINDS = ("skill", "grounded_skill")
BASE_BRANCH, BRANCH = "base", "tuned"


def lay_out(heldout: Path, folder: Path) -> dict[str, str] | None:
    """The leaf by the path of its qna.yaml; None when no skill was held out (upstream leaves out knowledge)."""
    leaves: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(heldout):
        if row.fields.get("kind") in _KINDS:
            example = {name: row.fields[name] for name in ("question", "answer", "context") if row.fields.get(name)}
            leaves.setdefault(str(row.fields.get("leaf")), []).append(example)
    if not leaves:
        return None
    shutil.rmtree(folder, ignore_errors=True)
    paths = {}
    for number, (leaf, examples) in enumerate(sorted(leaves.items()), 1):
        # The name of a leaf is a stranger's text, and no path.
        path = f"compositional_skills/{number}/qna.yaml"
        place = folder / path
        place.parent.mkdir(parents=True)
        place.write_text(yaml.safe_dump({"seed_examples": examples}, allow_unicode=True), encoding="utf-8")
        paths[path] = leaf
    for arguments in (
        ["init", "--quiet", f"--initial-branch={BRANCH}"],
        ["add", "."],
        ["commit", "--quiet", "--message=held out"],
        ["branch", BASE_BRANCH],
    ):
        _git(folder, arguments)
    return paths


def _git(folder: Path, arguments: list[str]) -> None:
    who = {f"GIT_{role}_{part}": "ilab" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    # Nothing of this machine's settings: hooks and signatures would be somebody else's.
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "-C", str(folder), *arguments], env=environment, check=True)
