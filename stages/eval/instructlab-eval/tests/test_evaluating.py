"""The stage as a whole, with the upstream packages."""

import json
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

from ilab_stage import check_listing

from . import needs_packages
from .judge import Judge
from .support import KEY, NAMES, artifact, make_content, processes_of, result, run_program, start_program, write_task
from .wandb_log import read_records, values

ALL = ["mmlu", "mmlu_branch", "mt_bench", "mt_bench_branch"]


@needs_packages
class Evaluating(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.content = Path(folder.name) / "content"

    def test_measures_everything_once_and_chooses_what_the_judge_likes_best(self) -> None:
        with Judge({"phase2-epoch-1": 8, "phase2-epoch-2": 6, "base": 4}) as judge:
            wandb = {"project": "taxonomy", "mode": "offline", "id": "01HXYZ", "name": "weekly"}
            make_content(self.content, judge.url, wandb=wandb, benchmarks=ALL, mergeSystemMessage=True)
            # One of upstream's form: a model that always says the same letter is right once or not at all.
            rows = [{"question": f"Which {right}?", "choices": list("abcd"), "answer": right} for right in (0, 1, 2, 3)]
            write_task(self.content / "inputs" / "tasks", "leaf_d", rows)
            self.kill_while_judged(judge)
            ended = run_program(self.content)
        self.assertEqual(ended.code, 0, ended.err)
        for line in ("base: mmlu", "serves ", ": answers "):
            self.assertNotIn(line, ended.out, "what an earlier try did is not done again")
        self.assertRegex(ended.out, r"mmlu was not measured: its data set is not here: .*cais/mmlu")
        self.assertNotIn(KEY, ended.out + ended.err)

        found = result(self.content)
        metrics = found["metrics"]
        self.assertEqual(found["chosen"], "phase2/epoch-1")
        self.assertEqual([metrics[f"mt_bench_{of}"] for of in ("base", "tuned", "delta", "error_rate")], [4, 8, 4, 0])
        self.assertEqual([metrics[f"mt_bench_branch_{of}"] for of in ("base", "tuned")], [4, 8])
        # The gate of the pipeline reads these two; the models are all the same.
        self.assertEqual((metrics["mmlu_branch_base"], metrics["mmlu_branch_tuned"]), (0.25, 0.25))
        self.assertEqual((metrics["candidates"], metrics["questions"]), (3, 8))
        self.assertNotIn("mmlu_base", metrics)
        roles = {message["role"] for request in judge.requests for message in request["messages"]}
        self.assertEqual(roles, {"user"}, "the system message is part of the user's")
        self.assert_artifacts()
        self.assert_logged()

    def kill_while_judged(self, judge: Judge) -> None:
        judge.held = True
        process = start_program(self.content)
        asked = len(judge.requests)
        while len(judge.requests) <= asked + 1:
            self.assertIsNone(process.poll(), "the driver ended before the judge was asked")
            time.sleep(0.02)
        process.kill()
        process.communicate()
        judge.release()
        while processes_of(self.content):
            time.sleep(0.02)

    def assert_artifacts(self) -> None:
        artifacts = self.content / "artifacts"
        names = {one["name"] for one in result(self.content)["artifacts"]}
        self.assertEqual(names, {"scores", "scores-table", "upstream-reports", "model", "wandb"})
        self.assertEqual(
            check_listing(artifacts / "model", (artifacts / "model.listing").read_bytes(), contents=True), []
        )
        scores = artifact(self.content, "scores.json")
        self.assertEqual((scores["chosen"], scores["chosenBy"]), ("phase2/epoch-1", "mt_bench"))
        names = [entry["name"] for entry in scores["candidates"]]
        self.assertEqual(names, ["phase1/epoch-1", "phase2/epoch-1", "phase2/epoch-2"])
        first, chosen, _ = scores["candidates"]
        self.assertNotIn("mt_bench", first, "no checkpoint of the first phase is asked")
        self.assertIn("mc_accuracy", first)
        self.assertEqual(chosen["per_leaf"]["leaf_a"]["mt_bench_branch"], 8.0)
        self.assertEqual(sorted(chosen["per_leaf"]), ["leaf_a", "leaf_b", "leaf_c", "leaf_d"])
        self.assertIn("| `phase2/epoch-1` (chosen) |", (artifacts / "scores.md").read_text())
        self.assertFalse((self.content / "work" / "eval").exists())
        reports = [artifact(self.content, f"reports/{name}_data.json") for name in ("mmlu_branch", "mt_bench_branch")]
        self.assertLessEqual({"trained_model_score", "model_score", "base_model_score"}, reports[0].keys())
        branch = {"trained_model_score", "overall_score", "base_model_score", "base_overall_score", "error_rate"}
        self.assertLessEqual(branch, reports[1].keys())

    def assert_logged(self) -> None:
        """As the real package reads it back, who would send it later."""
        folder = self.content / "artifacts" / "wandb"
        (run,) = folder.glob("offline-run-*/run-01HXYZ-eval.wandb")
        records = [json.loads(line) for line in read_records(run).splitlines()]
        (started,) = [record["run"] for record in records if "run" in record]
        self.assertEqual([started[name] for name in ("project", "run_group")], ["taxonomy", "weekly"])
        points = [values(record["history"]["item"]) for record in records if "history" in record]
        self.assertEqual([point["model"] for point in points], ["base", *NAMES])
        self.assertEqual([point.get("mt_bench") for point in points], [4, None, 8, 6])
        summary: dict[str, Any] = {}
        for record in records:
            summary |= values(record.get("summary", {}).get("update", []))
        self.assertEqual([summary[f"mt_bench_{of}"] for of in ("base", "tuned", "delta")], [4, 8, 4])
        leaf = "leaves/leaf_a/mt_bench_branch"
        self.assertEqual([summary[f"{leaf}_{of}"] for of in ("base", "tuned", "delta")], [4, 8, 4])
        self.assertNotIn(str(self.content).encode(), run.read_bytes(), "nothing of this machine")


if __name__ == "__main__":
    unittest.main()
