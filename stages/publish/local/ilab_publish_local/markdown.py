"""Markdown that strangers' text cannot break out of."""

import re
from collections.abc import Sequence

from ilab_stage import one_line


def code(text: object) -> str:
    """A code span: no markup, link, mention or issue reference acts inside; an `@` is spelt out for other readers."""
    shown = one_line(text, 200).replace("@", "[at]").strip() or " "
    fence = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table; a `|` inside a cell stays inside, in code too."""

    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

    return [line(head), line(["---"] * len(head)), *(line(row) for row in rows)]
