"""What a killed, a stopped and a resumed training leave behind."""

import json
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

from . import needs_packages
from .support import Ended, make_content, result, rows, run_program, start_program, train_here


class InAFolder(unittest.TestCase):
    """Phase 1 has 6 steps in 2 epochs, phase 2 has 40; a state each 3 steps and at each epoch's end."""

    whole: dict[str, Any]
    """The result of a training that nothing interrupts."""

    @classmethod
    def setUpClass(cls) -> None:
        with tempfile.TemporaryDirectory() as folder:
            content = cls.content_in(Path(folder))
            ended = train_here(content)
            assert ended.code == 0, ended.err
            cls.whole = result(content)

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    @staticmethod
    def content_in(root: Path, **params: Any) -> Path:
        given = {"epochs": 2, "saveSteps": 3} | params
        return make_content(root / "content", knowledge=rows(6, unmask=True), skills=rows(40), **given)

    def states(self, content: Path) -> list[Path]:
        return sorted((content / "work" / "train").glob("state-*"))


@needs_packages
class Killed(InAFolder):
    """The driver as a program. Between a line and the signal it takes a few more steps: nothing relies on how many."""

    def kill_after(self, content: Path, text: str, number: int) -> tuple[int, str]:
        process = start_program(content)
        _read_until(process, text)
        process.send_signal(number)
        _, err = process.communicate()
        return process.returncode, err

    def test_goes_on_and_makes_the_same_bytes(self) -> None:
        content = self.content_in(self.root)
        for text in ("(knowledge) epoch 1 step 2/6", "(skills) epoch 1 step 15/40"):
            self.assertEqual(self.kill_after(content, text, signal.SIGKILL)[0], -signal.SIGKILL)
            self.assertFalse((content / "artifacts" / "result.json").exists())
        ended = run_program(content)
        self.assertEqual(ended.code, 0, ended.err)
        self.assertRegex(ended.out, r"phase 2 \(skills\) goes on after step \d+ of 40")
        self.assertNotIn("(knowledge) epoch", ended.out)
        self.assertIn('"fraction":1.0,', ended.out)
        # Weights, index and metrics: the same to the last bit.
        self.assertEqual(result(content), self.whole)
        self.assertFalse((content / "work" / "train").exists(), "states are removed when nobody needs them")

    def test_asks_to_be_tried_again_when_it_is_asked_to_stop(self) -> None:
        content = self.content_in(self.root)
        code, err = self.kill_after(content, "(knowledge) epoch 1 step 2/6", signal.SIGTERM)
        self.assertEqual(code, 75, err)
        self.assertRegex(err, r"error: stopped on request \(SIGTERM\) after step \d+ of ")
        self.assertEqual((content / "termination-log").read_text().strip(), err.strip().removeprefix("error: "))


@needs_packages
class Stopped(InAFolder):
    """In this process: SIGTERM comes while the line is written, so the step it names is the last."""

    def stop_after(self, content: Path, text: str) -> Ended:
        ended = train_here(content, stop_at=text)
        self.assertEqual(ended.code, 75, ended.err)
        return ended

    def go_on(self, content: Path) -> Ended:
        ended = train_here(content)
        self.assertEqual(ended.code, 0, ended.err)
        return ended

    def test_leaves_a_model_and_goes_on_from_the_very_step(self) -> None:
        content = self.content_in(self.root, saveSteps=0)
        ended = self.stop_after(content, "(skills) epoch 1 step 2/40")
        self.assertIn("stopped on request (SIGTERM) after step 2 of 40 of phase 2 (skills)", ended.error)
        from mlx_lm import load

        load(str(self.states(content)[-1]))
        ended = self.go_on(content)
        self.assertIn("phase 2 (skills) goes on after step 2 of 40", ended.out)
        fractions = [float(found) for found in re.findall(r'"fraction":([0-9.]+)', ended.out)]
        self.assertEqual((fractions, fractions[-1]), (sorted(fractions), 1.0))
        self.assertGreater(fractions[0], 0.1, "what was done before counts")
        self.assertEqual(result(content), self.whole)

    def test_does_so_at_any_place(self) -> None:
        # The first step, an epoch's last, a phase's last, a step with a state of its own.
        content = self.content_in(self.root)
        places = ("(knowledge) epoch 1 step 1/6", "(knowledge) epoch 1 step 3/6", "(knowledge) epoch 2 step 6/6")
        for place in (*places, "(skills) epoch 1 step 3/40", "(skills) epoch 2 step 39/40"):
            self.stop_after(content, place)
        self.go_on(content)
        self.assertEqual(result(content), self.whole)

    def test_finishes_when_nothing_is_left_to_do(self) -> None:
        content = self.content_in(self.root)
        ended = train_here(content, stop_at="(skills) epoch 2 step 40/40")
        self.assertEqual(ended.code, 0, ended.err)
        self.assertEqual(result(content), self.whole)

    def test_goes_on_with_lora_and_its_dropout(self) -> None:
        kind = {"fineTuneType": "lora", "loraDropout": 0.1, "learningRate": 0.01}
        whole = self.content_in(self.root / "whole", **kind)
        self.assertEqual(train_here(whole).code, 0)
        content = self.content_in(self.root, **kind)
        self.stop_after(content, "(skills) epoch 1 step 4/40")
        self.assertIn("adapters.safetensors", {file.name for file in self.states(content)[-1].iterdir()})
        self.go_on(content)
        self.assertEqual(result(content), result(whole))

    def test_passes_over_a_torn_state(self) -> None:
        content = self.content_in(self.root)
        self.stop_after(content, "(skills) epoch 1 step 7/40")
        newest = self.states(content)[-1]
        with open(newest / "model.safetensors", "r+b") as file:
            file.truncate(100)
        (content / "work" / "train" / ".tmp-state-2-00000009").mkdir()
        ended = self.go_on(content)
        self.assertIn("state-2-00000007 is not whole and is left aside", ended.out)
        self.assertIn("phase 2 (skills) goes on after step 6 of 40", ended.out)
        self.assertEqual(result(content), self.whole)

    def test_goes_on_in_the_next_attempt_which_has_artifacts_of_its_own(self) -> None:
        content = self.content_in(self.root)
        self.stop_after(content, "(skills) epoch 1 step 4/40")
        shutil.rmtree(content / "artifacts")
        self.assertIn("phase 2 (skills) goes on after step 4 of 40", self.go_on(content).out)
        self.assertEqual(result(content), self.whole)

    def test_passes_over_states_whose_checkpoints_are_gone(self) -> None:
        content = self.content_in(self.root)
        self.stop_after(content, "(skills) epoch 1 step 4/40")
        shutil.rmtree(content / "artifacts")
        shutil.rmtree(content / "work" / "train" / "checkpoints")
        self.assertIn("(knowledge) epoch 1 step 1/6", self.go_on(content).out)
        self.assertEqual(result(content), self.whole)

    def test_removes_checkpoints_that_no_state_knows(self) -> None:
        content = self.content_in(self.root)
        self.stop_after(content, "(knowledge) epoch 1 step 2/6")
        checkpoints = content / "artifacts" / "checkpoints"
        (checkpoints / "phase1" / ".tmp-epoch-1").mkdir(parents=True)
        (checkpoints / "phase3" / "epoch-1").mkdir(parents=True)
        (checkpoints / "index.json").write_text("{")
        self.go_on(content)
        self.assertEqual(result(content), self.whole)

    def test_starts_anew_with_other_parameters(self) -> None:
        content = self.content_in(self.root)
        self.stop_after(content, "(skills) epoch 1 step 4/40")
        params = json.loads((content / "params.json").read_text())
        (content / "params.json").write_text(json.dumps({**params, "seed": 7}))
        ended = self.go_on(content)
        self.assertIn("of another configuration (settings.seed 42 -> 7): starts anew", ended.out)
        self.assertIn("(knowledge) epoch 1 step 1/6", ended.out)
        self.assertNotEqual(result(content), self.whole)

    def test_starts_anew_with_other_rows(self) -> None:
        content = self.content_in(self.root)
        self.stop_after(content, "(knowledge) epoch 1 step 3/6")
        file = content / "inputs" / "train" / "skills_train_msgs.jsonl"
        file.write_text(file.read_text().replace("Sure", "Yes!"))
        self.assertIn("another configuration (data.skills_train_msgs.jsonl", self.go_on(content).out)


def _read_until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"the driver ended before it said {text!r}")


if __name__ == "__main__":
    unittest.main()
