import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from ilab_datagen.leaves import GROUNDED, SKILL, Leaf
from ilab_datagen_teacher.prompts import read_answer
from ilab_teacher.answers import Answers
from ilab_testing.chat_teacher import Reply, ScriptedTeacher

from . import ENGINE, NEEDS_PACKAGES, STAGES, has_packages

EXAMPLES = STAGES.parent / "examples"
KEY = "sk-very-secret-key"


def rows(prompt: str) -> str:
    """New rows that hang on the prompt alone, as a chatty teacher writes them."""
    number = sum(prompt.encode()) % 100003
    made = [
        {
            "context": f"Note {number} of day {n}.",
            "question": f"Is {number} plus {n} asked?",
            "answer": f"It gives {number + n}.",
        }
        for n in range(5)
    ]
    return f"Here you are:\n```json\n{json.dumps(made)}\n```\nAnything else?"


@unittest.skipUnless(has_packages(), NEEDS_PACKAGES)
class Teacher(unittest.TestCase):
    def setUp(self) -> None:
        self.content = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.content / "inputs").mkdir()
        for name in ("taxonomy", "documents"):
            (self.content / "inputs" / name).symlink_to(EXAMPLES / name)
        self.artifacts = self.content / "artifacts"

    def teacher(self, *replies: Reply, **options: Any) -> ScriptedTeacher:
        teacher = ScriptedTeacher(*replies, **options)
        self.addCleanup(teacher.close)
        return teacher

    def run_stage(self, teacher: ScriptedTeacher, **changes: Any) -> subprocess.CompletedProcess[str]:
        own = {"url": teacher.url, "model": "mock", "rowsPerLeaf": 10, "timeoutSeconds": 20, "retries": 0, **changes}
        (self.content / "params.json").write_text(json.dumps({"teacher": own}))
        env = {
            "PATH": os.environ["PATH"],
            "ILAB_CONTENT": str(self.content),
            "ILAB_TERMINATION_LOG": str(self.content / "termination-log"),
            "TEACHER_API_KEY": KEY,
        }
        command = [sys.executable, str(ENGINE / "bin" / "datagen")]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)

    def succeed(self, teacher: ScriptedTeacher, **changes: Any) -> dict[str, Any]:
        done = self.run_stage(teacher, **changes)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads((self.artifacts / "result.json").read_text())["metrics"]

    def lines(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.artifacts / path).read_text().splitlines()]

    def test_rows_of_the_teacher_stand_beside_those_of_people(self) -> None:
        teacher = self.teacher(otherwise=rows)
        metrics = self.succeed(teacher)
        # Two prompts for each of five skills, one for each of eleven passages.
        self.assertEqual((metrics["teacher_prompts"], len(teacher.requests)), (21, 21))
        self.assertEqual(metrics["teacher_rows"], 21 * 5)
        made = [row for row in self.lines("train/skills_train_msgs.jsonl") if '"teacher"' in row["metadata"]]
        written = [row for row in self.lines("train/skills_train_msgs.jsonl") if '"seed_examples"' in row["metadata"]]
        self.assertGreater(len(made), 100)
        self.assertGreater(len(written), 10)
        manifest = json.loads((self.artifacts / "manifest.json").read_text())
        self.assertEqual(manifest["teacher"], {"url": teacher.url, "model": "mock", "temperature": 0.7})
        grounded = next(row for row in made if "parts_list" in row["metadata"])
        self.assertRegex(grounded["messages"][0]["content"], r"^Note \d+ of day \d\.\n\nIs \d+")

    def test_the_teacher_never_sees_and_never_brings_back_what_is_held_out(self) -> None:
        self.succeed(self.teacher(otherwise=rows))
        heldout = self.lines("heldout/heldout.jsonl")
        leaking = [
            {"question": f"As they say: {row['question']}", "answer": f"{row['answer']} Indeed.", "context": "c"}
            for row in heldout
        ]
        teacher = self.teacher(
            otherwise=lambda prompt: json.dumps([*leaking, *json.loads(rows(prompt).split("```")[1][5:])])
        )
        (self.artifacts / "answers.jsonl").unlink()
        metrics = self.succeed(teacher)
        self.assertEqual(metrics["teacher_dropped_held_out"], len(leaking) * metrics["teacher_prompts"])
        asked = "\n".join(message["content"] for request in teacher.requests for message in request["messages"])
        training = "\n".join(
            message["content"]
            for phase in ("knowledge", "skills")
            for row in self.lines(f"train/{phase}_train_msgs.jsonl")
            for message in row["messages"]
        )
        for row in heldout:
            for key in ("question", "answer", "context"):
                if row.get(key):
                    self.assertNotIn(row[key], training)
                    self.assertNotIn(json.dumps(row[key], ensure_ascii=False)[1:-1], asked)

    def test_a_row_that_comes_twice_counts_once(self) -> None:
        same = json.dumps([{"context": "c", "question": "Always the same question?", "answer": "Always the same."}])
        metrics = self.succeed(self.teacher(otherwise=lambda _prompt: same))
        # Once with its context in front, for a skill that has one, and once without.
        self.assertEqual((metrics["teacher_rows"], metrics["teacher_dropped_repeated"]), (2, 19))

    def test_a_restart_asks_nothing_twice(self) -> None:
        broken = self.teacher(*[Reply(rows(str(n))) for n in range(4)], Reply(status=500, raw=b""))
        done = self.run_stage(broken)
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertRegex(done.stderr, r"error: the teacher at \S+ did not answer in 1 try: HTTP 500\n$")
        self.assertFalse((self.artifacts / "result.json").exists())
        with open(self.artifacts / "answers.jsonl", "a") as file:
            file.write('{"key": "cut in ha')

        again = self.teacher(otherwise=rows)
        self.succeed(again)
        self.assertEqual(len(again.requests), 21 - 4)
        asked = [json.dumps(request["messages"]) for request in [*broken.requests[:4], *again.requests]]
        self.assertEqual(len(set(asked)), 21)
        once_more = self.teacher(otherwise=rows)
        before = (self.artifacts / "train.listing").read_bytes()
        self.succeed(once_more)
        self.assertEqual(once_more.requests, [])
        self.assertEqual((self.artifacts / "train.listing").read_bytes(), before)

    def test_prompts_that_are_refused_or_answered_badly_are_counted(self) -> None:
        replies = [Reply(status=400, raw=b"{}"), Reply("I would rather not."), Reply(None), Reply('[{"question": 1}]')]
        metrics = self.succeed(self.teacher(*replies, otherwise=rows))
        self.assertEqual((metrics["teacher_refused"], metrics["teacher_unusable"]), (1, 3))

    def test_a_teacher_of_no_use_is_said(self) -> None:
        for teacher, code, message in (
            (
                self.teacher(otherwise=lambda _prompt: "I am a teapot."),
                64,
                "no usable row in 21 prompts; the last one it answered 'I am a teapot.'",
            ),
            (self.teacher(Reply(status=401, raw=KEY.encode())), 64, "refuses the key (HTTP 401: ***)"),
            (self.teacher(Reply(status=404, raw=b"")), 64, "knows no model mock"),
            (self.teacher(Reply(hang=True)), 75, "no answer in time"),
        ):
            with self.subTest(message):
                done = self.run_stage(teacher, timeoutSeconds=0.5 if code == 75 else 20)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(message, done.stderr)
                self.assertNotIn(KEY, done.stdout + done.stderr + (self.content / "termination-log").read_text())
                self.assertNotIn("Traceback", done.stderr)
                (self.artifacts / "answers.jsonl").unlink(missing_ok=True)

    def test_without_an_address_nothing_is_asked(self) -> None:
        teacher = self.teacher()
        self.assertIn("parameter teacher.url is missing", self.run_stage(teacher, url=None).stderr)
        self.assertIn("parameter teacher.model is missing", self.run_stage(teacher, model=None).stderr)
        self.assertEqual(teacher.requests, [])


class Parts(unittest.TestCase):
    def leaf(self, kind: str) -> Leaf:
        return Leaf("a", "a", kind, 3, "x", "x", "", (), None, "", None)

    def test_rows_are_found_wherever_they_stand_in_an_answer(self) -> None:
        one = '{"question": "Q?", "answer": "A."}'
        for text, count in (
            (f"[{one}]", 1),
            (f"Sure [1]:\n```json\n[{one}, {one}]\n```", 2),
            (f"{one}\n{one}\n", 2),
            (f'[{one}, {{"question": "cut', 1),
            ('[{"question": "", "answer": "A."}]', 0),
            ('[{"question": "Q?", "answer": 7}]', 0),
            (json.dumps([{"question": "Q?", "answer": "x" * 9000}]), 0),
            ("[" * 5000, 0),
            ("{" * 5000, 0),
            ("", 0),
        ):
            with self.subTest(text[:40]):
                self.assertEqual(len(read_answer(self.leaf(SKILL), text)), count)
        self.assertEqual(read_answer(self.leaf(GROUNDED), f"[{one}]"), [])

    def test_kept_answers_survive_a_line_cut_in_half(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "answers.jsonl"
            request = ["m", [{"role": "user", "content": "é\n"}]]
            Answers(path).keep(request, "a\nb")
            path.write_bytes(path.read_bytes() + b'{"key"')
            again = Answers(path)
            self.assertEqual(again.get(request), "a\nb")
            self.assertIsNone(again.get(["other", *request[1:]]))
            again.keep(["m", []], "c")
            self.assertEqual(len([json.loads(line) for line in path.read_text().splitlines()]), 2)


if __name__ == "__main__":
    unittest.main()
