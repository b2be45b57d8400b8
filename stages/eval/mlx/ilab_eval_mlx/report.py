"""scores.json for programs, scores.md for people."""

from collections.abc import Sequence
from typing import Any

from ilab_scores.cells import MARKS, code, count, delta, line, own
from ilab_scores.scores import Measured, Scores

VERSION = 1

_UNITS = "Held-out loss in nats per answer token, lower is better; multiple choice, higher is better."


def scores_document(scores: Scores, base: Measured, candidates: Sequence[Measured], chosen: Measured) -> dict[str, Any]:
    loss = scores.loss(chosen)
    assert loss is not None and loss.delta is not None
    return {
        "version": VERSION,
        "base": scores.as_json(base),
        "candidates": [scores.as_json(candidate) for candidate in candidates],
        "chosen": chosen.name,
        # Where no interval can be given, nothing was shown.
        "withinNoise": loss.delta.within_noise is not False,
    }


def scores_table(scores: Scores, base: Measured, candidates: Sequence[Measured], chosen: Measured) -> str:
    """Two Markdown tables: every model, then base and chosen one leaf by leaf. Leaf names are strangers' text."""
    lines = ["# Scores", "", _UNITS, ""]
    lines += [
        "| model | held-out loss | difference | multiple choice | difference |",
        "| --- | --- | --- | --- | --- |",
    ]
    for model in (base, *candidates):
        mark = " (chosen)" if model is chosen else ""
        loss, choice = scores.loss(model), scores.choice(model)
        cells = [code(model.name) + mark, own(loss), delta(loss), own(choice), delta(choice)]
        lines.append(line(cells))
    lines += ["", f"By leaf, base and {code(chosen.name)}:", ""]
    lines += ["| leaf | n | base loss | loss | difference | n | base choice | choice | difference |"]
    lines += [line(["---"] * 9)]
    for leaf in scores.leaves:
        loss, choice = scores.loss(chosen, leaf), scores.choice(chosen, leaf)
        before = scores.loss(base, leaf), scores.choice(base, leaf)
        lines.append(
            line(
                [code(leaf)]
                + [count(loss), own(before[0]), own(loss), delta(loss)]
                + [count(choice), own(before[1]), own(choice), delta(choice)]
            )
        )
    lines += ["", MARKS, ""]
    return "\n".join(lines)
