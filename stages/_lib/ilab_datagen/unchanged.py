"""Leaves that nobody changed: nothing is made of them, and some of their examples tell whether a model got worse."""

from collections.abc import Iterable, Sequence

from .leaves import Example, Leaf
from .texts import HeldOutTexts, is_distinctive, normal


def kept_for_scoring(
    leaves: Sequence[Leaf], training: Iterable[Example], *, most: int, salt: str
) -> dict[str, list[Example]]:
    """By leaf id those with the lowest hashes, in the order of the file; none that shares a text with training."""
    trained = [example.texts() for example in training]
    known = HeldOutTexts(text for texts in trained for text in texts)
    haystacks = [normal("\n".join(texts)) for texts in trained]

    def is_clean(example: Example) -> bool:
        own = [text for text in map(normal, example.texts()) if is_distinctive(text)]
        return known.repeated_by(*example.texts()) is None and not any(
            text in haystack for text in own for haystack in haystacks
        )

    kept = {}
    for leaf in leaves:
        preferred = sorted(filter(is_clean, leaf.examples), key=lambda example: example.key(salt))
        kept[leaf.id] = sorted(preferred[:most], key=lambda example: example.number)
    return kept
