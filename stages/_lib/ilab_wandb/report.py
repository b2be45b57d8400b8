"""Sending a report from a process of its own, which may fail, hang or be missing."""

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ilab_models.log import say
from ilab_process.child import Child
from ilab_process.environment import library_environment
from ilab_stage import Stage

from .settings import Wandb

# Seconds. It tries again by itself, longer than scores should wait for.
_PATIENCE = 120.0


@dataclass(frozen=True)
class Report:
    stage: str
    config: Mapping[str, Any]
    summary: Mapping[str, float]
    history: Sequence[Mapping[str, Any]] = ()
    """What is drawn as curves, in order."""


class _Missing(Exception):
    pass


def send(
    stage: Stage, wandb: Wandb, report: Report, *, engine: Path, scratch: Path, patience: float = _PATIENCE
) -> None:
    """Adds the artifact `wandb` when it is offline: what `wandb sync` takes later. What fails is said, and no more."""
    try:
        _send(stage, wandb, report, engine, scratch, patience)
    except (OSError, _Missing) as error:
        say(f"warning: nothing was logged to Weights & Biases: {error}")


def _send(stage: Stage, wandb: Wandb, report: Report, engine: Path, scratch: Path, patience: float) -> None:
    folder = scratch / "wandb"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    place = folder / "plan.json"
    plan = {"wandb": asdict(wandb), "report": asdict(report), "folder": str(folder)}
    place.write_text(json.dumps(plan, default=float), encoding="utf-8")
    # Where there is no home, and no trace of this machine: what it calls itself, its user, its paths.
    ours = {f"WANDB_{name}_DIR": str(folder / name.lower()) for name in ("CACHE", "CONFIG", "DATA", "ARTIFACT")}
    ours |= {"WANDB_DIR": str(folder), "WANDB_ERROR_REPORTING": "false", "WANDB_SILENT": "true"}
    environment = library_environment(stage.environment, engine=engine, cache=folder / "huggingface") | ours
    where = "offline" if wandb.offline else wandb.url or "wandb.ai"
    say(f"logs to Weights & Biases ({where}), project {wandb.project}")
    deadline = time.monotonic() + patience

    def patient() -> None:
        if time.monotonic() > deadline:
            raise _Missing(f"it took longer than {patience:.0f} s")

    child = Child("ilab_wandb.program", [str(place)], environment=environment, folder=folder)
    code = child.follow(patient)
    if code != 0:
        raise _Missing(child.last[-1] if child.last else f"it ended with {code}")
    if wandb.offline:
        _hand_on(stage, folder)


def _hand_on(stage: Stage, folder: Path) -> None:
    """The runs alone: the links beside them would lead nowhere."""
    target = stage.fresh_folder("wandb")
    for run in sorted(folder.glob("wandb/offline-run-*")):
        for file in sorted(run.rglob("*")):
            # Its own logs are full of this machine.
            if file.is_file() and not file.is_symlink() and "logs" not in file.parts:
                place = target / run.name / file.relative_to(run)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, place)
    stage.add_artifact("wandb")
