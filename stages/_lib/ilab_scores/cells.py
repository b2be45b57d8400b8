"""Cells of Markdown tables, with strangers' text in them."""

from collections.abc import Sequence

from ilab_stage import one_line

from .scores import Compared


def own(compared: Compared | None) -> str:
    return "-" if compared is None else f"{compared.own.value:.3f}{_error(compared.own.error)}"


def delta(compared: Compared | None) -> str:
    if compared is None or compared.delta is None:
        return "-"
    change = compared.delta
    return f"{change.value:+.3f}{_error(change.error)}{' *noise*' if change.within_noise else ''}"


def _error(error: float | None) -> str:
    return "" if error is None else f" ± {error:.3f}"


def code(text: str) -> str:
    # Inside a code span neither markup nor a mention is read; a bar would end the cell, a backtick the span.
    plain = one_line(text, 200).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`"


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
