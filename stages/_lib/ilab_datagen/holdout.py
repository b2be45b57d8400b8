"""Which seed examples are held out: decided by the hash of their text, before anything is made from them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .leaves import KNOWLEDGE, Example, Leaf
from .texts import is_distinctive, normal, shingles


@dataclass(frozen=True)
class Split:
    held_out: dict[str, list[Example]]
    """By leaf id, in the order of the file; never missing, may be empty."""
    training: dict[str, list[Example]]
    notes: dict[str, str]
    """Why a leaf has nothing held out."""


def split(leaves: Sequence[Leaf], fraction: float, salt: str) -> Split:
    """Of each leaf the examples with the lowest hashes, at least one, and at least one stays for training.

    Examples that share a text (a context, a question, one that contains the other's answer), within a leaf or across
    leaves, are one group: they are held out together or not at all, so that none betrays another.
    """
    groups = _groups(leaves)
    left = {leaf.id: len(leaf.examples) for leaf in leaves}
    taken: set[int] = set()
    notes: dict[str, str] = {}
    for leaf in leaves:
        wanted = min(max(1, int(len(leaf.examples) * fraction + 0.5)), len(leaf.examples) - 1)
        for number in _by_preference(groups, leaf.id, wanted, salt):
            have = len(leaf.examples) - left[leaf.id]
            if have >= wanted:
                break
            size = groups[number].sizes
            if number in taken or any(left[other] - count < 1 for other, count in size.items()):
                continue
            if have > 0 and have + size[leaf.id] > wanted:
                continue
            taken.add(number)
            for other, count in size.items():
                left[other] -= count
        if left[leaf.id] == len(leaf.examples):
            notes[leaf.id] = _why_none(leaf)
    chosen = {(example.leaf, example.number) for number in taken for example in groups[number].examples}
    return Split(
        {leaf.id: [e for e in leaf.examples if (e.leaf, e.number) in chosen] for leaf in leaves},
        {leaf.id: [e for e in leaf.examples if (e.leaf, e.number) not in chosen] for leaf in leaves},
        notes,
    )


@dataclass(frozen=True)
class _Group:
    examples: list[Example]
    sizes: Counter[str]
    """Examples by leaf id."""
    texts: list[str]
    """Each example's texts as one, normal."""


def _why_none(leaf: Leaf) -> str:
    if len(leaf.examples) == 1:
        return "has one seed example, which is trained on: nothing is held out"
    return "has seed examples that all share a text: nothing can be held out"


def _by_preference(groups: list[_Group], leaf: str, wanted: int, salt: str) -> list[int]:
    """First what has no short answer that recurs elsewhere (`Yes.`), then what is not too big, then by hash."""
    own = [number for number, group in enumerate(groups) if group.sizes[leaf]]

    def preference(number: int) -> tuple[bool, int, str]:
        group = groups[number]
        labels = {label for example in group.examples for label in _labels(example)}
        elsewhere = (
            [other for at, candidate in enumerate(groups) if at != number for other in candidate.texts]
            if labels
            else []
        )
        recurs = any(f" {label} " in f" {text} " for label in labels for text in elsewhere)
        return recurs, max(0, group.sizes[leaf] - wanted), min(example.key(salt) for example in group.examples)

    return sorted(own, key=preference)


def _labels(example: Example) -> list[str]:
    return [text for pair in example.pairs if not is_distinctive(text := normal(pair.answer))]


def _groups(leaves: Sequence[Leaf]) -> list[_Group]:
    examples = [example for leaf in leaves for example in leaf.examples]
    parent = list(range(len(examples)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for one, other in _links(leaves, examples):
        parent[root(one)] = root(other)
    members: dict[int, list[Example]] = {}
    for at, example in enumerate(examples):
        members.setdefault(root(at), []).append(example)
    return [
        _Group(group, Counter(example.leaf for example in group), [normal("\n".join(e.texts())) for e in group])
        for group in members.values()
    ]


def _links(leaves: Sequence[Leaf], examples: list[Example]) -> set[tuple[int, int]]:
    knowledge = {leaf.id for leaf in leaves if leaf.kind == KNOWLEDGE}
    whole = [normal("\n".join(example.texts())) for example in examples]
    links: set[tuple[int, int]] = set()
    first: dict[str, int] = {}
    by_shingle: dict[str, int] = {}
    for at, example in enumerate(examples):
        labels = set(_labels(example))
        for text in {normal(text) for text in example.texts()}:
            if text in labels:
                continue
            links.add((at, first.setdefault(text, at)))
            if is_distinctive(text):
                links.update((at, other) for other, hay in enumerate(whole) if text in hay)
        if example.leaf in knowledge and example.context:
            links.update((at, by_shingle.setdefault(shingle, at)) for shingle in shingles(example.context))
    return links
