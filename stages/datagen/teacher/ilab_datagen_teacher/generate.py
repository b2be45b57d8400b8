"""Asks the teacher for every leaf, and keeps what may be trained on."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ilab_datagen.driver import Made, Material
from ilab_datagen.fitting import Fitting
from ilab_datagen.leaves import KNOWLEDGE
from ilab_datagen.rows import Turn
from ilab_datagen.texts import HeldOutTexts
from ilab_stage import BadInput, Stage, one_line
from ilab_teacher.answers import Answers
from ilab_teacher.client import TeacherClient, Unanswered
from ilab_teacher.endpoint import Endpoint

from .prompts import Asked, knowledge_prompts, read_answer, skill_prompts
from .settings import TeacherSettings


# More would make each progress line long.
_SHOWN_LEAVES = 50


def ask_teacher(stage: Stage, materials: Sequence[Material], held_out: HeldOutTexts) -> Made:
    """Rows of a teacher by leaf; none that repeats what is held out, what people wrote, or itself."""
    endpoint, settings = Endpoint.read(stage.params), TeacherSettings.read(stage.params)
    key = stage.environment.get("TEACHER_API_KEY")
    client = TeacherClient(endpoint, key, say=lambda text: print(text, flush=True))
    answers = Answers(stage.output("answers.jsonl"))
    client.check_model()

    asked = [prompt for material in materials for prompt in _prompts(material, settings)]
    kept: dict[str, list[Turn]] = {material.leaf.id: [] for material in materials}
    fitting = Fitting(materials, held_out)
    counts = fitting.counts
    last_unusable = ""
    for number, prompt in enumerate(asked, 1):
        try:
            answer = _answer(client, answers, endpoint, settings, prompt, counts)
        except Unanswered as error:
            counts["refused"] += 1
            last_unusable = f"refused with {error}"
            continue
        turns = read_answer(prompt.leaf, answer)
        if not turns:
            counts["unusable"] += 1
            last_unusable = f"answered {one_line(answer, 80)!r}"
        kept[prompt.leaf.id] += fitting.fit(turns)
        stage.progress(
            f"Prompt {number} of {len(asked)} answered",
            fraction=0.2 + 0.7 * number / len(asked),
            step=number,
            steps=len(asked),
            metrics=_samples(kept),
        )
    if asked and not any(kept.values()):
        why = f"the last one it {last_unusable}" if last_unusable else "every row repeated what there is"
        raise BadInput(f"the teacher gave no usable row in {len(asked)} prompts; {why}")
    return _made(endpoint, settings, asked, kept, counts)


def _samples(kept: dict[str, list[Turn]]) -> dict[str, Any]:
    """Those so far; each leaf's, where they are few enough for a line."""
    counts = {leaf: len(turns) for leaf, turns in kept.items()}
    whole = {"samples": sum(counts.values())}
    return whole | ({"samples_per_leaf": counts} if len(counts) <= _SHOWN_LEAVES else {})


def _prompts(material: Material, settings: TeacherSettings) -> list[Asked]:
    leaf = material.leaf
    if leaf.kind == KNOWLEDGE:
        return knowledge_prompts(leaf, material.passages, settings.passages_per_leaf, settings.rows_per_prompt)
    return skill_prompts(leaf, material.training, settings.rows_per_leaf, settings.rows_per_prompt)


def _answer(
    client: TeacherClient, answers: Answers, endpoint: Endpoint, settings: TeacherSettings, prompt: Asked,
    counts: Counter[str],
) -> str:  # fmt: skip
    request = [endpoint.model, prompt.messages]
    known = answers.get(request)
    if known is not None:
        counts["remembered"] += 1
        return str(known)
    answer = client.ask(prompt.messages, temperature=settings.temperature, max_tokens=settings.max_tokens)
    answers.keep(request, answer)
    return answer


def _made(
    endpoint: Endpoint, settings: TeacherSettings, asked: Sequence[Asked], kept: dict[str, list[Turn]],
    counts: Counter[str],
) -> Made:  # fmt: skip
    metrics: dict[str, float] = {
        "teacher_rows": sum(len(turns) for turns in kept.values()),
        "teacher_prompts": len(asked),
        "teacher_dropped_held_out": counts["held_out"],
        "teacher_dropped_repeated": counts["repeated"],
        "teacher_unusable": counts["unusable"],
        "teacher_refused": counts["refused"],
    }
    print(
        f"the teacher gave {metrics['teacher_rows']} rows in {len(asked)} prompts"
        f" ({counts['remembered']} answered before); dropped: {counts['held_out']} that repeat what is held out,"
        f" {counts['repeated']} that repeat another, {counts['unusable']} answers without a row",
        flush=True,
    )
    manifest = {"teacher": {"url": endpoint.url, "model": endpoint.model, "temperature": settings.temperature}}
    return Made(turns=kept, manifest=manifest, metrics=metrics)
