"""Cells of Markdown tables, with strangers' text in them."""

from collections.abc import Sequence

from ilab_stage import one_line

from .scores import Compared
from .statistics import Estimate


def own(compared: Compared | None) -> str:
    return "-" if compared is None else f"{compared.own.value:.3f}{_error(compared.own)}"


def delta(compared: Compared | None) -> str:
    if compared is None or compared.delta is None:
        return "-"
    change = compared.delta
    return f"{change.value:+.3f}{_error(change)}{_mark(change)}"


def count(compared: Compared | None) -> str:
    return "-" if compared is None else str(compared.own.count)


MARKS = (
    "± is one standard error. *within noise*: the 95 % interval of the difference holds zero; "
    "*too few*: so few examples (n) show nothing."
)


def _error(estimate: Estimate) -> str:
    if estimate.error is None:
        return ""
    # No spread among a few says nothing of the next one.
    return f" (all {estimate.count} the same)" if estimate.error == 0 else f" ± {estimate.error:.3f}"


def _mark(change: Estimate) -> str:
    if change.within_noise is None or (change.within_noise and change.error == 0 and change.value != 0):
        return " *too few*"
    return " *within noise*" if change.within_noise else ""


def code(text: str) -> str:
    # Inside a code span neither markup nor a mention is read; a bar would end the cell, a backtick the span.
    plain = one_line(text, 200).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`"


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
