"""The ChangeLog: whose work went into a model."""

from .card import taxonomy_text
from .lineage import Lineage
from .markdown import code
from .scores import Report

TITLE = "# Changelog"
_KINDS = {"skill": "skill", "grounded_skill": "skill with context", "knowledge": "knowledge"}


def heading(run: str) -> str:
    return f"## {run}"


def entry(lineage: Lineage, report: Report) -> str:
    """The run's part of the ChangeLog; ends without a line end."""
    base, tuned = report.base.loss.value, report.tuned.loss.value
    score = "" if base is None or tuned is None else f" Held-out loss {base:.4f} -> {tuned:.4f}"
    score += "" if not score else ", within noise." if report.within_noise else "."
    lines = [heading(lineage.run), "", f"Made from {taxonomy_text(lineage)}.{score}", ""]
    for leaf in lineage.leaves:
        kind = _KINDS.get(leaf.kind, "leaf")
        # Without a commit that others know the file's own digest says which version it was.
        at = f"commit {code(lineage.commit)}" if lineage.commit and lineage.onto is None else f"qna.yaml {code(leaf.qna[:19])}"
        lines.append(f"- {code(leaf.path)} by {code(leaf.author)} ({kind}, {leaf.examples} seed examples, {at})")
    return "\n".join(lines)


def with_entry(text: str, run: str, new: str) -> str:
    """The ChangeLog with the run's entry on top; unchanged when it has one."""
    if heading(run) in text.splitlines():
        return text
    older = text.removeprefix(TITLE).strip("\n")
    return "\n\n".join(part for part in (TITLE, new, older) if part) + "\n"
