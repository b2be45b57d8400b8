"""What a stage does for Weights & Biases, and what becomes of it when that does not work."""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ilab_stage import BadInput, Params, Stage
from ilab_wandb.report import Report, send
from ilab_wandb.settings import Wandb

WANDB = {"project": "taxonomy", "id": "01HXYZ", "name": "weekly"}


class SettingsTest(unittest.TestCase):
    def read(self, **own: Any) -> Wandb | None:
        return Wandb.read(Params({"wandb": own}))

    def test_without_a_project_nothing_is_logged(self) -> None:
        self.assertIsNone(self.read(mode="offline"))
        self.assertIsNone(Wandb.read(Params({})))

    def test_the_network_is_used_unless_somebody_says_not_to(self) -> None:
        online, offline = self.read(**WANDB), self.read(**WANDB, mode="offline")
        assert online is not None and offline is not None
        self.assertEqual((online.offline, offline.offline), (False, True))

    def test_another_mode(self) -> None:
        with self.assertRaisesRegex(BadInput, "wandb.mode is .*: it must be one of online, offline"):
            self.read(**WANDB, mode="dryrun")


class SendTest(unittest.TestCase):
    """With a package `wandb` of the test's own: the real one is tested by the engines that bring it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "params.json").write_text(json.dumps({"wandb": WANDB}))
        self.stage = Stage({"ILAB_CONTENT": str(self.root), "PATH": "/usr/bin:/bin"})

    def said_when(self, package: str, patience: float = 60) -> str:
        engine = self.root / "engine"
        engine.mkdir()
        (engine / "wandb.py").write_text(package)
        wandb = Wandb.read(self.stage.params)
        assert wandb is not None
        with contextlib.redirect_stdout(io.StringIO()) as said:
            send(self.stage, wandb, Report("eval", {}, {}), engine=engine, scratch=self.root, patience=patience)
        return said.getvalue()

    def test_a_failure_is_said_and_no_more(self) -> None:
        said = self.said_when("raise ConnectionError('nobody is there')")
        self.assertIn("warning: nothing was logged to Weights & Biases: ConnectionError: nobody is there", said)

    def test_a_crash_too(self) -> None:
        self.assertIn("Weights & Biases: it ended with 7", self.said_when("import os; os._exit(7)"))

    def test_one_that_hangs_is_ended(self) -> None:
        said = self.said_when("import threading; threading.Event().wait()", patience=0)
        self.assertIn("nothing was logged to Weights & Biases: it took longer than 0 s", said)


if __name__ == "__main__":
    unittest.main()
