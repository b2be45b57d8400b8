"""Content folders for the driver, and the driver as a program."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from ilab_models.checkpoints import write_index
from ilab_models.tiny_model import write_tiny_model
from ilab_testing import program
from ilab_testing.program import Ended, artifact, processes_of, result, write_lines
from ilab_testing.rows import question_rows

__all__ = [
    "KEY", "NAMES", "SERVE", "Ended", "artifact", "heldout_row", "make_content", "processes_of", "question_rows", "result",
    "run_program", "start_program", "write_lines", "write_task",
]  # fmt: skip

TESTS = Path(__file__).resolve().parent
PROGRAM = TESTS.parent / "bin" / "eval"
SERVE = [sys.executable, str(TESTS / "candidate_server.py"), "{model}", "{name}", "{port}"]
KEY = "judge-secret"
NAMES = ("phase1/epoch-1", "phase2/epoch-1", "phase2/epoch-2")


def heldout_row(leaf: str, kind: str, question: str, **more: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": "Because."}]
    return {"leaf": leaf, "kind": kind, "question": question, "answer": "Because.", "messages": messages, **more}


def write_task(folder: Path, leaf: str, rows: Iterable[Mapping[str, Any]], **more: Any) -> None:
    """As datagen writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / f"mmlubench_{leaf}.jsonl", rows)
    options = "\n".join(f"{letter}. {{{{choices[{at}]}}}}" for at, letter in enumerate("ABCD"))
    task = {
        "task": f"mmlu_pr_{leaf}",
        "tag": "mmlu_pr",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": f"mmlubench_{leaf}.jsonl"}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": f"{{{{question.strip()}}}}\n{options}\nAnswer:",
        "doc_to_choice": list("ABCD"),
        "doc_to_target": "answer",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }
    (folder / f"{leaf}_task.yaml").write_text(yaml.safe_dump(task | more))


def make_content(
    root: Path, judge: str = "http://127.0.0.1:9/v1", *, wandb: Mapping[str, str] | None = None, **own: Any
) -> Path:
    """The tiny model as base and, unchanged, as three checkpoints; two leaves of skills and one of knowledge."""
    inputs = root / "inputs"
    for name in NAMES:
        folder = inputs / "checkpoints" / name
        folder.mkdir(parents=True)
        write_tiny_model(folder)
    entries = [{"name": name, "phase": int(name[5]), "epoch": int(name[-1])} for name in NAMES]
    write_index(inputs / "checkpoints", "builtin:tiny", entries)
    write_lines(
        inputs / "heldout" / "heldout.jsonl",
        [
            heldout_row("leaf_a", "skill", "Why?"),
            heldout_row("leaf_a", "skill", "When?"),
            heldout_row("leaf_b", "grounded_skill", "Who?", context="It was nobody."),
            heldout_row("leaf_c", "knowledge", "Where?"),
        ],
    )
    for leaf in ("leaf_a", "leaf_c"):
        write_task(inputs / "tasks" / "node_datasets", leaf, [row for item in "xy" for row in question_rows(item)])
    engine = {"serve": SERVE, "firstQuestions": 2, "maxWorkers": 2, **own}
    judged = {"url": judge, "model": "the-judge", "retries": 0}
    params = {"model": "tiny", "batchSize": 8, "judge": judged, "instructlabEval": engine, "wandb": wandb}
    (root / "params.json").write_text(json.dumps(params))
    return root


def start_program(content: Path, **environment: str) -> subprocess.Popen[str]:
    return program.start_program(PROGRAM, content, **{"JUDGE_API_KEY": KEY, **environment})


def run_program(content: Path, **environment: str) -> Ended:
    return program.run_program(PROGRAM, content, **{"JUDGE_API_KEY": KEY, **environment})
