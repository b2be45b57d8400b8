"""The multiple-choice tasks of datagen, laid out as lm-eval can read them."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ilab_models.rows import read_lines, read_object
from ilab_stage import BadInput, one_line

_SUFFIX = "_task.yaml"
TAG = "mmlu_pr"


@dataclass(frozen=True)
class Question:
    """One row of a task."""

    task: str
    """The name that lm-eval reports it by."""
    place: int
    """Of the row in its task."""
    leaf: str
    item: str


@dataclass(frozen=True)
class Tasks:
    folder: Path
    questions: tuple[Question, ...]

    @property
    def repeats(self) -> bool:
        """Whether some question comes several times, its answers in another order."""
        return len({(one.leaf, one.item) for one in self.questions}) < len(self.questions)


def lay_out(source: Path, folder: Path) -> Tasks | None:
    """Copies the tasks below `source`, each with the absolute path of its rows; None when there is none.

    lm-eval resolves a path against where it happens to run, and runs functions that a task names: neither is let in.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    questions: list[Question] = []
    for file in sorted(source.rglob(f"*{_SUFFIX}")):
        leaf = file.name.removesuffix(_SUFFIX)
        task = _read(file)
        rows = _rows_of(file, task)
        target = folder / rows.name
        shutil.copyfile(rows, target)
        task["dataset_kwargs"]["data_files"]["test"] = str(target)
        task["tag"] = TAG
        (folder / file.name).write_text(yaml.safe_dump(task, sort_keys=False, allow_unicode=True), encoding="utf-8")
        for place, (_, line) in enumerate(read_lines(rows)):
            item = read_object(line).get("item")
            questions.append(Question(task["task"], place, leaf, item if isinstance(item, str) else str(place)))
    return Tasks(folder, tuple(questions)) if questions else None


def few_shots(tasks: Sequence[Tasks | None], wanted: int) -> int:
    """How many answered questions may stand before another without giving its answer away."""
    return 0 if any(one is not None and one.repeats for one in tasks) else wanted


def _read(file: Path) -> dict[str, Any]:
    try:
        task = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"{file.name} of the tasks cannot be read: {one_line(error, 200)}") from error
    if not isinstance(task, dict) or not isinstance(task.get("task"), str):
        raise BadInput(f"{file.name} of the tasks names no task")
    return task


def _rows_of(file: Path, task: dict[str, Any]) -> Path:
    try:
        named = task["dataset_kwargs"]["data_files"]["test"]
        # Upstream's tasks hold the absolute path of where they were made; the rows lie beside them.
        rows = file.parent / Path(named).name
    except (KeyError, TypeError) as error:
        raise BadInput(f"{file.name} of the tasks names no rows (dataset_kwargs.data_files.test)") from error
    if not rows.is_file():
        raise BadInput(f"the rows of {file.name} are missing: {rows.name} is not beside it")
    return rows
