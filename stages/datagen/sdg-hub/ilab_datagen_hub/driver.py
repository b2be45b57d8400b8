"""The course of the engine: our rules read the taxonomy, upstream's flows ask the teacher, nothing held out gets by."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ilab_datagen.driver import Made, Material, make_data, warn
from ilab_datagen.fitting import Fitting
from ilab_datagen.leaves import GROUNDED, KNOWLEDGE
from ilab_datagen.rows import Turn, prompt
from ilab_datagen.texts import HeldOutTexts
from ilab_models.scratch import scratch_folder
from ilab_stage import BadInput, Stage
from ilab_teacher.answers import Answers
from ilab_teacher.client import TeacherClient
from ilab_teacher.endpoint import Endpoint
from ilab_teacher.remembered import Remembered

from . import upstream
from .samples import Sample, knowledge_samples, skill_samples
from .settings import HubSettings
from .upstream import Flows


def generate_data(stage: Stage) -> None:
    settings, endpoint = HubSettings.read(stage.params), Endpoint.read(stage.params)
    kept = scratch_folder(stage, "datagen")

    def ask(stage: Stage, materials: Sequence[Material], held_out: HeldOutTexts) -> Made:
        with tempfile.TemporaryDirectory(prefix="sdg-hub-") as folder:
            key = stage.environment.get("TEACHER_API_KEY")
            client = TeacherClient(endpoint, key, say=_say())
            client.check_model()
            upstream.prepare(Path(folder))
            stage.progress("Loading sdg-hub", fraction=0.2)
            flows = Flows(client, Remembered(endpoint, Answers(kept / "answers.jsonl")), settings.workers)
            return _made(stage, settings, endpoint, materials, held_out, flows)

    make_data(stage, ask)
    shutil.rmtree(kept, ignore_errors=True)


def _made(
    stage: Stage, settings: HubSettings, endpoint: Endpoint, materials: Sequence[Material], held_out: HeldOutTexts,
    flows: Flows,
) -> Made:  # fmt: skip
    fitting = Fitting(materials, held_out)
    turns: dict[str, list[Turn]] = {}
    given = 0
    for number, material in enumerate(materials):
        leaf = material.leaf
        asked = _asked(material, settings, held_out, flows)
        for at, (name, rows) in enumerate(asked, 1):
            made = [turn for row in rows if (turn := _turn(row, name)) is not None]
            given += len(rows)
            fitting.counts["unusable"] += len(rows) - len(made)
            turns[leaf.id] = turns.get(leaf.id, []) + fitting.fit(made)
            part = at / (len(settings.flows) if leaf.kind == KNOWLEDGE else 1)
            stage.progress(f"{leaf.id}: {name}", fraction=0.2 + 0.7 * (number + part) / len(materials))
        if not turns.get(leaf.id):
            warn(f"{leaf.id}: the teacher gave no usable row")
    counts = fitting.counts
    if not any(turns.values()):
        raise BadInput(
            f"the teacher gave no usable row: of {given} that passed the flows {counts['unusable']} have no question or"
            f" no answer, {counts['held_out']} repeat what is held out, {counts['repeated']} repeat another"
        )
    print(
        f"the teacher answered {flows.counts['requests']} requests ({flows.counts['remembered']} answered before) with"
        f" {given} rows; dropped: {counts['held_out']} that repeat what is held out, {counts['repeated']} that repeat"
        f" another, {counts['unusable']} without a question or an answer",
        flush=True,
    )
    metrics: dict[str, float] = {
        "teacher_rows": sum(len(own) for own in turns.values()),
        "teacher_dropped_held_out": counts["held_out"],
        "teacher_dropped_repeated": counts["repeated"],
        "teacher_unusable": counts["unusable"],
        "teacher_refused": flows.counts["refused"],
    }
    manifest = {"teacher": {"url": endpoint.url, "model": endpoint.model}, "sdgHub": settings.as_json()}
    return Made(turns=turns, manifest=manifest, metrics=metrics)


def _asked(
    material: Material, settings: HubSettings, held_out: HeldOutTexts, flows: Flows
) -> Iterator[tuple[str, list[Sample]]]:
    """(name of the flow, its rows), one after the other."""
    leaf = material.leaf
    if leaf.kind != KNOWLEDGE:
        name = "grounded_skill" if leaf.kind == GROUNDED else "skill"
        yield name, flows.skills(name, skill_samples(material, settings.rows_per_leaf, settings.rows_per_prompt))
        return
    samples = knowledge_samples(material, held_out, settings.chunk_characters)
    if not samples:
        raise BadInput(f"{leaf.path}/qna.yaml: its documents hold no text that can be trained on")
    for name in settings.flows:
        yield name, flows.knowledge(name, samples)


def _turn(row: Sample, flow: str) -> Turn | None:
    question, answer, context = (str(row.get(key) or "").strip() for key in ("question", "response", "context"))
    if not question or not answer or (flow == "grounded_skill" and not context):
        return None
    return Turn(prompt(context if flow == "grounded_skill" else None, question), answer, f"sdg_hub_{flow}")


def _say() -> Callable[[str], None]:
    """Lines of the client go out while a flow's own are swallowed."""
    out = sys.stdout
    return lambda text: print(text, file=out, flush=True)
