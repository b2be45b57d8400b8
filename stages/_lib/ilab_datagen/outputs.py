"""Writing what datagen makes: upstream's names without a date, no absolute path, the same bytes every time."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from .holdout import Split
from .leaves import KNOWLEDGE, Example, Leaf
from .questions import leaf_questions, task
from .rows import LeafRows, by_id, example_turns


def write_training(
    folder: Path, leaves: Sequence[Leaf], rows: Mapping[str, LeafRows], system_prompt: str
) -> tuple[int, int]:
    """Counts of knowledge and skills rows; a file without a row is not there."""
    nodes = folder / "node_datasets"
    nodes.mkdir()
    recipes: dict[str, list[str]] = {"knowledge": [], "skills": []}
    for leaf in leaves:
        own = rows[leaf.id]
        names = ("_p07", "_p10") if leaf.kind == KNOWLEDGE else ("", "")
        for phase, suffix, part in (("knowledge", names[0], own.knowledge), ("skills", names[1], own.skills)):
            if part:
                write_lines(nodes / f"{leaf.id}{suffix}.jsonl", by_id(part))
                recipes[phase].append(f"node_datasets/{leaf.id}{suffix}.jsonl")
    counts = []
    for phase, paths in recipes.items():
        mixed = by_id([row for leaf in leaves for row in getattr(rows[leaf.id], phase)])
        counts.append(len(mixed))
        if mixed:
            write_lines(folder / f"{phase}_train_msgs.jsonl", mixed)
            datasets = [{"path": path, "sampling_size": 1.0} for path in paths]
            write_yaml(
                folder / f"{phase}_recipe.yaml", {"datasets": datasets, "metadata": {"sys_prompt": system_prompt}}
            )
    return counts[0], counts[1]


def write_heldout(folder: Path, leaves: Sequence[Leaf], held_out: Mapping[str, Sequence[Example]]) -> int:
    """Counts the rows; `held_out`: by leaf id."""
    rows = [row for leaf in leaves for example in held_out[leaf.id] for row in _heldout_rows(leaf, example)]
    write_lines(folder / "heldout.jsonl", rows)
    return len(rows)


def write_tasks(folder: Path, leaves: Sequence[Leaf], split: Split) -> dict[str, int]:
    """Number of questions by leaf id; a question is four rows."""
    nodes = folder / "node_datasets"
    nodes.mkdir()
    return {leaf.id: write_leaf_task(nodes, leaf, leaves, split) for leaf in leaves}


def write_leaf_task(nodes: Path, leaf: Leaf, leaves: Sequence[Leaf], split: Split) -> int:
    """How many questions the leaf's held-out examples give; without one nothing is written."""
    rows = leaf_questions(leaf, leaves, split)
    if rows:
        name = f"mmlubench_{leaf.id}.jsonl"
        write_lines(nodes / name, rows)
        write_yaml(nodes / f"{leaf.id}_task.yaml", task(leaf, name))
    return len(rows) // 4


def files_below(folder: Path) -> list[str]:
    """Names relative to the folder, sorted: whoever reads them needs no pattern."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def write_yaml(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=1000), encoding="utf-8")


def _heldout_rows(leaf: Leaf, example: Any) -> list[dict[str, Any]]:
    rows = []
    for at, (pair, turn) in enumerate(zip(example.pairs, example_turns(leaf, example), strict=True), 1):
        row = {"id": f"{leaf.id}/{example.number}/{at}", "leaf": leaf.id, "kind": leaf.kind}
        row |= {"context": example.context} if example.context else {}
        row |= {"question": pair.question, "answer": pair.answer}
        messages = [{"role": "user", "content": turn.user}, {"role": "assistant", "content": turn.assistant}]
        rows.append(row | {"messages": messages})
    return rows
