"""Documents in the parts that a teacher is shown: whole paragraphs, none of which betrays what is held out."""

import re
from collections.abc import Iterable

from .passages import plain
from .texts import HeldOutTexts

_BLOCK = re.compile(r"\n[ \t]*\n")


def free_blocks(markdown: str, held_out: HeldOutTexts) -> tuple[list[str], int]:
    """The paragraphs that share no twelve words in a row with a held-out text, and how many do."""
    blocks = _BLOCK.split(markdown.replace("\r\n", "\n"))
    kept = [block for block in blocks if not held_out.touched_by(plain(block))]
    return kept, len(blocks) - len(kept)


def chunks(blocks: Iterable[str], most: int) -> list[str]:
    """The paragraphs joined into texts of at most `most` characters; a longer paragraph is cut."""
    texts: list[str] = []
    for block in blocks:
        for start in range(0, len(block), most):
            part = block[start : start + most].strip("\n")
            if not part.strip():
                continue
            if texts and len(texts[-1]) + 2 + len(part) <= most:
                texts[-1] = f"{texts[-1]}\n\n{part}"
            else:
                texts.append(part)
    return texts
