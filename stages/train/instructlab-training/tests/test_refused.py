"""What the stage refuses, as a program."""

import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

from . import needs_packages
from .support import Driver, make_content, row, rows


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.content = Path(folder.name) / "content"


@needs_packages
class WithoutAGpu(InAFolder):
    def test_says_so_before_anything_is_computed(self) -> None:
        make_content(self.content, skills=rows(4))
        ended = Driver(self.content, shim=False).ended()
        self.assertEqual(ended.code, 64, ended.err)
        self.assertIn("phase 1 (knowledge) is skipped: there is no knowledge_train_msgs.jsonl", ended.out)
        self.assertRegex(ended.error, r"^there is no GPU that torch can use: .*nvidia\.com/gpu.* take the engine mlx$")
        self.assertNotIn("Traceback", ended.out + ended.err)
        self.assertFalse((self.content / "work" / "train" / "phase2" / "data.jsonl").exists())


@needs_packages
class BadInput(InAFolder):
    def refused(self, content: dict[str, Any], **params: Any) -> str:
        make_content(self.content, **content, **params)
        ended = Driver(self.content).ended()
        self.assertEqual(ended.code, 64, ended.err)
        return ended.error

    def test_no_rows(self) -> None:
        self.assertIn("input train holds neither knowledge_train_msgs.jsonl nor skills_train_msgs", self.refused({}))

    def test_a_row_without_messages(self) -> None:
        self.assertIn(
            "skills_train_msgs.jsonl:2: has no messages", self.refused({"skills": [row("a", "b"), {"id": "x"}]})
        )

    def test_a_model_without_a_chat_template(self) -> None:
        make_content(self.content, skills=rows(4))
        model = self.content / "inputs" / "model"
        model.mkdir()
        from ilab_models.tiny_model import write_tiny_model

        write_tiny_model(model)
        config = json.loads((model / "tokenizer_config.json").read_text())
        del config["chat_template"]
        (model / "tokenizer_config.json").write_text(json.dumps(config))
        ended = Driver(self.content).ended()
        self.assertEqual(ended.code, 64, ended.err)
        self.assertIn("has no chat template", ended.error)


if __name__ == "__main__":
    unittest.main()
