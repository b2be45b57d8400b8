"""The two phases in order, each from the last checkpoint of the one before."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from ilab_models.log import say
from ilab_stage import Stage, TryLater

from .done import Done, forget_done, read_done
from .launch import Launch
from .phase_run import PhaseRun
from .plan import Course, Phase


def run_phases(
    stage: Stage, launch: Launch, phases: Sequence[tuple[Phase, Course]], base: Path
) -> list[tuple[Phase, Done]]:
    """Trains what is left to train. Raises TryLater after SIGTERM, with a state written where upstream can."""
    finished: list[tuple[Phase, Done]] = []
    start = base
    before = 0
    total = sum(course.steps for _, course in phases)
    for phase, course in phases:
        done = read_done(phase)
        if done is not None:
            say(f"{phase.title} was done by an earlier try")
        else:
            for later, _ in phases[len(finished) + 1 :]:
                # Nothing of it can have come from what this phase makes now.
                forget_done(later)
                shutil.rmtree(later.output, ignore_errors=True)
            if stage.stop_requested:
                raise TryLater(f"stopped on request (SIGTERM) before {phase.title}: what was done is kept")
            done = PhaseRun(stage, launch, phase, course, start, before=before, total=total).run()
        finished.append((phase, done))
        start = phase.folder / done.folders[done.checkpoints[-1]["name"]]
        before += course.steps
    return finished
