"""Tasks of MMLU-branch from the questions that upstream's pipeline writes about knowledge."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from ilab_datagen.leaves import Leaf
from ilab_datagen.outputs import read_lines, write_lines, write_yaml
from ilab_datagen.texts import HeldOutTexts


class _Asked:
    """Stands for the pipeline that upstream's function would run: it has run."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = rows

    def generate(self, _samples: Any) -> Any:
        from datasets import Dataset

        return Dataset.from_list([dict(row) for row in self._rows])


def write_questions(
    folder: Path, leaf: Leaf, made: Sequence[Mapping[str, Any]], held_out: HeldOutTexts, scratch: Path
) -> int:
    """How many questions were usable; without one nothing is written. `folder` is `tasks/node_datasets`."""
    from instructlab.sdg.eval_data import generate_eval_task_data

    (scratch / "node_datasets_").mkdir(parents=True)
    generate_eval_task_data(_Asked(made), leaf.id, None, scratch, "")
    rows: dict[str, dict[str, Any]] = {}
    for row in read_lines(scratch / "node_datasets_" / f"mmlubench_{leaf.id}.jsonl"):
        own = _row(leaf, row)
        if held_out.repeated_by(own["question"], *own["choices"]) is None:
            rows.setdefault(own["item"], own)
    if rows:
        name = f"mmlubench_{leaf.id}.jsonl"
        write_lines(folder / name, rows.values())
        task = yaml.safe_load((scratch / "node_datasets_" / f"{leaf.id}_task.yaml").read_text(encoding="utf-8"))
        # Upstream's is absolute: here it is the name of the file beside it, so that the folder can move.
        task["dataset_kwargs"] = {"data_files": {"test": name}}
        write_yaml(folder / f"{leaf.id}_task.yaml", task)
    return len(rows)


def _row(leaf: Leaf, row: Mapping[str, Any]) -> dict[str, Any]:
    # Upstream numbers the letters that occur: where all answers are A or C, its C is 1.
    answer = "ABCD".index(row["mmlubench_answer"].split(")")[0])
    name = "\0".join([leaf.path, row["question"], *row["choices"]])
    item = hashlib.sha256(name.encode()).hexdigest()[:16]
    return {"question": row["question"], "choices": row["choices"], "answer": answer, "subject": leaf.id, "item": item}
