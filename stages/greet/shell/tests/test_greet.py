import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

STAGES = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(STAGES / "_lib"))

from ilab_stage import check_listing, digest_path


class Greet(unittest.TestCase):
    def setUp(self) -> None:
        self.content = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.artifacts = self.content / "artifacts"
        self.effects = self.content / "effects"
        self.environment = {
            "PATH": f"{STAGES / 'greet' / 'shell' / 'bin'}:{os.environ['PATH']}",
            "ILAB_CONTENT": str(self.content),
            "ILAB_TERMINATION_LOG": str(self.content / "termination-log"),
            "SIDE_EFFECT_FILE": str(self.effects),
            "PARAM_NAME": "Ada",
            "PARAM_TIMES": "2",
        }

    def run_stage(self, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["greet"], env=self.environment | changes, capture_output=True, text=True, timeout=60)

    def test_a_good_run_obeys_the_whole_contract(self) -> None:
        done = self.run_stage()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual((self.artifacts / "text").read_text(), "hello Ada\nhello Ada\n")
        result = json.loads((self.artifacts / "result.json").read_text())
        digest, size, listing = digest_path(self.artifacts / "text")
        self.assertEqual(
            result,
            {
                "version": 1,
                "metrics": {"lines": 2},
                "artifacts": [{"name": "text", "path": "text", "digest": digest, "size": size}],
            },
        )
        self.assertEqual((self.artifacts / "text.listing").read_bytes(), listing)
        self.assertEqual(json.loads((self.content / "termination-log").read_text()), result)
        progress = [json.loads(line[15:]) for line in done.stdout.splitlines() if line.startswith("ilab-progress: ")]
        self.assertEqual([item["fraction"] for item in progress], [0.5, 1])
        self.assertEqual(self.effects.read_text(), "greet\n")

    def test_a_name_is_data_byte_for_byte(self) -> None:
        for name in ("$(id)", "`id`", "a;b 'c' \"d\" \\n %s", "-n", "é漢", "*"):
            with self.subTest(name):
                self.assertEqual(self.run_stage(PARAM_NAME=name, PARAM_TIMES="1").returncode, 0)
                self.assertEqual((self.artifacts / "text").read_bytes(), f"hello {name}\n".encode())

    def test_no_lines_are_a_result_too(self) -> None:
        self.assertEqual(self.run_stage(PARAM_TIMES="0").returncode, 0)
        result = json.loads((self.artifacts / "result.json").read_text())
        self.assertEqual(result["metrics"], {"lines": 0})
        self.assertEqual(result["artifacts"][0]["digest"], "sha256:" + hashlib.sha256(b"").hexdigest())

    def test_bad_parameters_are_64_and_a_wished_failure_is_that(self) -> None:
        for changes, code, message in (
            ({"PARAM_NAME": ""}, 64, "parameter name is missing: say whom to greet"),
            ({"PARAM_TIMES": "two"}, 64, "parameter times is 'two': it must be a whole number"),
            ({"PARAM_FAIL": "75"}, 75, "asked to fail with code 75"),
        ):
            with self.subTest(message):
                self.run_stage()
                done = self.run_stage(**changes)
                self.assertEqual(done.returncode, code)
                self.assertEqual(done.stderr, f"error: {message}\n")
                self.assertEqual((self.content / "termination-log").read_text(), f"{message}\n")
                self.assertFalse((self.artifacts / "result.json").exists())

    def test_sigterm_ends_a_waiting_stage(self) -> None:
        process = subprocess.Popen(
            ["greet"],
            env=self.environment | {"PARAM_SECONDS": "60"},
            stdout=subprocess.PIPE,
            text=True,
            stderr=subprocess.DEVNULL,
        )
        with process:
            for line in process.stdout:
                if '"fraction":1' in line:
                    break
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(30), 143)
        self.assertFalse((self.artifacts / "result.json").exists())

    def test_the_layout_of_the_image_works_without_the_source_tree(self) -> None:
        image = self.content / "image"
        shutil.copytree(STAGES / "greet" / "shell" / "bin", image / "bin")
        shutil.copytree(STAGES / "_lib" / "sh", image / "_lib" / "sh")
        self.environment["PATH"] = f"{image / 'bin'}:{os.environ['PATH']}"
        self.assertEqual(self.run_stage().returncode, 0)


class Listing(unittest.TestCase):
    def test_python_reads_what_sh_wrote(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            environment = {
                "PATH": os.environ["PATH"],
                "ILAB_CONTENT": name,
                "ILAB_TERMINATION_LOG": f"{name}/log",
                "PARAM_NAME": "x",
                "PARAM_TIMES": "3",
            }
            subprocess.run(
                [STAGES / "greet" / "shell" / "bin" / "greet"], env=environment, check=True, stdout=subprocess.DEVNULL
            )
            text = Path(name) / "artifacts" / "text"
            listing = text.with_name("text.listing").read_bytes()
            self.assertEqual(check_listing(text, listing, contents=True), [])


if __name__ == "__main__":
    unittest.main()
