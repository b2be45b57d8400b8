"""The course of the engine: our own rules read the taxonomy, upstream asks the teacher, and nothing held out gets by."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ilab_datagen.driver import Sources, Training, finish_data, read_sources, warn
from ilab_datagen.leaves import KNOWLEDGE, Leaf
from ilab_datagen.outputs import write_leaf_task
from ilab_models.scratch import scratch_folder
from ilab_stage import BadInput, Stage
from ilab_teacher.answers import Answers
from ilab_teacher.client import TeacherClient
from ilab_teacher.endpoint import Endpoint

from . import upstream
from .completions import Completions
from .generation import Generation, Rows
from .mixing import Mixer, usable
from .own_pipelines import check_pipelines, folder_digest, own_pipelines
from .questions import write_questions
from .samples import knowledge_samples, skill_samples
from .settings import SdgSettings


def generate_data(stage: Stage) -> None:
    settings, endpoint = SdgSettings.read(stage.params), Endpoint.read(stage.params)
    own = own_pipelines(stage, settings.own_pipelines)
    sources = read_sources(stage)
    kept = scratch_folder(stage, "datagen")
    with tempfile.TemporaryDirectory(prefix="instructlab-sdg-") as folder:
        client = TeacherClient(
            endpoint, stage.environment.get("TEACHER_API_KEY"), say=lambda text: print(text, flush=True)
        )
        completions = Completions(endpoint, client, Answers(kept / "answers.jsonl"))
        if own is None:
            # What is wrong with the teacher is known before upstream is loaded, which takes seconds.
            completions.find_out()
        stage.progress("Loading instructlab-sdg", fraction=0.2)
        upstream.prepare(Path(folder))
        generation = Generation(settings, completions, own)
        if own is not None:
            check_pipelines(own, sources.leaves, generation.context)
            completions.find_out()
        made = settings.as_json() | ({} if own is None else {"pipeline": folder_digest(own)})
        _Course(stage, made, endpoint, sources, completions, Path(folder)).run(generation)
    shutil.rmtree(kept, ignore_errors=True)


class _Course:
    def __init__(
        self, stage: Stage, settings: Mapping[str, object], endpoint: Endpoint, sources: Sources,
        completions: Completions, scratch: Path,
    ) -> None:  # fmt: skip
        self._stage, self._settings, self._endpoint, self._sources = stage, settings, endpoint, sources
        self._completions, self._scratch = completions, scratch
        self._counts: Counter[str] = Counter()

    def run(self, generation: Generation) -> None:
        sources, stage = self._sources, self._stage
        mixer = Mixer(
            stage.fresh_folder("train"), self._scratch / "mixing", sources.settings.system_prompt,
            sources.settings.seed, generation.auxiliary_instructions(),
        )  # fmt: skip
        tasks = stage.fresh_folder("tasks") / "node_datasets"
        tasks.mkdir()
        leaves: dict[str, dict[str, Any]] = {}
        questions: dict[str, int] = {}
        for number, leaf in enumerate(sources.leaves):
            rows, asked, dropped = self._generated(generation, leaf, number)
            fit = usable(rows)
            counts, betraying = mixer.add(leaf, fit, sources.held_out) if fit else ({"knowledge": 0, "skills": 0}, 0)
            self._counts.update(
                generated_rows=len(rows), unusable=len(rows) - len(fit), dropped_held_out=betraying,
                dropped_passages=dropped,
            )  # fmt: skip
            notes = [] if any(counts.values()) else ["the teacher gave no usable row"]
            for note in notes:
                warn(f"{leaf.id}: {note}")
            leaves[leaf.id] = {"trainRows": counts, "droppedPassages": dropped, "notes": notes}
            questions[leaf.id] = self._write_task(tasks, leaf, asked)
        if not any(any(own["trainRows"].values()) for own in leaves.values()):
            raise BadInput(
                f"the teacher gave no usable row: of {self._counts['generated_rows']} that it gave"
                f" {self._counts['unusable']} have no question or no answer,"
                f" {self._counts['dropped_held_out']} repeat what is held out"
            )
        stage.progress("Mixing", fraction=0.9)
        mixed = mixer.write(sources.held_out)
        self._finish(Training(mixed["knowledge"], mixed["skills"], leaves), questions)

    def _generated(self, generation: Generation, leaf: Leaf, number: int) -> tuple[Rows, Rows, int]:
        """Generated rows, multiple-choice questions, and how many parts of documents were left out."""

        def told(what: str, start: float = 0.0, end: float = 1.0) -> Any:
            def tell(done: int, of: int) -> None:
                part = start + (end - start) * done / of
                fraction = 0.25 + 0.65 * (number + part) / len(self._sources.leaves)
                self._stage.progress(f"{leaf.id}: batch {done} of {of} of {what}", fraction=fraction)

            return tell

        training = self._sources.parts.training[leaf.id]
        if leaf.kind != KNOWLEDGE:
            return generation.skills(skill_samples(leaf, training), told("rows")), [], 0
        documents = self._sources.documents_of(leaf)
        samples, dropped = knowledge_samples(leaf, training, documents, self._sources.held_out, self._scratch)
        rows = generation.knowledge(samples, told("rows", end=0.5))
        return rows, generation.questions(samples, told("questions", start=0.5)), dropped

    def _write_task(self, folder: Path, leaf: Leaf, asked: Rows) -> int:
        """Upstream's questions about knowledge; of skills, which it has none of, those of the other engines."""
        made = 0
        if asked:
            made = write_questions(folder, leaf, asked, self._sources.held_out, self._scratch / "questions" / leaf.id)
        return made or write_leaf_task(folder, leaf, self._sources.leaves, self._sources.parts)

    def _finish(self, training: Training, questions: dict[str, int]) -> None:
        counts = self._completions.counts
        print(
            f"the teacher answered {counts['requests']} requests ({counts['remembered']} answered before) with"
            f" {self._counts['generated_rows']} rows; dropped: {self._counts['unusable']} without a question or an"
            f" answer, {self._counts['dropped_held_out']} that repeat what is held out",
            flush=True,
        )
        metrics: dict[str, float] = {
            "dropped_passages": self._counts["dropped_passages"],
            "teacher_rows": self._counts["generated_rows"],
            "teacher_unusable": self._counts["unusable"],
            "teacher_dropped_held_out": self._counts["dropped_held_out"],
            "teacher_refused": counts["refused"],
        }
        manifest = {
            "teacher": {"url": self._endpoint.url, "model": self._endpoint.model},
            "instructlabSdg": self._settings,
        }
        finish_data(self._stage, self._sources, training, questions, metrics=metrics, manifest=manifest)
