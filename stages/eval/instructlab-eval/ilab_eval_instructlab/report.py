"""scores.json for programs, scores.md for people, and the files that upstream's own scripts write."""

import json
from collections.abc import Mapping
from typing import Any

from ilab_scores.cells import MARKS, code, delta, line, own
from ilab_scores.scores import Compared

from .measured import RATED, Findings
from .models import Model
from .settings import MMLU, MMLU_BRANCH, MT_BENCH, MT_BENCH_BRANCH

_VERSION = 1
# Names of the value and of what goes with it; multiple choice has those of eval/mlx.
_NAMES = {MMLU_BRANCH: ("mc_accuracy", "mc"), MMLU: (MMLU, MMLU), MT_BENCH: (MT_BENCH, MT_BENCH)}
_NAMES[MT_BENCH_BRANCH] = (MT_BENCH_BRANCH, MT_BENCH_BRANCH)
_TITLES = {MMLU: "MMLU", MMLU_BRANCH: "MMLU-branch", MT_BENCH: "MT-Bench", MT_BENCH_BRANCH: "MT-Bench-branch"}
_MARKS = (
    f"MMLU from 0 to 1, MT-Bench from 1 to 10, higher is better. {MARKS}"
)


def scores_document(findings: Findings, chosen: Model, by: str) -> dict[str, Any]:
    decided = findings.compared(chosen, by)
    assert decided is not None
    return {
        "version": _VERSION,
        "base": _entry(findings, findings.base),
        "candidates": [_entry(findings, model) for model in findings.models if not model.is_base],
        "chosen": chosen.name,
        "chosenBy": by,
        # Where no interval can be given, nothing was shown.
        "withinNoise": decided.delta is None or decided.delta.within_noise is not False,
        "absent": findings.absent,
    }


def scores_table(findings: Findings, chosen: Model) -> str:
    """Two Markdown tables: every model, then base and chosen one leaf by leaf. Leaf names are strangers' text."""
    lines = ["# Scores", "", _MARKS, ""]
    heads = [part for one in findings.benchmarks for part in (_TITLES[one], "difference")]
    lines += [line(["model", *heads]), line(["---"] * (1 + len(heads)))]
    for model in findings.models:
        cells = [code(model.name) + (" (chosen)" if model is chosen else "")]
        for one in findings.benchmarks:
            found = findings.compared(model, one)
            cells += [own(found), delta(found)]
        lines.append(line(cells))
    by_leaf = [one for one in (MMLU_BRANCH, MT_BENCH_BRANCH) if one in findings.benchmarks]
    if by_leaf:
        heads = [part for one in by_leaf for part in (f"base {_TITLES[one]}", _TITLES[one], "difference")]
        lines += ["", f"By leaf, base and {code(chosen.name)}:", ""]
        lines += [line(["leaf", *heads]), line(["---"] * (1 + len(heads)))]
        for leaf in findings.leaves:
            cells = [code(leaf)]
            for one in by_leaf:
                found = findings.compared(chosen, one, leaf)
                cells += [own(findings.compared(findings.base, one, leaf)), own(found), delta(found)]
            lines.append(line(cells))
    lines += [""] + [f"{_TITLES[one]} was not measured: {code(reason)}" for one, reason in findings.absent.items()]
    return "\n".join(lines).rstrip() + "\n"


def upstream_reports(findings: Findings, chosen: Model, judge: str) -> dict[str, Any]:
    """By file name what opendatahub-io's and instructlab's chains write, under the keys of both."""
    reports: dict[str, Any] = {}
    finals = [model for model in findings.models if model.is_final]
    if MT_BENCH in findings.benchmarks:
        own = [_mt_bench(findings, model, judge) for model in finals]
        best = next(one for one in own if one["model"] == chosen.name)
        reports["mt_bench_data.json"] = {
            "best_model": chosen.name,
            "best_score": best["overall_score"],
            "reports": own,
        }
    for benchmark, name, maximum, title in (
        (MMLU_BRANCH, "mmlu_branch_data.json", "1.0", "KNOWLEDGE EVALUATION REPORT"),
        (MT_BENCH_BRANCH, "mt_bench_branch_data.json", "10.0", "SKILLS EVALUATION REPORT"),
    ):
        tuned, base = findings.compared(chosen, benchmark), findings.compared(findings.base, benchmark)
        if tuned is None or base is None:
            continue
        report = {
            "report_title": title,
            "max_score": maximum,
            "model": chosen.name,
            "base_model": findings.base.name,
            "trained_model_score": tuned.own.value,
            "base_model_score": base.own.value,
        }
        if benchmark == MMLU_BRANCH:
            report["model_score"] = tuned.own.value
        else:
            rates = [_rate(findings, model, benchmark) for model in (chosen, findings.base)]
            report |= {
                "judge_model": judge,
                "overall_score": tuned.own.value,
                "base_overall_score": base.own.value,
                "error_rate": round(sum(rates) / len(rates), 2),
            }
        # Upstream puts this JSON into its JSON as a text.
        report["summary"] = json.dumps(_summary(findings, chosen, benchmark), ensure_ascii=False)
        reports[name] = report
    return reports


def metrics(findings: Findings, chosen: Model) -> dict[str, float]:
    """Those that gates read first; a figure that was not measured is absent."""
    found: dict[str, float] = {}
    for benchmark in (MMLU_BRANCH, MT_BENCH, MT_BENCH_BRANCH, MMLU):
        before, after = findings.compared(findings.base, benchmark), findings.compared(chosen, benchmark)
        if before is None or after is None:
            continue
        found |= {f"{benchmark}_base": before.own.value, f"{benchmark}_tuned": after.own.value}
        if after.delta is not None:
            found[f"{benchmark}_delta"] = after.delta.value
            found[f"{benchmark}_within_noise"] = int(after.delta.within_noise is not False)
        if after.own.error is not None:
            found[f"{benchmark}_stderr"] = after.own.error
        if benchmark in RATED:
            worst = max(_rate(findings, model, benchmark) for model in (chosen, findings.base))
            found[f"{benchmark}_error_rate"] = worst
    return found


def _entry(findings: Findings, model: Model) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": model.name}
    for benchmark in findings.benchmarks:
        entry |= _figures(benchmark, findings.compared(model, benchmark))
        ratings = findings.ratings(model, benchmark)
        if ratings is not None:
            entry[f"{benchmark}_error_rate"] = ratings.error_rate
        if ratings is not None and len(ratings.turns) > 1:
            entry[f"{benchmark}_turns"] = list(ratings.turns)
    per_leaf: dict[str, dict[str, Any]] = {leaf: {} for leaf in findings.leaves}
    for leaf, figures in per_leaf.items():
        for benchmark in (MMLU_BRANCH, MT_BENCH_BRANCH):
            figures |= _figures(benchmark, findings.compared(model, benchmark, leaf))
    return {**entry, "per_leaf": per_leaf}


def _figures(benchmark: str, compared: Compared | None) -> dict[str, Any]:
    if compared is None:
        return {}
    value, name = _NAMES[benchmark]
    figures: dict[str, Any] = {
        value: compared.own.value,
        f"{name}_se": compared.own.error,
        f"{name}_n": compared.own.count,
    }
    if compared.delta is not None:
        figures |= {
            f"{name}_delta": compared.delta.value,
            f"{name}_delta_se": compared.delta.error,
            f"{name}_within_noise": compared.delta.within_noise,
        }
    return figures


def _mt_bench(findings: Findings, model: Model, judge: str) -> dict[str, Any]:
    found = findings.raw(model, MT_BENCH)
    assert found is not None
    return {
        "report_title": "SKILLS EVALUATION REPORT",
        "model": model.name,
        "judge_model": judge,
        "overall_score": found["score"],
        "turn_scores": ["N/A" if mean is None else mean for mean in found["turns"]],
        "qa_scores": found["answers"],
        "error_rate": found["error_rate"],
    }


def _summary(findings: Findings, chosen: Model, benchmark: str) -> Mapping[str, Any]:
    groups: dict[str, list[dict[str, Any]]] = {"improvements": [], "regressions": [], "no_changes": [], "new": []}
    for leaf in findings.leaves:
        tuned, base = findings.compared(chosen, benchmark, leaf), findings.compared(findings.base, benchmark, leaf)
        if tuned is None:
            continue
        after = tuned.own.value
        if base is None:
            groups["new"].append({"qna": leaf, "average_score": after})
        elif after == base.own.value:
            groups["no_changes"].append({"task": leaf, "average_score": after})
        else:
            change = {"task": leaf, "base_score": base.own.value, "new_score": after}
            change["delta"] = round(after - base.own.value, 2)
            groups["improvements" if after > base.own.value else "regressions"].append(change)
    return groups


def _rate(findings: Findings, model: Model, benchmark: str) -> float:
    ratings = findings.ratings(model, benchmark)
    return 0.0 if ratings is None else ratings.error_rate
