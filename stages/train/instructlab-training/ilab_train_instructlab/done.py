"""A phase that is behind us, as `done.json` in its folder says."""

import contextlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from ilab_models.folders import sizes
from ilab_models.log import say
from ilab_stage.result import write_atomically

from .plan import Phase

_FILE = "done.json"


@dataclass(frozen=True)
class Done:
    checkpoints: list[dict[str, Any]]
    """Entries of index.json, in the order of training."""
    folders: dict[str, str]
    """Where each lies below the phase's folder."""
    files: dict[str, dict[str, int]]
    """Bytes by file of each."""
    first_loss: float | None
    """Nats per counted token over the first steps; None where upstream noted none."""
    last_loss: float | None


def write_done(phase: Phase, done: Done) -> None:
    write_atomically(phase.folder / _FILE, json.dumps(asdict(done), indent=1) + "\n")


def read_done(phase: Phase) -> Done | None:
    """None when the phase is not done, or a checkpoint of it is not as it was."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        done = Done(**json.loads((phase.folder / _FILE).read_text(encoding="utf-8")))
        if all(sizes(phase.folder / done.folders[name]) == files for name, files in done.files.items()):
            return done
        say(f"{phase.title} was done, but its checkpoints are not as they were: starts anew")
    forget_done(phase)
    return None


def forget_done(phase: Phase) -> None:
    (phase.folder / _FILE).unlink(missing_ok=True)
