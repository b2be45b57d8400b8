"""Running a pipeline of upstream in batches, several at a time, such that the first failure and SIGTERM end it at once."""

from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from ilab_stage import BadInput, TryLater, one_line
from ilab_teacher.threads import in_threads

from .completions import TEACHER, Completions
from .settings import SdgSettings

Rows = list[dict[str, Any]]
Told = Callable[[int, int], None]
"""Is told how many batches are done, of how many."""
_SKILLS = {"freeform_skill": "freeform_skills", "grounded_skill": "grounded_skills"}


class Generation:
    """Upstream's pipelines, with the teacher they ask."""

    def __init__(self, settings: SdgSettings, client: Completions, own: Path | None) -> None:
        from instructlab.sdg.pipeline import PipelineContext

        self._settings, self._own = settings, own
        batches = settings.batch_size > 0
        self.context = PipelineContext(
            client=client,
            model_family=settings.model_family,
            model_id=TEACHER,
            num_instructions_to_generate=settings.instructions,
            # Upstream would fork eight processes for each small step.
            dataset_num_procs=None,
            max_num_tokens=settings.max_tokens,
            batch_size=settings.batch_size,
            # Not used as a number: the threads are ours. One would mean "no batches" inside a step.
            batch_num_workers=2 if batches else 1,
        )

    def knowledge(self, samples: Sequence[dict[str, Any]], told: Told) -> Rows:
        return self._run(self._file("knowledge"), samples, told)

    def skills(self, samples: Sequence[dict[str, Any]], told: Told) -> Rows:
        """A leaf may mix examples with and without a context: each kind has a pipeline of its own."""
        rows: Rows = []
        for kind, name in _SKILLS.items():
            own = [sample for sample in samples if sample["leaf_node_type"] == kind]
            columns = {key for sample in own for key, value in sample.items() if value is not None}
            own = [{key: sample[key] for key in sample if key in columns} for sample in own]
            rows += self._run(self._file(name), own, told) if own else []
        return rows

    def questions(self, samples: Sequence[dict[str, Any]], told: Told) -> Rows:
        """Multiple-choice questions about knowledge, as upstream's pipeline writes them."""
        return self._run(resources.files("instructlab.sdg.pipelines.eval") / "mmlu_bench.yaml", samples, told)

    def auxiliary_instructions(self) -> Any:
        """What the pipeline says of knowledge; None where there is none."""
        file = self._file("knowledge")
        return self._pipeline(file).auxiliary_inst if file.is_file() else None

    def _file(self, name: str) -> Any:
        if self._own is not None:
            return self._own / f"{name}.yaml"
        return resources.files(f"instructlab.sdg.pipelines.{self._settings.pipeline}") / f"{name}.yaml"

    def _pipeline(self, file: Any) -> Any:
        from instructlab.sdg.pipeline import Pipeline

        class OneBatch(Pipeline):  # type: ignore[misc]
            def generate_batch(self, rows: Rows) -> Rows:
                """Without upstream's pool of threads, which goes on asking after a failure and holds up the end."""
                from datasets import Dataset

                return [dict(row) for row in self._generate_single(Dataset.from_list(rows))]

        with resources.as_file(file) as path:
            return OneBatch.from_file(self.context, str(path))

    def _run(self, file: Any, samples: Sequence[dict[str, Any]], told: Told) -> Rows:
        pipeline = self._pipeline(file)
        size = self._settings.batch_size or len(samples)
        batches = [list(samples[at : at + size]) for at in range(0, len(samples), size)]
        workers = self._settings.workers if self._settings.batch_size else 1
        done: dict[int, Rows] = {}
        try:
            for number, rows in in_threads(pipeline.generate_batch, batches, workers):
                done[number] = rows
                told(len(done), len(batches))
        except Exception as error:
            raise _cause(error) from error
        return [row for number in range(len(batches)) for row in done[number]]


def _cause(error: Exception) -> Exception:
    """Upstream wraps what a step raises."""
    inner = getattr(error, "exception", None)
    if isinstance(inner, BadInput | TryLater):
        return inner
    return RuntimeError(f"instructlab-sdg: {one_line(error, 300)}") if inner is not None else error
