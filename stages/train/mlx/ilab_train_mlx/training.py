"""The two phases, step by step: where to go on, what to save when, when to stop."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from ilab_mlx.batching import pad
from ilab_models.folders import copy_folder, sizes, write_folder
from ilab_models.log import say
from ilab_stage import BadInput, Stage, TryLater

from .data import Phase, Step
from .ledger import Checkpoint, Ledger
from .settings import Settings
from .states import State, States
from .tuning import Diverged, Tuning


class Training:
    """Writes `phase<P>/epoch-<E>` into `root` and again into `kept`, and states into the scratch folder.

    The next attempt has artifacts of its own, and finds in the scratch folder only what this one left there.
    """

    def __init__(
        self, stage: Stage, settings: Settings, phases: Sequence[Phase], states: States,
        *, base: Path, root: Path, kept: Path,
    ) -> None:  # fmt: skip
        self._stage = stage
        self._settings = settings
        self._phases = phases
        self._states = states
        self._base = base
        self._root = root
        self._kept = kept
        self._meter = _Meter(sum(len(row.tokens) for phase in phases for row in phase.rows) * settings.epochs)

    def run(self) -> Ledger:
        """Trains what is left to train. Raises TryLater after SIGTERM, with a state written."""
        state = self._states.newest(self._checkpoints_are_there)
        ledger = state.ledger if state else Ledger()
        self._remove_unrecorded(ledger)
        start = self._base
        for phase in self._phases:
            if state is None or phase.number >= state.phase:
                self._run_phase(phase, start, ledger, state if state and phase.number == state.phase else None)
            else:
                self._meter.skip(self._settings.epochs * sum(len(row.tokens) for row in phase.rows))
            start = self._root / next(one for one in reversed(ledger.checkpoints) if one.phase == phase.number).name
        return ledger

    def _run_phase(self, phase: Phase, start: Path, ledger: Ledger, state: State | None) -> None:
        plan = phase.plan(epochs=self._settings.epochs, size=self._settings.batch_size, seed=self._settings.seed)
        done = state.step if state else 0
        self._meter.skip(sum(step.tokens for step in plan[:done]))
        if done == len(plan):
            return
        tuning = Tuning(start, self._settings, key=f"{self._settings.seed}/phase/{phase.number}")
        learned, numbers = tuning.trainable()
        say(
            f"{phase.title}: rows {len(phase.rows)}, epochs {self._settings.epochs}, steps {len(plan)}; "
            f"learns {learned} of {numbers} parameters"
        )
        if state:
            tuning.load_state(state.folder)
            say(f"{phase.title} goes on after step {done} of {len(plan)}, from its saved state")
        self._meter.restart()
        for number, step in enumerate(plan[done:], done + 1):
            self._take(phase, tuning, ledger, step, number, len(plan))
            self._save(phase, tuning, ledger, step, number, len(plan))
            if self._stage.stop_requested and number < len(plan):
                self._states.save(phase.number, number, ledger, tuning.save_state)
                raise TryLater(
                    f"stopped on request (SIGTERM) after step {number} of {len(plan)} of {phase.title}: "
                    "its state is saved, the next attempt goes on from it"
                )

    def _take(self, phase: Phase, tuning: Tuning, ledger: Ledger, step: Step, number: int, steps: int) -> None:
        rate = self._settings.rate_at(number - 1, steps)
        try:
            loss, tokens = tuning.step(number, *pad(step.rows), rate)
        except Diverged as error:
            raise BadInput(
                f"{phase.title} diverged at step {number} of {steps}: {error}; "
                f"lower learningRate (now {self._settings.learning_rate:g})"
            ) from error
        ledger.window.add(loss, tokens)
        ledger.epoch.add(loss, tokens)
        self._meter.add(step.tokens)
        if number % self._settings.log_steps == 0 or number == steps:
            shown = {"loss": ledger.close_window(), "learning_rate": rate, "tokens_per_second": self._meter.speed()}
            self._stage.progress(
                f"{phase.title} epoch {step.epoch} step {number}/{steps}: loss {shown['loss']:.3f}, "
                f"{shown['tokens_per_second']:.0f} tokens/s",
                fraction=self._meter.fraction,
                step=number,
                steps=steps,
                epoch=number * self._settings.epochs / steps,
                metrics={name: float(f"{value:.6g}") for name, value in shown.items()},
            )

    def _save(self, phase: Phase, tuning: Tuning, ledger: Ledger, step: Step, number: int, steps: int) -> None:
        if not step.ends_epoch:
            if self._settings.save_steps and number % self._settings.save_steps == 0:
                self._states.save(phase.number, number, ledger, tuning.save_state)
            return
        name = f"phase{phase.number}/epoch-{step.epoch}"
        write_folder(self._root / name, tuning.save_model)
        copy_folder(self._root / name, self._kept / name)
        ledger.checkpoints.append(
            Checkpoint(
                name=name,
                phase=phase.number,
                subject=phase.subject,
                epoch=step.epoch,
                step=number,
                train_loss=ledger.epoch.mean,
                files=sizes(self._root / name),
            )
        )
        ledger.epoch = type(ledger.epoch)()
        # After the last step the checkpoint is all that is needed to go on: the next phase starts from it.
        self._states.save(phase.number, number, ledger, tuning.save_state if number < steps else _nothing)

    def _checkpoints_are_there(self, state: State) -> bool:
        """Those of an attempt before are brought here; the scratch folder may have lost them too."""
        for one in state.ledger.checkpoints:
            if sizes(self._root / one.name) != one.files and sizes(self._kept / one.name) == one.files:
                copy_folder(self._kept / one.name, self._root / one.name)
        return all(sizes(self._root / one.name) == one.files for one in state.ledger.checkpoints)

    def _remove_unrecorded(self, ledger: Ledger) -> None:
        kept = {one.name for one in ledger.checkpoints}
        for folder in [*self._root.glob("*/*"), *self._root.glob("*")]:
            name = folder.relative_to(self._root).as_posix()
            if not any(one == name or one.startswith(f"{name}/") for one in kept):
                shutil.rmtree(folder) if folder.is_dir() else folder.unlink()


class _Meter:
    """How far the training is, in tokens, and how fast it went since it was last asked."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._since = 0
        self._asked = time.monotonic()

    @property
    def fraction(self) -> float:
        return self._done / self._total

    def skip(self, tokens: int) -> None:
        """Tokens that an earlier try has done."""
        self._done += tokens

    def restart(self) -> None:
        """What passed until now was no training."""
        self._asked = time.monotonic()

    def add(self, tokens: int) -> None:
        self._done += tokens
        self._since += tokens

    def speed(self) -> float:
        now = time.monotonic()
        speed = self._since / max(now - self._asked, 1e-6)
        self._since, self._asked = 0, now
        return speed


def _nothing(_folder: Path) -> None:
    """A state without weights."""
