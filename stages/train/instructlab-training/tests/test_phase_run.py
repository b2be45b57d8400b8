"""One phase with a scripted torchrun: what is told, and how it ends."""

import contextlib
import io
import json
import tempfile
import unittest
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ilab_stage import BadInput, Params, Stage, TryLater
from ilab_train_instructlab.done import Done, read_done
from ilab_train_instructlab.environment import child_environment
from ilab_train_instructlab.launch import Launch
from ilab_train_instructlab.metrics import FILE
from ilab_train_instructlab.phase_run import PhaseRun
from ilab_train_instructlab.plan import Course, Phase
from ilab_train_instructlab.settings import Settings
from ilab_train_instructlab.training import run_phases

from .test_states import write_safetensors, write_state

COURSE = Course(rows=8, batch=4, epochs=2)
SAMPLES = (4, 8, 12, 16)


@dataclass
class ScriptedChild:
    """Calls `tick` after each of its deeds."""

    deeds: list[Callable[[], object]]
    code: int = 0
    last: list[str] = field(default_factory=list)
    terminated: bool = False

    def follow(self, tick: Callable[[], None]) -> int:
        for deed in self.deeds:
            deed()
            tick()
            if self.terminated:
                return -15
        return self.code

    def terminate(self) -> None:
        self.terminated = True


@dataclass(frozen=True)
class ScriptedLaunch(Launch):
    children: list[ScriptedChild] = field(default_factory=list)
    started: list[Any] = field(default_factory=list)

    def start(self, phase: Phase, course: Course, model: Path, state: Any) -> Any:
        self.started.append((phase.number, model, state and (state.folder.name, state.samples)))
        return self.children[len(self.started) - 1]


class PhaseRunTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.stage = Stage({"ILAB_CONTENT": str(self.root)})
        self.phase = self.make_phase(1)
        self.out = io.StringIO()

    def make_phase(self, number: int) -> Phase:
        phase = Phase(number, "knowledge", self.root / "rows", self.root / f"phase{number}", 8)
        phase.folder.mkdir()
        return phase

    def launch(self, *children: ScriptedChild, timeout: int = 1000, **own: Any) -> ScriptedLaunch:
        params = {"gpus": 2, "maxBatchLen": 100, **own}
        settings = Settings.read(Params({"instructlabTraining": params, "maxSeqLen": 50}), tiny=True, longest=50)
        settings = Settings(**{**vars(settings), "collective_timeout": timeout})
        environment = child_environment({}, scratch=self.root, collective_timeout=timeout)
        return ScriptedLaunch(settings, environment, False, children=list(children))

    def run_phase(self, launch: Launch) -> Done:
        with contextlib.redirect_stdout(self.out):
            run = PhaseRun(self.stage, launch, self.phase, COURSE, self.root / "base", before=0, total=4)
            return run.run()

    def step(self, samples: int, loss: float = 2.0, phase: Phase | None = None) -> Callable[[], None]:
        """What upstream does in a step, and at an epoch's end."""
        output = (phase or self.phase).output

        def deed() -> None:
            numbers = {"avg_loss": loss, "num_loss_counted_tokens": 1, "lr": 0.1, "overall_throughput": 2.0}
            with (output / FILE).open("a") as file:
                file.write(json.dumps({"samples_seen": samples, **numbers}) + "\n")
            if samples % COURSE.rows == 0:
                self.checkpoint(output, samples)
                write_state(output, samples // COURSE.rows - 1, samples)

        return deed

    def checkpoint(self, output: Path, samples: int) -> None:
        folder = output / "hf_format" / f"samples_{samples}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text("{}")
        write_safetensors(folder / "model.safetensors")

    def stop(self) -> None:
        self.stage.stop_requested = True

    def test_keeps_checkpoints_and_one_state_at_a_time(self) -> None:
        states = []

        def look() -> None:
            states.append(sorted(path.name for path in (self.phase.output / "full_state").iterdir()))

        launch = self.launch(ScriptedChild([self.step(4), self.step(8), self.step(12), look, self.step(16)]))
        done = self.run_phase(launch)
        self.assertEqual([one["name"] for one in done.checkpoints], ["phase1/epoch-1", "phase1/epoch-2"])
        self.assertEqual([one["train_loss"] for one in done.checkpoints], [2.0, 2.0])
        self.assertEqual(states, [["epoch_0"]])
        self.assertFalse((self.phase.output / "full_state").exists())
        self.assertEqual(read_done(self.phase), done)

    def test_goes_on_from_the_newest_whole_state(self) -> None:
        self.phase.output.mkdir()
        for samples in (4, 8):
            self.step(samples)()
        (self.phase.output / "full_state" / "epoch_1").mkdir()
        launch = self.launch(ScriptedChild([self.step(12), self.step(16)]))
        self.run_phase(launch)
        self.assertEqual(launch.started, [(1, self.root / "base", ("epoch_0", 8))])

    def test_needs_no_start_when_only_the_record_is_missing(self) -> None:
        self.phase.output.mkdir()
        for samples in SAMPLES:
            self.step(samples)()
        launch = self.launch()
        self.assertEqual(len(self.run_phase(launch).checkpoints), 2)
        self.assertEqual(launch.started, [])

    def test_starts_anew_when_a_checkpoint_is_torn(self) -> None:
        self.phase.output.mkdir()
        for samples in SAMPLES[:3]:
            self.step(samples)()
        (self.phase.output / "hf_format" / "samples_8" / "model.safetensors").write_bytes(b"torn")
        launch = self.launch(ScriptedChild([self.step(samples) for samples in SAMPLES]))
        self.run_phase(launch)
        self.assertEqual(launch.started, [(1, self.root / "base", None)])
        self.assertIn("checkpoint phase1/epoch-1 is not whole: starts anew", self.out.getvalue())

    def test_starts_anew_without_states(self) -> None:
        self.phase.output.mkdir()
        self.step(8)()
        launch = self.launch(ScriptedChild([self.step(samples) for samples in SAMPLES]), fullState=False)
        self.run_phase(launch)
        self.assertEqual(launch.started, [(1, self.root / "base", None)])

    def test_asks_for_a_checkpoint_before_it_stops(self) -> None:
        def answer() -> None:
            self.assertTrue(launch.trigger.exists())
            self.checkpoint(self.phase.output, 12)
            write_state(self.phase.output, 1, 12, global_step=9)

        launch = self.launch(ScriptedChild([self.step(4), self.step(8), self.stop, self.step(12), answer]))
        with self.assertRaisesRegex(TryLater, r"SIGTERM\) after step 3 of 4 of phase 1 .*: its state is saved"):
            self.run_phase(launch)
        self.assertFalse(launch.trigger.exists())
        self.assertIsNone(read_done(self.phase))

    def test_stops_at_once_where_upstream_cannot_be_asked(self) -> None:
        child = ScriptedChild([self.step(4), self.stop, self.step(8)])
        with self.assertRaisesRegex(TryLater, r"SIGTERM\) after step 0 of 4 .*: no state is there"):
            self.run_phase(self.launch(child, fullState=False))
        self.assertTrue(child.terminated)

    def test_finishes_when_the_signal_came_too_late(self) -> None:
        deeds = [self.step(samples) for samples in SAMPLES]
        self.assertEqual(len(self.run_phase(self.launch(ScriptedChild([*deeds, self.stop]))).checkpoints), 2)

    def test_upstream_stopped_by_somebody_else_is_tried_again(self) -> None:
        def answer() -> None:
            write_state(self.phase.output, 0, 4, global_step=2)

        with self.assertRaisesRegex(TryLater, "stopped by upstream, as for a checkpoint after step 1 of 4"):
            self.run_phase(self.launch(ScriptedChild([self.step(4), answer])))

    def test_a_crash_is_one(self) -> None:
        child = ScriptedChild([self.step(4)], code=1, last=["RuntimeError: no luck"])
        with self.assertRaisesRegex(RuntimeError, "torchrun ended with 1: RuntimeError: no luck"):
            self.run_phase(self.launch(child))

    def test_a_loss_that_is_no_number_ends_it(self) -> None:
        with self.assertRaisesRegex(BadInput, r"diverged at step 2 of 4: the loss is nan; lower learningRate"):
            self.run_phase(self.launch(ScriptedChild([self.step(4), self.step(8, float("nan")), self.step(12)])))

    def test_a_stall_is_told(self) -> None:
        launch = self.launch(timeout=0)
        launch.children.append(ScriptedChild([self.step(4), lambda: None, *map(self.step, SAMPLES[1:])]))
        self.run_phase(launch)
        self.assertIn("no step has ended for 0 s (the last: 1 of 4); ranks that wait for each", self.out.getvalue())
        self.out.seek(0)
        self.out.truncate()
        self.phase = self.make_phase(2)
        self.run_phase(self.launch(ScriptedChild([lambda: None, *map(self.step, SAMPLES)])))
        self.assertNotIn("no step has ended", self.out.getvalue())

    def test_a_phase_starts_from_the_last_checkpoint_of_the_one_before(self) -> None:
        second = self.make_phase(2)

        def run(launch: Launch) -> None:
            with contextlib.redirect_stdout(self.out):
                run_phases(self.stage, launch, [(self.phase, COURSE), (second, COURSE)], self.root / "base")

        def child(phase: Phase, *samples: int) -> ScriptedChild:
            return ScriptedChild([self.step(one, phase=phase) for one in samples])

        broken = child(second, 4, 8)
        broken.code = 1
        launch = self.launch(child(self.phase, *SAMPLES), broken)
        with self.assertRaises(RuntimeError):
            run(launch)
        start = self.phase.output / "hf_format" / "samples_16"
        self.assertEqual([one[:2] for one in launch.started], [(1, self.root / "base"), (2, start)])

        # A first phase that has to be made again takes what came from it along.
        (start / "config.json").write_text("{} ")
        launch = self.launch(child(self.phase, *SAMPLES), child(second, *SAMPLES))
        run(launch)
        self.assertEqual([one[2] for one in launch.started], [None, None])
        self.assertIn("its checkpoints are not as they were: starts anew", self.out.getvalue())


if __name__ == "__main__":
    unittest.main()
