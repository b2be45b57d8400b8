"""A machine that is not the first one: it starts torchrun when and as the first one says, and hands in nothing."""

import time
from pathlib import Path
from typing import Any

from ilab_models.log import say
from ilab_process.child import Child
from ilab_stage import Stage, TryLater

from .environment import child_environment
from .failures import failure
from .nodes import Nodes, Other
from .phase_run import CHECKPOINT_SECONDS


def follow(stage: Stage, nodes: Nodes, *, meeting: Path, scratch: Path) -> None:
    """Returns when the first machine says that all is done."""
    stage.defer_stop()
    other = Other(meeting, nodes.rank)
    say(f"machine {nodes.rank + 1} of {nodes.count}: waits for the first one")
    while (work := other.next(lambda: _look(stage)))["kind"] != "end":
        _train(stage, work, scratch)
    stage.leave_result_to_another()


def _look(stage: Stage) -> None:
    if stage.stop_requested:
        raise TryLater("stopped on request (SIGTERM) while it waited for the first machine: nothing is lost")


def _train(stage: Stage, work: dict[str, Any], scratch: Path) -> None:
    title = str(work["title"])
    trigger = None if work["trigger"] is None else Path(work["trigger"])
    environment = child_environment(stage.environment, scratch=scratch, collective_timeout=work["timeout"])
    say(f"{title}: torchrun starts")
    child = Child("ilab_train_instructlab.agent", work["arguments"], environment=environment, folder=scratch)
    stop_until: float | None = None

    def tick() -> None:
        nonlocal stop_until
        if not stage.stop_requested:
            return
        if stop_until is None:
            # Any rank's file stops them all; the first machine alone may not have been asked to end.
            stop_until = time.monotonic() + (CHECKPOINT_SECONDS if _ask(trigger) else 0)
        if time.monotonic() >= stop_until:
            child.terminate()

    try:
        code = child.follow(tick)
    finally:
        if trigger is not None:
            trigger.unlink(missing_ok=True)
    if stage.stop_requested:
        raise TryLater(f"stopped on request (SIGTERM) in {title}: the first machine says what is saved")
    if code != 0:
        raise failure(title, code, child.last, timeout=work["timeout"])


def _ask(trigger: Path | None) -> bool:
    if trigger is None:
        return False
    try:
        trigger.write_bytes(b"1")
    except OSError as error:
        say(f"{trigger} cannot be written ({error.strerror}): stops without a checkpoint")
        return False
    return True
