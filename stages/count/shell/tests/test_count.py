import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

STAGES = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(STAGES / "_lib"))

from ilab_stage import digest_path


class Count(unittest.TestCase):
    def setUp(self) -> None:
        self.content = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.artifacts = self.content / "artifacts"
        self.text = self.content / "made" / "text"
        self.text.parent.mkdir()
        self.text.write_text("hello\nhello\n")
        (self.content / "inputs").mkdir()
        (self.content / "inputs" / "text").symlink_to(self.text)
        self.environment = {
            "PATH": f"{STAGES / 'count' / 'shell' / 'bin'}:{os.environ['PATH']}",
            "ILAB_CONTENT": str(self.content),
            "ILAB_TERMINATION_LOG": str(self.content / "termination-log"),
        }

    def run_stage(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["count", *arguments], env=self.environment | changes, capture_output=True, text=True, timeout=60
        )

    def test_lines_are_counted_into_the_contract(self) -> None:
        for arguments in ((), (str(self.content / "inputs" / "text"),)):
            done = self.run_stage(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual((self.artifacts / "total").read_text(), "2\n")
            result = json.loads((self.artifacts / "result.json").read_text())
            digest, size, listing = digest_path(self.artifacts / "total")
            self.assertEqual(result["metrics"], {"lines": 2, "bytes": 12})
            self.assertEqual(result["artifacts"], [{"name": "total", "path": "total", "digest": digest, "size": size}])
            self.assertEqual((self.artifacts / "total.listing").read_bytes(), listing)

    def test_an_input_that_is_not_there_or_changed_is_64(self) -> None:
        self.assertEqual(self.run_stage("/nowhere").returncode, 64)

        self.text.with_name("text.listing").write_bytes(digest_path(self.text)[2])
        self.assertEqual(self.run_stage(ILAB_VERIFY="full").returncode, 0)
        self.text.write_text("HELLO\nhello\n")
        self.assertEqual(self.run_stage().returncode, 0)
        self.assertEqual(self.run_stage(ILAB_VERIFY="full").returncode, 64)
        self.text.write_text("longer than before\n")
        done = self.run_stage()
        self.assertEqual(done.returncode, 64)
        self.assertEqual(done.stderr, "error: input text is not what its producer made: it has not 12 bytes\n")
        self.assertFalse((self.artifacts / "result.json").exists())


if __name__ == "__main__":
    unittest.main()
