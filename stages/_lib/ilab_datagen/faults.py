"""What is wrong with a taxonomy, collected over all files before anything is said."""

from collections.abc import Sequence
from dataclasses import dataclass

from ilab_stage import BadInput, one_line


@dataclass(frozen=True)
class Fault:
    path: str
    text: str
    line: int | None = None

    def __str__(self) -> str:
        place = one_line(self.path, 200) if self.line is None else f"{one_line(self.path, 200)}:{self.line}"
        return f"{place}: {one_line(self.text, 300)}"


def refuse(faults: Sequence[Fault]) -> None:
    """Raises one BadInput that tells all of them; does nothing without a fault."""
    if not faults:
        return
    ordered = sorted(set(faults), key=lambda fault: (fault.path, fault.line or 0, fault.text))
    files = len({fault.path for fault in ordered})
    if len(ordered) == 1:
        raise BadInput(f"the taxonomy has a fault: {ordered[0]}")
    many = f"{len(ordered)} faults in {files} file{'s' if files > 1 else ''}"
    raise BadInput(f"the taxonomy has {many}; the first: {ordered[0]}", [str(fault) for fault in ordered])
