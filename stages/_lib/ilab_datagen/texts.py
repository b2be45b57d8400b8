"""Comparing texts by their words: what counts as the same text, and as a text that appears in another."""

import re
import unicodedata
from collections.abc import Iterable

# A shorter text is a label ("Yes.", "28 days", a name): it recurs by its nature, in documents too.
_DISTINCTIVE_WORDS = 4
_DISTINCTIVE_BYTES = 32
SHINGLE_WORDS = 12
_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def normal(text: str) -> str:
    """Lower case, one space between words, no punctuation; a text of punctuation alone keeps it."""
    return " ".join(words(text)) or " ".join(text.split())


def is_distinctive(normal_text: str) -> bool:
    return normal_text.count(" ") + 1 >= _DISTINCTIVE_WORDS or len(normal_text.encode()) >= _DISTINCTIVE_BYTES


def shingles(text: str) -> set[str]:
    """Every run of twelve words; of a shorter text the text, if it is distinctive at all."""
    found = words(text)
    if len(found) < SHINGLE_WORDS:
        whole = normal(text)
        return {whole} if is_distinctive(whole) else set()
    return {" ".join(found[at : at + SHINGLE_WORDS]) for at in range(len(found) - SHINGLE_WORDS + 1)}


class HeldOutTexts:
    """Knows every question, answer and context that is held out, and tells whether a text repeats one."""

    def __init__(self, texts: Iterable[str]) -> None:
        everything = {normal(text): text for text in texts}
        self._long = sorted(text for text in everything if is_distinctive(text))
        self._shingles = {shingle for text in everything.values() for shingle in shingles(text)}

    def repeated_by(self, *parts: str) -> str | None:
        """The held-out text that appears in the parts, alone or joined; None when none does."""
        whole = normal("\n".join(parts))
        return next((text for text in self._long if text in whole), None)

    def touched_by(self, passage: str) -> bool:
        """Whether a passage shares twelve words in a row with a held-out text: stricter, for documents."""
        return not self._shingles.isdisjoint(shingles(passage)) or self.repeated_by(passage) is not None
