"""From generated rows to training files: upstream mixes them, and what reaches a file is in the format of all engines."""

import json
import random
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ilab_datagen.leaves import KNOWLEDGE, Leaf
from ilab_datagen.outputs import read_lines, write_lines, write_yaml
from ilab_datagen.rows import by_id
from ilab_datagen.texts import HeldOutTexts

Rows = list[dict[str, Any]]
_NAMESPACE = uuid.UUID("0f5c1c53-7d3f-5b0a-8f0e-2b9c9f6a4d20")
_PHASES = ("knowledge", "skills")


def usable(rows: Rows) -> Rows:
    """The rows with a question and an answer. A pipeline that asks for both at once parts them at the first `?`."""
    fit = []
    for row in rows:
        if row.get("output") is not None:
            question, mark, answer = str(row["output"]).partition("?")
            parts = [question, answer if mark else ""]
        else:
            parts = [str(row.get("question") or ""), str(row.get("response") or "")]
        if all(part.strip() for part in parts):
            fit.append(row)
    return fit


class Mixer:
    """Writes `train/` from the generated rows of each leaf. Leaves come in the same order each time."""

    def __init__(self, folder: Path, scratch: Path, system_prompt: str, seed: int, auxiliary: Any) -> None:
        from instructlab.sdg.datamixing import DataMixer

        self._folder, self._scratch, self._system_prompt = folder, scratch, system_prompt
        scratch.mkdir()
        # No folder of default recipes: what is mixed in must be an input, or the same run would give other rows elsewhere.
        self._mixer = DataMixer([], scratch, "", system_prompt, None, auxiliary)
        (scratch / "node_datasets_").mkdir()
        random.seed(seed)

    def add(self, leaf: Leaf, rows: Rows, held_out: HeldOutTexts) -> tuple[dict[str, int], int]:
        """Counts of rows by phase, and how many were dropped because they repeat what is held out."""
        from datasets import Dataset

        self._mixer.collect(leaf.id, Dataset.from_list(rows), leaf.kind == KNOWLEDGE, False)
        files = {"knowledge": "_p07", "skills": "_p10"} if leaf.kind == KNOWLEDGE else {"skills": ""}
        counts, dropped = dict.fromkeys(_PHASES, 0), 0
        for phase, suffix in files.items():
            file = self._scratch / "node_datasets_" / f"{leaf.id}{suffix}.jsonl"
            made = [_row(leaf, row) for row in read_lines(file)]
            kept = [row for row in made if held_out.repeated_by(*_texts(row)) is None]
            dropped += len(made) - len(kept)
            counts[phase] = len(kept)
            write_lines(file, kept)
        return counts, dropped

    def write(self, held_out: HeldOutTexts) -> dict[str, int]:
        """Counts of rows by phase; a file without a row is not there."""
        (self._folder / "node_datasets").mkdir()
        recipes = {"knowledge": self._mixer.knowledge_recipe, "skills": self._mixer.skills_recipe}
        return {phase: self._write(phase, recipe, held_out) for phase, recipe in recipes.items()}

    def _write(self, phase: str, recipe: Any, held_out: HeldOutTexts) -> int:
        recipe.datasets = [own for own in recipe.datasets if (self._scratch / own["path"]).stat().st_size > 0]
        if not recipe.datasets:
            return 0
        mixed = self._scratch / f"{phase}.jsonl"
        recipe.save_recipe(str(self._scratch / f"{phase}.yaml"))
        recipe.save_mixed_dataset(str(mixed), None)
        datasets = []
        for own in recipe.datasets:
            name = f"node_datasets/{Path(own['path']).name}"
            write_lines(self._folder / name, self._finished(read_lines(self._scratch / own["path"])))
            datasets.append({"path": name, "sampling_size": own["sampling_size"]})
        rows = self._finished(read_lines(mixed))
        for row in rows:
            if (text := held_out.repeated_by(*_texts(row))) is not None:
                raise AssertionError(f"a training row of {row['id']} repeats what is held out: {text[:80]}")
        write_lines(self._folder / f"{phase}_train_msgs.jsonl", by_id(rows))
        document = {"datasets": datasets, "metadata": {"sys_prompt": self._system_prompt}}
        write_yaml(self._folder / f"{phase}_recipe.yaml", document)
        return len(rows)

    def _finished(self, rows: Rows) -> Rows:
        """Ids that hang on the contents alone, and no system message where none was asked for."""
        seen: dict[str, int] = {}
        finished = []
        for row in rows:
            system = [{"role": "system", "content": self._system_prompt}] if self._system_prompt else []
            messages = [*system, *(message for message in row["messages"] if message["role"] != "system")]
            name = json.dumps([row["unmask"], row["metadata"], messages])
            seen[name] = seen.get(name, 0) + 1
            identity = str(uuid.uuid5(_NAMESPACE, f"{seen[name]} {name}"))
            own = {"id": identity, "messages": messages, "metadata": row["metadata"], "unmask": row["unmask"]}
            finished.append(own)
        return finished


def _row(leaf: Leaf, row: Mapping[str, Any]) -> dict[str, Any]:
    """As upstream mixes it; its metadata also names the leaf and the kind of row."""
    metadata = json.loads(row.get("metadata") or "{}")
    metadata |= {key: value for key, value in row.items() if key not in ("id", "messages", "metadata", "unmask")}
    metadata = {"leaf": leaf.id, "dataset": "generated_skill"} | metadata
    messages = [{"role": message["role"], "content": message["content"]} for message in row["messages"]]
    return {
        "id": row["id"],
        "messages": messages,
        "metadata": json.dumps(metadata, ensure_ascii=False, sort_keys=True),
        "unmask": row["unmask"],
    }


def _texts(row: Mapping[str, Any]) -> Sequence[str]:
    return [message["content"] for message in row["messages"]]
