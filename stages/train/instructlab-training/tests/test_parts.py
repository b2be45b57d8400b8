"""The parts that need no package: the course of a phase, the rows, what upstream notes and prints."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from ilab_process.child import Child
from ilab_stage import BadInput, TryLater
from ilab_train_instructlab import logged
from ilab_train_instructlab.environment import TIMEOUT, checkpoint_trigger, child_environment
from ilab_train_instructlab.even import evened
from ilab_train_instructlab.failures import failure
from ilab_train_instructlab.metrics import FILE, Metrics
from ilab_train_instructlab.plan import Course, Phase
from ilab_train_instructlab.processed import Processed, keep_fitting

from . import ENGINE


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)


class CourseTest(unittest.TestCase):
    course = Course(rows=10, batch=4, epochs=2)

    def test_knows_steps_and_epochs_of_rows(self) -> None:
        self.assertEqual(self.course.steps, 6)
        self.assertEqual([self.course.steps_at(samples) for samples in (0, 4, 8, 10, 14, 20)], [0, 1, 2, 3, 4, 6])
        self.assertEqual([self.course.epoch_at(samples) for samples in (0, 4, 10, 14, 20)], [1, 1, 1, 2, 2])

    def test_knows_every_checkpoint(self) -> None:
        names = [one.name for one in self.course.milestones("phase2", 0)]
        self.assertEqual(names, ["phase2/epoch-1", "phase2/epoch-2"])
        found = [(one.name, one.epoch, one.step) for one in self.course.milestones("p", 2)]
        wanted = [("p/samples-4", 1, 1), ("p/samples-8", 1, 2), ("p/epoch-1", 1, 3), ("p/samples-14", 2, 4)]
        self.assertEqual(found, [*wanted, ("p/samples-18", 2, 5), ("p/epoch-2", 2, 6)])


class Rows(InAFolder):
    def keep(self, *lines: str, given: int) -> Processed:
        (self.root / "all").write_text("".join(line + "\n" for line in lines))
        return keep_fitting(self.root / "all", self.root / "kept", given=given, longest=30, title="phase 1")

    def line(self, length: int, labels: list[int] | None = None) -> str:
        row = {"labels": labels or [-100, 5], "input_ids": [1, 2], "len": length}
        return json.dumps(row, separators=(",", ":"))

    def test_keeps_what_fits_and_teaches(self) -> None:
        fits = self.line(30)
        found = self.keep(fits, self.line(31), self.line(25, [-100, -100]), self.line(400), given=6)
        self.assertEqual(found, Processed(rows=1, tokens=30, dropped=5))
        self.assertEqual((self.root / "kept").read_text(), fits + "\n")

    def test_says_when_nothing_is_left(self) -> None:
        with self.assertRaisesRegex(
            BadInput, r"phase 1 has nothing to learn from: 2 of 2 rows are longer .* 99 tokens"
        ):
            self.keep(self.line(31), self.line(99), given=2)


class MetricsTest(InAFolder):
    def note(self, text: str) -> None:
        with (self.root / FILE).open("a") as file:
            file.write(text)

    def step(self, samples: int, loss: float = 1.0) -> str:
        numbers = {"avg_loss": loss, "num_loss_counted_tokens": 10, "lr": 0.1, "overall_throughput": 2.0}
        return json.dumps({"samples_seen": samples, **numbers}) + "\n"

    def test_reads_each_step_once_and_whole(self) -> None:
        metrics = Metrics(self.root)
        self.assertEqual(list(metrics.read()), [])
        self.note(json.dumps({"num_epochs": 2}) + "\n" + self.step(4) + self.step(8)[:20])
        self.assertEqual([step.samples for step in metrics.read()], [4])
        self.note(self.step(8)[20:])
        self.assertEqual([step.samples for step in metrics.read()], [8])

    def test_what_was_taken_again_counts_as_it_was_taken_last(self) -> None:
        self.note(self.step(4, 3.0) + self.step(8, 9.0) + self.step(12)[:-20])
        metrics = Metrics(self.root)
        self.assertEqual(list(metrics.read()), [], "what an earlier try noted is known and not told again")
        self.note(self.step(8, 1.0))
        self.assertEqual([step.loss for step in metrics.read()], [1.0])
        self.assertEqual(metrics.mean(0, 8), 2.0)
        self.assertIsNone(metrics.mean(8, 12))

    def test_steps_are_logged_in_the_order_of_training(self) -> None:
        phases = [Phase(number, "a", self.root, self.root / str(number), 1) for number in (1, 2)]
        for phase, steps in zip(phases, (self.step(8, 2.0) + self.step(4, 3.0), self.step(4, 1.0)), strict=True):
            phase.output.mkdir(parents=True)
            (phase.output / FILE).write_text(steps)
        told = logged.report({"epochs": 2}, phases, {"rows": 12})
        points = [(row["phase"], row["samples"], row["loss"]) for row in told.history]
        self.assertEqual(points, [(1, 4, 3.0), (1, 8, 2.0), (2, 4, 1.0)])
        self.assertEqual((told.stage, told.config, told.summary), ("train", {"epochs": 2}, {"rows": 12}))


class ChildTest(InAFolder):
    def child(self, code: str) -> Child:
        (self.root / "program.py").write_text(code)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.root)}
        return Child("program", [], environment=environment, folder=self.root)

    def test_its_output_is_made_fit_for_a_log(self) -> None:
        bar = "Epoch 0:  33%|###   | 1/3 [00:03<00:06,  3.30s/it]"
        reading = "Generating train split: 40 examples [00:00, 2 examples/s]"
        lines = f"\x1b[93mSaving\x1b[0m\n{bar}\r{reading}\n{bar}[13:46] INFO{' ' * 50}x\nend"
        child = self.child(f"print({lines!r}, end='')")
        self.assertEqual(child.follow(lambda: None), 0)
        self.assertEqual(list(child.last), ["Saving", "[13:46] INFO  x", "end"])

    def test_what_a_tick_raises_ends_it(self) -> None:
        child = self.child("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(1000)")

        def tick() -> None:
            if child.last:
                raise BadInput("enough")

        with self.assertRaises(BadInput):
            child.follow(tick)
        self.assertFalse(Path(f"/proc/{child.last[0]}").exists())

    def test_it_and_its_children_end_with_a_parent_that_is_killed(self) -> None:
        tethered = "from ilab_process.tether import tether\ntether()\n"
        (self.root / "grandchild.py").write_text(tethered + "print('here', flush=True)\nimport time\ntime.sleep(1000)")
        start = "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'grandchild'], start_new_session=True)"
        (self.root / "program.py").write_text(tethered + start)
        parent = (
            "import os, sys\nfrom pathlib import Path\nfrom ilab_process.child import Child\n"
            f"Child('program', [], environment=dict(os.environ), folder=Path({str(self.root)!r})).follow(lambda: None)"
        )
        path = f"{self.root}:{ENGINE.parent.parent / '_lib'}"
        process = subprocess.Popen(
            [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )
        assert process.stdout is not None
        self.assertEqual(process.stdout.readline(), "here\n")
        process.send_signal(signal.SIGKILL)
        process.communicate()
        while self.living("-m\0grandchild") or self.living("-m\0program"):
            time.sleep(0.02)

    def living(self, arguments: str) -> bool:
        def reads(file: Path) -> bool:
            try:
                return arguments in file.read_text() and str(self.root) in (file.parent / "environ").read_text()
            except OSError:
                return False

        return any(reads(file) for file in Path("/proc").glob("[0-9]*/cmdline"))


class EvenTest(unittest.TestCase):
    def test_every_rank_has_as_many_pieces(self) -> None:
        pieces = {0: [[3], [0, 1]], 1: [[2]], 2: [[-1]]}
        even = evened(lambda lengths, most, ranks, rank, size=64: [list(one) for one in pieces[rank]])
        found = [even([9, 8, 7, 6], 20, 3, rank) for rank in range(3)]
        self.assertEqual(found, [[[3], [0, 1]], [[2], [-1]], [[-1], [-1]]])


class EnvironmentTest(unittest.TestCase):
    def test_always_bounds_how_long_ranks_wait(self) -> None:
        def made(**own: str) -> dict[str, str]:
            return child_environment(own, scratch=Path("/scratch/train"), collective_timeout=30)

        self.assertEqual(made()[TIMEOUT], "30000")
        self.assertEqual(made(INSTRUCTLAB_NCCL_TIMEOUT_MS="5")[TIMEOUT], "5")
        self.assertEqual(made(NCCL_SOCKET_IFNAME="eth1")["NCCL_SOCKET_IFNAME"], "eth1")

    def test_two_runs_on_a_machine_do_not_stop_each_other(self) -> None:
        places = {
            checkpoint_trigger(child_environment({}, scratch=Path(f"/{name}"), collective_timeout=1)) for name in "ab"
        }
        self.assertEqual(len(places), 2)


class FailuresTest(unittest.TestCase):
    def test_names_what_can_be_mended(self) -> None:
        table = (
            (
                ["torch.OutOfMemoryError: CUDA out of memory. Tried to"],
                BadInput,
                "lower instructlabTraining.maxBatchLen",
            ),
            (["OSError: [Errno 28] No space left on device"], TryLater, "no room is left"),
            (["Watchdog caught collective operation timeout: WorkNCCL"], RuntimeError, "waited longer than 7 s"),
            (
                [
                    "[rank0]: ValueError: too odd",
                    "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: x",
                ],
                RuntimeError,
                "phase 1: torchrun ended with 1: ValueError: too odd",
            ),
            ([], RuntimeError, "its log says why"),
        )
        for lines, kind, sentence in table:
            with self.subTest(sentence):
                found = failure("phase 1", 1, lines, timeout=7)
                self.assertIsInstance(found, kind)
                self.assertIn(sentence, str(found))


if __name__ == "__main__":
    unittest.main()
