"""Leaves of a taxonomy: what people wrote, checked and typed."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from ilab_stage import one_line

SKILL, GROUNDED, KNOWLEDGE = "skill", "grounded_skill", "knowledge"
_AUTHOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")


@dataclass(frozen=True)
class Pair:
    question: str
    answer: str


@dataclass(frozen=True)
class Example:
    """One seed example: the unit that is held out or trained on."""

    leaf: str
    number: int
    """From 1, in the order of the file."""
    context: str | None
    pairs: tuple[Pair, ...]

    def texts(self) -> list[str]:
        return [*([self.context] if self.context else []), *(t for p in self.pairs for t in (p.question, p.answer))]

    def key(self, salt: str) -> str:
        """The hash of its text that decides whether it is held out."""
        return hashlib.sha256("\0".join([salt, *self.texts()]).encode()).hexdigest()


@dataclass(frozen=True)
class DocumentRef:
    repo: str
    commit: str
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class Leaf:
    id: str
    path: str
    """The folder, relative to the taxonomy."""
    kind: str
    version: int
    created_by: str
    subject: str
    """What it is about, in its author's words: the task, or the domain."""
    outline: str
    examples: tuple[Example, ...]
    document: DocumentRef | None
    qna_sha256: str
    changed: bool | None
    """None when nobody asked what changed."""
    notes: tuple[str, ...] = field(default=())


def leaf_id(path: str, taken: set[str]) -> str:
    """The parts of the path joined with `_`, fit for a file name; a hash tells apart what would be the same."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", path.replace("/", "_")).lstrip(".-")
    if name == path.replace("/", "_") and name not in taken and len(name) <= 120:
        return name
    return f"{name[:100]}-{hashlib.sha256(path.encode()).hexdigest()[:8]}"


def to_leaf(
    path: str, data: bytes, contents: dict[str, Any], version: int, taken: set[str], changed: bool | None
) -> Leaf:
    """From the contents of a qna.yaml that the schema has passed."""
    identity = leaf_id(path, taken)
    document = contents.get("document")
    examples = tuple(_examples(identity, contents["seed_examples"]))
    grounded = any(example.context for example in examples)
    author = str(contents["created_by"])
    notes = [] if _AUTHOR.fullmatch(author) else [f"created_by is no GitHub user name: {one_line(author, 60)}"]
    return Leaf(
        id=identity,
        path=path,
        kind=KNOWLEDGE if document is not None else GROUNDED if grounded else SKILL,
        version=version,
        created_by=one_line(author, 100),
        subject=" ".join(str(contents.get("domain") or contents.get("task_description")).split()),
        outline=" ".join(str(contents.get("document_outline", "")).split()),
        examples=examples,
        document=None
        if document is None
        else DocumentRef(document["repo"], document["commit"], tuple(document["patterns"])),
        qna_sha256=f"sha256:{hashlib.sha256(data).hexdigest()}",
        changed=changed,
        notes=tuple(notes),
    )


def _examples(leaf: str, seeds: list[dict[str, Any]]) -> list[Example]:
    examples = []
    for number, seed in enumerate(seeds, 1):
        pairs = seed.get("questions_and_answers") or [seed]
        context = (seed.get("context") or "").strip() or None
        typed = tuple(Pair(pair["question"].strip(), pair["answer"].strip()) for pair in pairs)
        examples.append(Example(leaf, number, context, typed))
    return examples
