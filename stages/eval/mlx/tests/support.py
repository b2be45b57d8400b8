"""Content folders for the driver, with checkpoints whose scores are known beforehand."""

import json
import shutil
from pathlib import Path
from typing import Any

from ilab_models.tiny_model import write_tiny_model
from ilab_testing import program
from ilab_testing.program import Ended, result, run_here, write_lines
from ilab_testing.rows import question_rows

__all__ = [
    "Ended", "evaluate_here", "heldout_row", "make_content", "result", "run_program", "write_copy_of_base",
    "write_flat_model", "write_index", "write_lines",
]  # fmt: skip

PROGRAM = Path(__file__).resolve().parent.parent / "bin" / "eval"


def heldout_row(leaf: str, question: str, answer: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"id": question, "leaf": leaf, "kind": "skill", "question": question, "answer": answer, "messages": messages}


def write_flat_model(folder: Path) -> None:
    """A model that finds every token equally likely: its loss is the logarithm of the size of its vocabulary."""
    import mlx.core as mx

    folder.mkdir(parents=True)
    write_tiny_model(folder)
    weights = mx.load(str(folder / "model.safetensors"))
    assert isinstance(weights, dict)
    weights["model.embed_tokens.weight"] = mx.zeros_like(weights["model.embed_tokens.weight"])
    mx.save_safetensors(str(folder / "model.safetensors"), weights, metadata={"format": "pt"})


def write_copy_of_base(folder: Path) -> None:
    folder.mkdir(parents=True)
    write_tiny_model(folder)


def write_index(checkpoints: Path, names: list[Any]) -> None:
    checkpoints.mkdir(parents=True, exist_ok=True)
    entries = [{"name": name, "phase": 2, "epoch": 1} for name in names]
    (checkpoints / "index.json").write_text(json.dumps({"version": 1, "checkpoints": entries}))


def make_content(root: Path, *, tasks: bool = True, **params: Any) -> Path:
    """Two leaves; `phase1/epoch-1` is the base again, `phase2/epoch-1` the flat model."""
    inputs = root / "inputs"
    checkpoints = inputs / "checkpoints"
    write_copy_of_base(checkpoints / "phase1" / "epoch-1")
    write_flat_model(checkpoints / "phase2" / "epoch-1")
    write_index(checkpoints, ["phase1/epoch-1", "phase2/epoch-1"])
    content = [heldout_row("leaf_a", f"Why {n}?", "Because of it." * (n + 1)) for n in range(3)]
    write_lines(inputs / "heldout" / "heldout.jsonl", [*content, heldout_row("leaf_b", "Who?", "Nobody.")])
    if tasks:
        for leaf in ("leaf_a", "leaf_b"):
            rows = [row for item in ("x", "y") for row in question_rows(item)]
            write_lines(inputs / "tasks" / "node_datasets" / f"mmlubench_{leaf}.jsonl", rows)
    (root / "params.json").write_text(json.dumps({"model": "tiny", **params}))
    return root


def evaluate_here(content: Path) -> Ended:
    """The stage in this process. Only the limits on threads are not made again: mlx is loaded already."""
    from ilab_eval_mlx import driver

    scratch = content / "work" / "eval"
    shutil.rmtree(content / "artifacts", ignore_errors=True)
    return run_here(lambda stage: driver.evaluate(stage, scratch), content)


def run_program(content: Path) -> Ended:
    return program.run_program(PROGRAM, content)
