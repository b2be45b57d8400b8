"""What a killed, a stopped and a resumed training leave behind; the upstream packages do the training."""

import json
import shutil
import signal
import tempfile
import time
import unittest
from pathlib import Path

from . import needs_packages
from .support import Driver, Ended, Gate, make_content, processes_of, progress, result, row, rows, steps


@needs_packages
class Restarted(unittest.TestCase):
    """Phase 1 has 3 steps an epoch, phase 2 has 4; 2 epochs of each."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.content = Path(folder.name) / "content"
        self.gates = Path(folder.name) / "gates"

    def start(self) -> Driver:
        driver = Driver(self.content, **Gate.environment(self.gates))
        self.addCleanup(driver.process.kill)
        return driver

    def kill_at(self, gate: Gate) -> str:
        """What the driver printed until it was killed before the gate's step."""
        gate.close()
        driver = self.start()
        driver.wait_until(gate.is_reached)
        # What the step before printed arrives a little later.
        driver.wait_until(lambda: gate.step - 1 <= len(steps(driver.out, gate.phase)))
        driver.process.kill()
        self.assertEqual(driver.ended().code, -signal.SIGKILL)
        # Its ranks, which wait at the gate, end with it.
        while processes_of(self.content):
            time.sleep(0.02)
        gate.open()
        self.assertFalse((self.content / "artifacts" / "result.json").exists())
        return driver.out

    def stop_at(self, gate: Gate) -> Ended:
        gate.close()
        driver = self.start()
        driver.wait_until(gate.is_reached)
        driver.process.send_signal(signal.SIGTERM)
        driver.wait_until(lambda: "asks for a checkpoint" in driver.out)
        gate.open()
        return driver.ended()

    def test_trains_nothing_twice_that_was_saved(self) -> None:
        long = row("Why?", "Because. " * 20)
        engine = {"gpus": 1, "maxBatchLen": 1024, "saveSamples": 8}
        make_content(
            self.content, knowledge=rows(12, unmask=True), skills=[*rows(15), long], instructlabTraining=engine
        )

        out = self.kill_at(Gate(self.gates, phase=1, step=5))
        self.assertEqual(steps(out, 1), [1, 2, 3, 4])
        self.assertIn(
            "phase 2 (skills): 1 of 16 rows are longer than maxSeqLen 128 (longest: 191 tokens): left out", out
        )

        # The second epoch is taken again from its beginning; on request the state is that of the very step.
        ended = self.stop_at(Gate(self.gates, phase=2, step=7))
        self.assertEqual(ended.code, 75, ended.err)
        self.assertIn("phase 1 (knowledge) goes on after step 3 of 6, from its saved state", ended.out)
        self.assertEqual(steps(ended.out, 1), [4, 5, 6])
        self.assertEqual(steps(ended.out, 2), [1, 2, 3, 4, 5, 6])
        self.assertEqual(
            ended.error,
            "stopped on request (SIGTERM) after step 6 of 8 of phase 2 (skills): its state is saved, "
            "the next attempt goes on from it",
        )
        self.assertEqual((self.content / "termination-log").read_text().strip(), ended.error)

        # The next attempt has artifacts of its own; killed in the middle of an epoch it began in the middle.
        shutil.rmtree(self.content / "artifacts")
        out = self.kill_at(Gate(self.gates, phase=2, step=2))
        self.assertIn("phase 1 (knowledge) was done by an earlier try", out)
        self.assertIn("phase 2 (skills) goes on after step 6 of 8, from its saved state", out)
        self.assertEqual((steps(out, 1), steps(out, 2)), ([], [7]))

        ended = self.start().ended()
        self.assertEqual(ended.code, 0, ended.err)
        self.assertIn("phase 2 (skills) goes on after step 6 of 8, from its saved state", ended.out)
        self.assertEqual(steps(ended.out, 2), [7, 8])
        self.assert_result(ended)

    def assert_result(self, ended: Ended) -> None:
        fractions = [line["fraction"] for line in progress(ended.out)]
        self.assertEqual(fractions, sorted(fractions))
        self.assertEqual(fractions[-1], 1.0)
        metrics = result(self.content)["metrics"]
        self.assertEqual([metrics[name] for name in ("checkpoints", "rows", "dropped_rows", "steps")], [7, 27, 1, 14])
        self.assertLess(metrics["train_loss_last"], metrics["train_loss_first"])
        checkpoints = self.content / "artifacts" / "checkpoints"
        index = json.loads((checkpoints / "index.json").read_text())
        names = ["phase1/samples-8", "phase1/epoch-1", "phase1/samples-16", "phase1/epoch-2"]
        names += ["phase2/samples-8", "phase2/epoch-1", "phase2/epoch-2"]
        self.assertEqual([entry["name"] for entry in index["checkpoints"]], names)
        self.assertEqual((index["base"], index["last"]), ("builtin:tiny", names[-1]))
        weights = {(checkpoints / name / "model.safetensors").read_bytes() for name in names}
        self.assertEqual(len(weights), len(names))
        self.assertFalse((self.content / "work" / "train").exists(), "states are removed when nobody needs them")


if __name__ == "__main__":
    unittest.main()
