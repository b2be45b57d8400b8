import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

LIB = Path(__file__).resolve().parents[1]
SECRET = "s3cr3t-v4lue"


class Attempt(unittest.TestCase):
    """Each test runs a driver in a process of its own, as a stage is run."""

    def setUp(self) -> None:
        self.content = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.log = self.content / "termination-log"
        (self.content / "params.json").write_text("{}")
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(LIB),
            "PYTHONDONTWRITEBYTECODE": "1",
            "ILAB_CONTENT": str(self.content),
            "ILAB_TERMINATION_LOG": str(self.log),
            "TEACHER_API_KEY": SECRET,
        }

    def command(self, body: str) -> list[str]:
        head = "import os, sys, time\nfrom ilab_stage import *\n"
        tail = "\nsys.exit(run_stage(main))\n"
        return [sys.executable, "-c", head + textwrap.dedent(body) + tail]

    def drive(self, body: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(body), env=self.environment, capture_output=True, text=True, timeout=60)

    def result(self) -> dict:
        return json.loads((self.content / "artifacts" / "result.json").read_text())

    def test_a_good_stage_leaves_artifacts_listings_and_the_same_result_twice(self) -> None:
        done = self.drive("""
            def main(stage):
                (stage.fresh_folder("train") / "rows.jsonl").write_text("{}\\n")
                stage.output("scores.json").write_text("[]")
                stage.progress("Rows written", fraction=0.5, metrics={"rows": 1})
                stage.add_artifact("train")
                stage.add_artifact("scores", "scores.json")
                stage.finish({"rows": 1, "loss": 0.5}, chosen="epoch-1")
        """)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, 'ilab-progress: {"message":"Rows written","fraction":0.5,"metrics":{"rows":1}}\n')
        result = self.result()
        self.assertEqual(result["metrics"], {"rows": 1, "loss": 0.5})
        self.assertEqual(result["chosen"], "epoch-1")
        self.assertEqual(
            [(a["name"], a["path"], a["size"]) for a in result["artifacts"]],
            [("train", "train", 3), ("scores", "scores.json", 2)],
        )
        self.assertEqual(json.loads(self.log.read_text()), result)
        listing = (self.content / "artifacts" / "train.listing").read_text()
        self.assertRegex(listing, r"^[0-9a-f]{64}  3  rows.jsonl\n$")
        self.assertEqual(
            sorted(p.name for p in (self.content / "artifacts").iterdir()),
            ["result.json", "scores.json", "scores.json.listing", "train", "train.listing"],
        )

    def test_the_ways_to_end(self) -> None:
        for body, code, first_line in (
            ('raise BadInput("the taxonomy is empty", ["a: one", "b: two"])', 64, "the taxonomy is empty"),
            ('raise TryLater("the teacher is busy")', 75, "the teacher is busy"),
            ('raise RuntimeError("a bug")', 1, "RuntimeError: a bug"),
            ("pass", 1, "RuntimeError: the driver returned without a result"),
            ('stage.finish({"loss": float("nan")})', 1, "ValueError: metric loss is nan: it must be a finite number"),
            (
                'stage.input("taxonomy")',
                64,
                f"input taxonomy is missing: {self.content}/inputs/taxonomy does not exist",
            ),
            ('stage.params.integer("epochs")', 64, "parameter epochs is missing: it must be a whole number"),
        ):
            with self.subTest(body):
                done = self.drive(f"def main(stage):\n    {body}")
                self.assertEqual(done.returncode, code)
                self.assertEqual(done.stderr.splitlines()[-1], f"error: {first_line}")
                self.assertEqual(self.log.read_text().splitlines()[0], first_line)
                self.assertFalse((self.content / "artifacts" / "result.json").exists())

    def test_every_detail_of_bad_input_is_told_on_a_line_of_its_own(self) -> None:
        done = self.drive('def main(stage):\n    raise BadInput("2 faults", ["a: \\x1b[31mone\\nx", "b: two"])')
        self.assertEqual(done.stderr, "a: \\x1b[31mone x\nb: two\nerror: 2 faults\n")
        self.assertEqual(self.log.read_text(), "2 faults\na: \\x1b[31mone x\nb: two\n")
        self.assertNotIn("Traceback", done.stderr)

    def test_the_result_of_an_earlier_try_is_gone_before_the_driver_starts(self) -> None:
        (self.content / "artifacts").mkdir()
        (self.content / "artifacts" / "result.json").write_text("{}")
        self.drive('def main(stage):\n    raise TryLater("no")')
        self.assertFalse((self.content / "artifacts" / "result.json").exists())

    def test_a_long_result_is_cut_from_the_last_metric_on(self) -> None:
        self.drive("""
            def main(stage):
                stage.finish({"heldout_loss_delta": -1.0} | {f"leaf_{n:04}": n for n in range(1000)})
        """)
        text = self.log.read_text()
        self.assertLessEqual(len(text.encode()), 4096)
        metrics = list(json.loads(text)["metrics"])
        self.assertEqual(metrics[:2], ["heldout_loss_delta", "leaf_0000"])
        self.assertGreater(len(metrics), 100)
        self.assertEqual(len(self.result()["metrics"]), 1001)

    def test_own_secrets_never_leave_the_process(self) -> None:
        done = self.drive("""
            def main(stage):
                key = os.environ["TEACHER_API_KEY"]
                for char in "key=" + key + "!":
                    sys.stdout.write(char)
                    sys.stdout.flush()
                print(key[:6], file=sys.stderr)
                raise TryLater("refused " + key)
        """)
        self.assertEqual(done.stdout, "key=***!")
        self.assertEqual(done.stderr, SECRET[:6] + "\nerror: refused ***\n")
        self.assertEqual(self.log.read_text(), "refused ***\n")

    def test_sigterm_stops_a_driver_or_lets_it_save_first(self) -> None:
        bodies = {
            "at once": """
                def main(stage):
                    print("ready", flush=True)
                    time.sleep(60)
            """,
            "saved": """
                def main(stage):
                    stage.defer_stop()
                    print("ready", flush=True)
                    while not stage.stop_requested:
                        time.sleep(0.01)
                    stage.output("saved").write_text("")
                    stage.stop()
            """,
        }
        for kind, body in bodies.items():
            with self.subTest(kind):
                process = subprocess.Popen(
                    self.command(body), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
                )
                with process:
                    self.assertEqual(process.stdout.readline(), "ready\n")
                    process.send_signal(signal.SIGTERM)
                    self.assertEqual(process.wait(60), 143)
                    self.assertEqual(process.stderr.read(), "error: stopped on request (SIGTERM)\n")
                self.assertEqual((self.content / "artifacts" / "saved").exists(), kind == "saved")

    def test_an_input_is_checked_against_its_listing_wherever_that_lies(self) -> None:
        workspace = self.content / "workspace"
        workspace.mkdir()
        (workspace / "rows").mkdir()
        (workspace / "rows" / "a").write_text("1")
        inputs = self.content / "inputs"
        inputs.mkdir()
        (inputs / "rows").symlink_to(workspace / "rows")
        read = 'def main(stage):\n    print(stage.input("rows").listed)\n    stage.finish({})'
        self.assertEqual(self.drive(read).stdout, "False\n")

        (workspace / "rows.listing").write_text(
            "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b  1  a\n"
        )
        self.assertEqual(self.drive(read).stdout, "True\n")

        (workspace / "rows" / "a").write_text("2")
        self.assertEqual(self.drive(read).returncode, 0)
        self.environment["ILAB_VERIFY"] = "full"
        self.assertEqual(self.drive(read).returncode, 64)
        del self.environment["ILAB_VERIFY"]

        (workspace / "rows" / "a").write_text("22")
        done = self.drive(read)
        self.assertEqual(done.returncode, 64)
        self.assertIn("input rows is not what its producer made: a has 2 bytes, not 1", done.stderr)

    def test_what_the_program_knows_of_a_source_is_read(self) -> None:
        (self.content / "inputs" / "taxonomy").mkdir(parents=True)
        beside = self.content / "inputs" / "taxonomy.source.json"
        read = 'def main(stage):\n    print(stage.input("taxonomy").source)\n    stage.finish({})'
        self.assertEqual(self.drive(read).stdout, "None\n")
        beside.write_text(json.dumps({"kind": "folder", "commit": "c0ffee", "changed": ["a/qna.yaml"], "dirty": True}))
        self.assertEqual(
            self.drive(read).stdout,
            "Source(kind='folder', commit='c0ffee', base=None, changed=('a/qna.yaml',), dirty=True,"
            " onto=None, pulls=())\n",
        )
        beside.write_text("[]")
        self.assertEqual(self.drive(read).returncode, 64)


if __name__ == "__main__":
    unittest.main()
