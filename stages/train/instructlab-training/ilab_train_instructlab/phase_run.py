"""One phase in this try: from the newest whole state to its last checkpoint, or to SIGTERM."""

import json
import shutil
import threading
import time
from pathlib import Path

from ilab_models.folders import sizes
from ilab_models.log import say
from ilab_process.child import Child
from ilab_stage import BadInput, Stage, TryLater

from .done import Done, write_done
from .failures import failure
from .launch import Launch
from .metrics import Metrics, Step, has_diverged, mean
from .plan import Course, Milestone, Phase
from .states import State, States, is_whole, sync_tree

# Steps of the means that the result names.
_WINDOW = 5
# As long as upstream's own launcher waits for a checkpoint on demand.
CHECKPOINT_SECONDS = 300


class PhaseRun:
    def __init__(
        self, stage: Stage, launch: Launch, phase: Phase, course: Course, model: Path, *, before: int, total: int
    ) -> None:
        """`before`: steps of earlier phases, `total`: of all."""
        self._stage = stage
        self._launch = launch
        self._settings = launch.settings
        self._phase = phase
        self._course = course
        self._model = model
        self._before = before
        self._total = total
        self._milestones = course.milestones(f"phase{phase.number}", self._settings.save_samples)
        self._states = States(phase.output, ranks=self._settings.gpus * launch.nodes.count)
        self._pruning = threading.Thread()
        self._stop_until: float | None = None

    def run(self) -> Done:
        state = self._start_from()
        if state is None or not self._ends(state):
            self._train(state)
        return self._finish()

    def _start_from(self) -> State | None:
        """The newest whole state whose checkpoints are whole too; what belongs to no such state is removed."""
        state = self._states.newest() if self._settings.full_state else None
        for one in self._milestones:
            # That of the end of an epoch comes before its state; a state in the middle has none of its own.
            if (
                state is not None
                and (one.samples < state.samples or self._is_end_of(state, one))
                and not self._is_there(one)
            ):
                say(f"{self._phase.title}: checkpoint {one.name} is not whole: starts anew")
                state = None
        if state is None:
            shutil.rmtree(self._phase.output, ignore_errors=True)
            self._phase.output.mkdir(parents=True)
        return state

    def _train(self, state: State | None) -> None:
        phase, course = self._phase, self._course
        if state is not None:
            done = course.steps_at(state.samples)
            say(f"{phase.title} goes on after step {done} of {course.steps}, from its saved state")
            state = state if state.ends_epoch else self._states.set_aside(state)
        else:
            say(f"{phase.title}: rows {course.rows}, epochs {course.epochs}, steps {course.steps}")
        self._metrics = Metrics(phase.output)
        self._behind = state.samples if state is not None else 0
        self._pruned = course.epoch_at(self._behind)
        self._told = self._moved = time.monotonic()
        self._launch.trigger.unlink(missing_ok=True)
        child = self._launch.start(phase, course, self._model, state)
        try:
            code = child.follow(lambda: self._tick(child))
        finally:
            self._launch.trigger.unlink(missing_ok=True)
        self._judge(code, child)

    def _tick(self, child: Child) -> None:
        for step in self._metrics.read():
            self._told = self._moved = time.monotonic()
            self._behind = step.samples
            self._tell(step)
        self._prune_older()
        self._tell_of_stall()
        if self._stage.stop_requested:
            self._stop(child)

    def _tell(self, step: Step) -> None:
        phase, course = self._phase, self._course
        number = course.steps_at(step.samples)
        if has_diverged(step):
            raise BadInput(
                f"{phase.title} diverged at step {number} of {course.steps}: the loss is {step.loss}; "
                f"lower learningRate (now {self._settings.learning_rate:g})"
            )
        shown = {"loss": step.loss, "learning_rate": step.rate, "samples_per_second": step.rows_per_second}
        self._stage.progress(
            f"{phase.title} epoch {course.epoch_at(step.samples)} step {number}/{course.steps}: "
            f"loss {step.loss:.3f}, {step.rows_per_second:.1f} rows/s",
            fraction=(self._before + number) / self._total,
            step=number,
            steps=course.steps,
            epoch=step.samples / course.rows,
            metrics={name: float(f"{value:.6g}") for name, value in shown.items()},
        )

    def _prune_older(self) -> None:
        epoch = self._course.epoch_at(self._behind)
        if self._settings.full_state and epoch > self._pruned and not self._pruning.is_alive():
            self._pruned = epoch
            # Bringing a big state to the disk takes minutes, in which what the ranks print must be read.
            self._pruning = threading.Thread(target=self._states.prune, daemon=True)
            self._pruning.start()

    def _tell_of_stall(self) -> None:
        """Ranks that wait for each other print nothing and use no processor: nothing else tells of them."""
        now = time.monotonic()
        if self._behind >= self._course.samples or now - self._told < self._settings.collective_timeout / 3:
            return
        self._told = now
        done, steps = self._course.steps_at(self._behind), self._course.steps
        say(
            f"{self._phase.title}: no step has ended for {now - self._moved:.0f} s (the last: {done} of {steps}); "
            f"ranks that wait for each other give up after {self._settings.collective_timeout} s"
        )

    def _stop(self, child: Child) -> None:
        now = time.monotonic()
        if self._stop_until is None:
            asked = self._ask_for_checkpoint()
            self._stop_until = now + (CHECKPOINT_SECONDS if asked else 0)
        if now >= self._stop_until:
            child.terminate()

    def _ask_for_checkpoint(self) -> bool:
        if not self._settings.full_state:
            return False
        try:
            self._launch.trigger.write_bytes(b"1")
        except OSError as error:
            say(f"{self._launch.trigger} cannot be written ({error.strerror}): stops without a checkpoint")
            return False
        say(f"{self._phase.title}: asks for a checkpoint, then stops")
        return True

    def _judge(self, code: int, child: Child) -> None:
        """Returns when the phase is complete."""
        if self._pruning.is_alive():
            self._pruning.join()
        state = self._states.prune() if self._settings.full_state else None
        if code == 0 and all(map(self._is_there, self._milestones)) and (state is None or self._ends(state)):
            return
        if code != 0 and not self._stage.stop_requested:
            raise failure(self._phase.title, code, child.last, timeout=self._settings.collective_timeout)
        if state is not None:
            sync_tree(state.folder)
        done = self._course.steps_at(state.samples) if state is not None else 0
        kept = "its state is saved, the next attempt goes on from it" if state is not None else "no state is there"
        # Upstream stops well when its trigger file is there, whoever wrote it: a preStop hook for example.
        reason = "on request (SIGTERM)" if self._stage.stop_requested else "by upstream, as for a checkpoint"
        raise TryLater(f"stopped {reason} after step {done} of {self._course.steps} of {self._phase.title}: {kept}")

    def _ends(self, state: State) -> bool:
        return state.ends_epoch and state.samples == self._course.samples

    def _is_end_of(self, state: State, milestone: Milestone) -> bool:
        return state.ends_epoch and milestone.samples == state.samples

    def _is_there(self, milestone: Milestone) -> bool:
        folder = self._phase.hf_format(milestone.samples)
        weights = set(folder.glob("model*.safetensors"))
        index = folder / "model.safetensors.index.json"
        if index.is_file():
            weights |= {folder / name for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()}
        return (folder / "config.json").is_file() and bool(weights) and all(map(is_whole, weights))

    def _finish(self) -> Done:
        phase, course = self._phase, self._course
        metrics = Metrics(phase.output)
        folders = {one.name: phase.hf_format(one.samples) for one in self._milestones}
        for folder in (phase.output / "hf_format").iterdir():
            if folder not in folders.values():
                # A checkpoint on demand is wherever somebody happened to ask for it.
                shutil.rmtree(folder)
        for folder in folders.values():
            sync_tree(folder)
        steps = [metrics.steps[samples] for samples in sorted(metrics.steps)]
        done = Done(
            checkpoints=[
                {
                    "name": one.name,
                    "phase": phase.number,
                    "subject": phase.subject,
                    "epoch": one.epoch,
                    "step": one.step,
                    "train_loss": metrics.mean((one.epoch - 1) * course.rows, one.samples),
                }
                for one in self._milestones
            ],
            folders={name: folder.relative_to(phase.folder).as_posix() for name, folder in folders.items()},
            files={name: sizes(folder) for name, folder in folders.items()},
            first_loss=mean(steps[:_WINDOW]),
            last_loss=mean(steps[-_WINDOW:]),
        )
        write_done(phase, done)
        self._states.remove()
        return done
