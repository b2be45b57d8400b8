import json
import signal
import sys
import unittest
from pathlib import Path

from . import NEEDS_PACKAGES, STAGES, has_packages
from .completions_teacher import CompletionsTeacher, row

if has_packages():
    from .attempt import KEY, Attempt

EXAMPLES = STAGES.parent / "examples"


def chatty(prompt: str, n: int) -> str:
    return f"{row(prompt, n)} Your key is {KEY}."


@unittest.skipUnless(has_packages(), NEEDS_PACKAGES)
class Restart(unittest.TestCase):
    def test_who_is_killed_goes_on_asks_nothing_twice_and_makes_everything(self) -> None:
        teacher = CompletionsTeacher(chatty)
        self.addCleanup(teacher.close)
        # One at a time: who asks the eighth has written down the seven before.
        attempt = Attempt(teacher, sdg={"workers": 1})
        self.addCleanup(attempt.close)
        attempt.taxonomy.rmdir()
        for name in ("taxonomy", "documents"):
            (attempt.inputs / name).symlink_to(EXAMPLES / name)
        teacher.hold_from = 8
        process = attempt.start()
        self.addCleanup(process.stdout.close)
        self.assertTrue(teacher.holding.wait(600))
        if Path("/proc/self/environ").exists():
            # Upstream picks from sets of texts: their order is that of the hashes.
            self.assertIn(b"PYTHONHASHSEED=0\0", Path(f"/proc/{process.pid}/environ").read_bytes())
        process.send_signal(signal.SIGKILL)
        self.assertEqual(process.wait(60), -signal.SIGKILL)
        self.assertFalse((attempt.artifacts / "result.json").exists())
        before = [json.dumps(body) for body in teacher.answered]
        self.assertEqual(len(before), 7)

        teacher.hold_from = None
        asked_before = len(teacher.requests)
        code, printed = attempt.run()
        self.assertEqual(code, 0, printed)
        again = [json.dumps(body) for body in teacher.requests[asked_before:]]
        self.assertEqual(set(before) & set(again), set())
        self.assertEqual(len(set(before) | set(again)), len(before) + len(again))
        # The question whether lists are taken was answered before, too.
        self.assertIn(f"answered {len(again)} requests ({len(before) + 1} answered before)", printed)
        self.assertFalse((attempt.content / "work" / "datagen").exists())
        self.check_result(attempt)
        self.check_that_the_key_is_nowhere(attempt, printed)
        self.assertEqual(teacher.keys, {f"Bearer {KEY}"})

    def check_result(self, attempt: "Attempt") -> None:
        result, manifest = attempt.json("result.json"), attempt.json("manifest.json")
        self.assertEqual([own["name"] for own in result["artifacts"]], ["train", "heldout", "tasks", "manifest"])
        leaves = {leaf["id"]: leaf for leaf in manifest["leaves"]}
        self.assertEqual(len(leaves), 6)
        knowledge = "knowledge_engineering_bicycles_drivetrain"
        files = [f"node_datasets/{name}.jsonl" for name in leaves if name != knowledge]
        files += [f"node_datasets/{knowledge}{suffix}.jsonl" for suffix in ("_p07", "_p10")]
        files += [
            f"{phase}_{name}" for phase in ("knowledge", "skills") for name in ("recipe.yaml", "train_msgs.jsonl")
        ]
        self.assertEqual(manifest["files"]["train"], sorted(files))
        self.assertEqual(manifest["instructlabSdg"]["pipeline"], "simple")
        for phase in ("knowledge", "skills"):
            rows = attempt.rows(f"train/{phase}_train_msgs.jsonl")
            self.assertEqual(len(rows), result["metrics"][f"{phase}_rows"])
            self.assertEqual(len({row["id"] for row in rows}), len(rows))
            for own in rows:
                self.assertEqual(list(own), ["id", "messages", "metadata", "unmask"])
                self.assertEqual([message["role"] for message in own["messages"]], ["user", "assistant"])
                self.assertIn(json.loads(own["metadata"])["leaf"], leaves)
        # Upstream takes thirty rows of each skill, and of knowledge twice what phase 1 has.
        first = result["metrics"]["knowledge_rows"]
        self.assertEqual(result["metrics"]["skills_rows"], 5 * 30 + 2 * first)
        self.assertTrue(all(row["unmask"] for row in attempt.rows("train/knowledge_train_msgs.jsonl")))
        self.assertTrue(all(leaf["questions"] > 0 for leaf in leaves.values()))

    def check_that_the_key_is_nowhere(self, attempt: "Attempt", printed: str) -> None:
        self.assertNotIn(KEY, printed)
        for file in attempt.content.rglob("*"):
            if file.is_file() and not file.is_symlink():
                self.assertNotIn(KEY.encode(), file.read_bytes(), file.name)
        self.assertIn("Your key is ***.", attempt.training_text())


if __name__ == "__main__":
    sys.exit(unittest.main())
