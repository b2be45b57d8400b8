"""The model card: what the model is, what it scored, and what it was made from."""

import json

from .lineage import Lineage, flat
from .markdown import code, table
from .scores import Figure, Report, Score


def model_card(lineage: Lineage, report: Report) -> str:
    head = {"tags": ["instructlab"]} | ({"base_model": lineage.base[3:]} if lineage.base.startswith("hf:") else {})
    return "\n".join(
        [
            "---",
            *(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()),
            "---",
            "",
            f"# {lineage.model}, run {lineage.run}",
            "",
            *_what_it_is(lineage),
            "",
            "## Scores",
            "",
            *_scores(report),
            "",
            "## Scores by leaf",
            "",
            *_leaf_scores(lineage, report),
            "",
            "## Lineage",
            "",
            *_lineage(lineage, report),
            "",
        ]
    )


def taxonomy_text(lineage: Lineage) -> str:
    if lineage.commit is None:
        return "a taxonomy without a commit (a plain folder)"
    if lineage.onto is not None:
        # Without a `#`: it would be a link to whatever has that number where this is read.
        numbers = ", ".join(str(number) for number in lineage.pulls)
        return f"taxonomy commit {code(lineage.onto)} with the pull requests {numbers}"
    return f"taxonomy commit {code(lineage.commit)}" + (" with changes that no commit has" if lineage.dirty else "")


def _what_it_is(lineage: Lineage) -> list[str]:
    only = "changed " if lineage.changed_only else ""
    leaves = f"{len(lineage.leaves)} {only}{'leaf' if len(lineage.leaves) == 1 else 'leaves'}"
    what = [f"{code(lineage.base)}, tuned on {leaves} of {taxonomy_text(lineage)}."]
    if lineage.base == "tiny":
        what.append(
            "`tiny` is a small model of random numbers: this one shows the chain of stages and is of no other use."
        )
    if lineage.teacher is None:
        what.append("The training rows are the examples that people wrote; no teacher model was asked.")
    else:
        what.append(f"The training rows come from people's examples and from the teacher {code(lineage.teacher)}.")
    return what


def _scores(report: Report) -> list[str]:
    base, tuned = report.base, report.tuned
    rows = [
        ["held-out loss (nats per answer token, lower is better)", *_compared(base.loss, tuned.loss)],
        ["multiple choice (part answered right, guessing gives 0.25)", *_compared(base.choice, tuned.choice)],
    ]
    for title, before, after in (
        ("MMLU (part answered right)", base.mmlu, tuned.mmlu),
        ("MT-Bench (a judge's mark from 1 to 10)", base.mt_bench, tuned.mt_bench),
        ("MT-Bench-branch (the same, on held-out examples)", base.mt_bench_branch, tuned.mt_bench_branch),
    ):
        if after.value is not None:
            rows.append([title, *_compared(before, after)])
    noise = "Figures after ± are standard errors; *noise*: the 95 % interval of the difference holds zero."
    if report.within_noise and tuned.loss.value is not None:
        noise = f"The change of the held-out loss is **within noise**. {noise}"
    chosen = f"The checkpoint is {code(report.chosen)}, chosen among {report.candidates}."
    return [*table(["", "base", "tuned", "difference"], rows), "", noise, chosen]


def _leaf_scores(lineage: Lineage, report: Report) -> list[str]:
    rows = []
    nothing = Score.of({})
    for leaf in lineage.leaves:
        base, tuned = report.base_leaves.get(leaf.id, nothing), report.tuned_leaves.get(leaf.id, nothing)
        rows.append([code(leaf.path), _change(base.loss, tuned.loss), _change(base.choice, tuned.choice)])
    return table(["leaf", "held-out loss", "multiple choice"], rows)


def _lineage(lineage: Lineage, report: Report) -> list[str]:
    rows = [
        ["taxonomy", taxonomy_text(lineage)],
        ["base model", code(lineage.base)],
        ["checkpoint", code(report.chosen)],
    ]
    rows += [[f"digest of {name}", code(digest)] for name, digest in lineage.digests.items()]
    rows += [[code(name), code(value)] for name, value in flat(lineage.parameters)]
    return table(["", ""], rows)


def _compared(base: Figure, tuned: Figure) -> list[str]:
    return [_with_error(base.value, base.error), _with_error(tuned.value, tuned.error), _difference(base, tuned)]


def _difference(base: Figure, tuned: Figure) -> str:
    if base.value is None or tuned.value is None:
        return "-"
    error = f" ± {tuned.delta_error:.4f}" if tuned.delta_error is not None else ""
    return f"{tuned.value - base.value:+.4f}{error}{' *noise*' if tuned.within_noise else ''}"


def _change(base: Figure, tuned: Figure) -> str:
    return f"{_figure(base.value)} -> {_figure(tuned.value)}{' *noise*' if tuned.within_noise else ''}"


def _with_error(value: float | None, error: float | None) -> str:
    return _figure(value) + (f" ± {error:.4f}" if value is not None and error is not None else "")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
