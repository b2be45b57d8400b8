"""The stage: inputs `model` (base), `checkpoints`, `heldout`, `tasks`; artifacts `scores`, `scores-table`, `model`."""

import json
import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ilab_mlx import runtime
from ilab_models.checkpoints import check_tokenizer, read_candidates
from ilab_models.log import say
from ilab_models.model_source import find_model
from ilab_models.scratch import scratch_folder
from ilab_stage import BadInput, Stage

if TYPE_CHECKING:
    from ilab_scores.scores import Measured, Scores


def main(stage: Stage) -> None:
    scratch = scratch_folder(stage, "eval")
    runtime.prepare(threads=stage.params.integer("threads", 1, minimum=1), scratch=scratch)
    evaluate(stage, scratch)
    shutil.rmtree(scratch, ignore_errors=True)


def evaluate(stage: Stage, scratch: Path) -> None:
    # Their imports load mlx, whose threads are limited by now.
    runtime.load()
    from ilab_mlx.encoding import Encoder
    from ilab_mlx.loading import load_model, load_tokenizer
    from ilab_scores.scores import BASE, Measured, Scores

    from .choices import encode_questions, read_questions, right_answers
    from .heldout import answer_losses, read_heldout
    from .report import scores_document, scores_table

    batch_size = stage.params.integer("batchSize", 8, minimum=1)
    few_shots = stage.params.integer("fewShots", 0, minimum=0)
    base_model = find_model(stage, "model", scratch)
    longest = base_model.row_limit(stage.params)
    candidates = read_candidates(stage.input("checkpoints").path)
    for candidate in candidates:
        check_tokenizer(candidate, base_model.path)

    tokenizer = load_tokenizer(base_model.path)
    heldout = read_heldout(stage.input("heldout").path, Encoder(tokenizer), longest=longest)
    tasks = stage.optional_input("tasks")
    found = read_questions(tasks.path, few_shots=few_shots) if tasks else []
    questions, dropped = encode_questions(found, tokenizer, longest=longest)
    if not questions:
        say("there is no multiple-choice question: its figures are absent")

    models = [(BASE, base_model.path), *((candidate.name, candidate.folder) for candidate in candidates)]
    measured: list[Measured] = []
    for number, (name, folder) in enumerate(models):
        stage.progress(f"measuring {name}", fraction=number / len(models))
        model = load_model(folder)
        nats = answer_losses(model, heldout.rows, batch_size=batch_size)
        if not all(map(math.isfinite, nats)):
            raise BadInput(f"{name} gives no finite loss on the held-out rows: its weights are broken")
        measured.append(Measured(name, nats, right_answers(model, questions, batch_size=batch_size)))

    base, *tuned = measured
    scores = Scores(heldout, [one.question for one in questions], base)
    # Equal losses: the one that was trained less.
    chosen = min(tuned, key=lambda one: sum(one.nats))
    for one in measured:
        say(_sentence(scores, one))
    document = scores_document(scores, base, tuned, chosen)
    stage.output("scores.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    stage.output("scores.md").write_text(scores_table(scores, base, tuned, chosen), encoding="utf-8")
    _copy_model(next(one.folder for one in candidates if one.name == chosen.name), stage.fresh_folder("model"))

    stage.add_artifact("scores", "scores.json")
    stage.add_artifact("scores-table", "scores.md")
    stage.add_artifact("model")
    metrics = _metrics(scores, base, chosen)
    metrics |= {
        "candidates": len(tuned),
        "heldout_rows": len(heldout.rows),
        "questions": len({(one.question.leaf, one.question.item) for one in questions}),
        "dropped_rows": heldout.dropped + dropped,
    }
    stage.progress(f"chose {chosen.name}", fraction=1, metrics=metrics)
    stage.finish(metrics, chosen=chosen.name)


def _metrics(scores: "Scores", base: "Measured", chosen: "Measured") -> dict[str, float]:
    """Those that gates read first; a figure that does not exist is absent."""
    before, loss = scores.loss(base), scores.loss(chosen)
    assert before is not None and loss is not None and loss.delta is not None
    metrics: dict[str, float] = {
        "base_heldout_loss": before.own.value,
        "tuned_heldout_loss": loss.own.value,
        "heldout_loss_delta": loss.delta.value,
        "heldout_loss_within_noise": int(loss.delta.within_noise is not False),
    }
    if loss.delta.error is not None:
        metrics["heldout_loss_delta_stderr"] = loss.delta.error
    base_choice, choice = scores.choice(base), scores.choice(chosen)
    if base_choice is not None and choice is not None and choice.delta is not None:
        metrics |= {
            "mmlu_branch_base": base_choice.own.value,
            "mmlu_branch_tuned": choice.own.value,
            "mmlu_branch_delta": choice.delta.value,
            "mmlu_branch_within_noise": int(choice.delta.within_noise is not False),
        }
        if choice.own.error is not None:
            metrics["mmlu_branch_stderr"] = choice.own.error
    return metrics


def _sentence(scores: "Scores", model: "Measured") -> str:
    loss, choice = scores.loss(model), scores.choice(model)
    assert loss is not None
    error = "" if loss.own.error is None else f" ± {loss.own.error:.4f}"
    answered = "" if choice is None else f", multiple choice {choice.own.value:.3f}"
    noise = " (within noise of the base)" if loss.delta and loss.delta.within_noise else ""
    return f"{model.name}: held-out loss {loss.own.value:.4f}{error}{noise}{answered}"


def _copy_model(source: Path, target: Path) -> None:
    for file in sorted(source.iterdir()):
        if file.is_file():
            shutil.copyfile(file, target / file.name)
