"""The parts that need no upstream package."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ilab_models.checkpoints import Candidate
from ilab_stage import BadInput, Params

from . import ENGINE

HAS_YAML = find_spec("yaml") is not None

if HAS_YAML:
    import yaml
    from ilab_eval_instructlab import repository, tasks
    from ilab_eval_instructlab.environment import FIRST, child_environment
    from ilab_eval_instructlab.measured import Findings
    from ilab_eval_instructlab.models import all_models
    from ilab_eval_instructlab.ratings import Ratings, compare
    from ilab_eval_instructlab.report import metrics, scores_document, scores_table, upstream_reports
    from ilab_eval_instructlab.results import Results, keep
    from ilab_eval_instructlab.serving import served
    from ilab_eval_instructlab.settings import Settings
    from ilab_eval_instructlab.tasks import Question

    from .support import SERVE, heldout_row, processes_of, question_rows, write_lines, write_task


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        if not HAS_YAML:
            self.skipTest("PyYAML is not installed here")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)


class SettingsTest(InAFolder):
    def read(self, judge: str = "gpt", **own: Any) -> "Settings":
        given = {"judge": {"url": "https://judge.example.org/v1", "model": judge}, "instructlabEval": own}
        return Settings.read(Params(given))

    def test_measures_in_one_order_whatever_is_typed(self) -> None:
        self.assertEqual(self.read().benchmarks, ("mmlu_branch", "mt_bench", "mt_bench_branch"))
        self.assertEqual(self.read(benchmarks=["mt_bench", "mmlu"]).benchmarks, ("mmlu", "mt_bench"))

    def test_merges_the_system_message_for_judges_that_refuse_one(self) -> None:
        table = (("prometheus-eval/prometheus-8x7b-v2.0", True), ("Mixtral-8x7B", True), ("granite", False))
        for judge, merged in table:
            self.assertIs(self.read(judge).merge_system_message, merged)
            self.assertIs(self.read(judge, mergeSystemMessage=not merged).merge_system_message, not merged)

    def test_asks_for_at_least_one_worker(self) -> None:
        self.assertGreaterEqual(self.read().max_workers, 1)

    def test_needs_no_judge_where_nothing_is_judged(self) -> None:
        self.assertIsNone(Settings.read(Params({"instructlabEval": {"benchmarks": ["mmlu_branch"]}})).judge)
        with self.assertRaisesRegex(BadInput, "parameter judge.url is missing"):
            Settings.read(Params({}))

    def test_refuses_what_it_does_not_know(self) -> None:
        for own, sentence in (
            ({"benchmarks": ["mmlu2"]}, "holds 'mmlu2': it knows mmlu, mmlu_branch, mt_bench, mt_bench_branch"),
            ({"benchmarks": []}, "benchmarks is empty"),
            ({"serve": []}, "serve is empty"),
            ({"gpus": 0}, "instructlabEval.gpus is 0"),
        ):
            with self.subTest(sentence), self.assertRaisesRegex(BadInput, sentence):
                self.read(**own)

    def test_an_empty_number_of_questions_is_none(self) -> None:
        self.assertNotIn(FIRST, child_environment({FIRST: ""}, self.root, None))
        self.assertEqual(child_environment({FIRST: "9"}, self.root, 4)[FIRST], "4")


class TasksTest(InAFolder):
    def test_can_be_read_from_wherever_they_were_moved(self) -> None:
        write_task(self.root / "in" / "node_datasets", "leaf", question_rows("x"))
        found = tasks.lay_out(self.root / "in", self.root / "out")
        assert found is not None
        task = yaml.safe_load((self.root / "out" / "leaf_task.yaml").read_text())
        self.assertEqual(task["dataset_kwargs"]["data_files"]["test"], str(self.root / "out" / "mmlubench_leaf.jsonl"))
        self.assertEqual({(one.task, one.leaf, one.item) for one in found.questions}, {("mmlu_pr_leaf", "leaf", "x")})
        self.assertEqual([one.place for one in found.questions], [0, 1, 2, 3])
        self.assertEqual(tasks.few_shots([found], 5), 0)

    def test_upstreams_hold_the_path_of_another_machine(self) -> None:
        rows = [{"question": "?", "choices": list("abcd"), "answer": 1}] * 2
        elsewhere = {"dataset_kwargs": {"data_files": {"test": "/another/machine/mmlubench_leaf.jsonl"}}}
        write_task(self.root / "in", "leaf", rows, **elsewhere)
        found = tasks.lay_out(self.root / "in", self.root / "out")
        assert found is not None
        self.assertEqual([one.item for one in found.questions], ["0", "1"])
        self.assertEqual(tasks.few_shots([found, None], 5), 5)

    def test_there_may_be_none(self) -> None:
        (self.root / "in").mkdir()
        self.assertIsNone(tasks.lay_out(self.root / "in", self.root / "out"))

    def test_no_code_and_no_file_elsewhere(self) -> None:
        folder = self.root / "in"
        hostile = (
            ("process_docs: !function os.system\ntask: x\n", "leaf_task.yaml of the tasks cannot be read"),
            ("- 1\n", "names no task"),
            ("task: x\n", "names no rows"),
            ("task: x\ndataset_kwargs: {data_files: {test: ../../etc/passwd}}\n", "passwd is not beside it"),
        )
        folder.mkdir()
        for text, sentence in hostile:
            (folder / "leaf_task.yaml").write_text(text)
            with self.subTest(sentence), self.assertRaisesRegex(BadInput, sentence):
                tasks.lay_out(folder, self.root / "out")


class RepositoryTest(InAFolder):
    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(self.root / "t"), *arguments], capture_output=True, text=True, check=True
        ).stdout

    def test_holds_the_skills_that_were_held_out_on_both_branches(self) -> None:
        rows = [
            heldout_row("../../etc", "skill", "Why?"),
            heldout_row("b", "grounded_skill", "Who?", context="Nobody."),
            heldout_row("c", "knowledge", "Where?"),
        ]
        write_lines(self.root / "heldout.jsonl", rows)
        paths = repository.lay_out(self.root / "heldout.jsonl", self.root / "t")
        assert paths is not None
        self.assertEqual(sorted(paths.values()), ["../../etc", "b"])
        self.assertEqual(sorted(self.git("ls-files").split()), sorted(paths))
        self.assertEqual(self.git("branch", "--show-current"), "tuned\n")
        self.assertEqual(self.git("rev-parse", "base"), self.git("rev-parse", "tuned"))
        path = next(path for path, leaf in paths.items() if leaf == "b")
        examples = yaml.safe_load((self.root / "t" / path).read_text())["seed_examples"]
        self.assertEqual(examples, [{"question": "Who?", "answer": "Because.", "context": "Nobody."}])

    def test_there_may_be_no_skill(self) -> None:
        write_lines(self.root / "heldout.jsonl", [heldout_row("c", "knowledge", "Where?")])
        self.assertIsNone(repository.lay_out(self.root / "heldout.jsonl", self.root / "t"))


class ServingTest(InAFolder):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def test_ends_the_server_whatever_happens(self) -> None:
        names = []
        with self.assertRaises(ZeroDivisionError), served(SERVE, model="m", name="n", gpus=1, seconds=60) as root:
            names.append(root)
            raise ZeroDivisionError
        self.assertRegex(names[0], r"^http://127\.0\.0\.1:\d+/v1$")

    def test_ends_with_whoever_started_it(self) -> None:
        code = (
            "import sys\nfrom ilab_eval_instructlab.serving import served\n"
            f"with served({SERVE!r}, model={str(self.root)!r}, name='n', gpus=1, seconds=60) as root:\n"
            "    print(root, flush=True)\n    sys.stdin.read()\n"
        )
        path = f"{ENGINE}:{ENGINE.parent.parent / '_lib'}"
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        while not process.stdout.readline().startswith("http://"):
            self.assertIsNone(process.poll())
        process.kill()
        process.communicate()
        while processes_of(self.root):
            time.sleep(0.02)

    def test_gives_up_on_one_that_serves_another_model(self) -> None:
        command = [*SERVE[:3], "another", "{port}"]
        with (
            self.assertRaisesRegex(RuntimeError, "n was not served within 0 s"),
            served(command, model="m", name="n", gpus=1, seconds=0),
        ):
            self.fail("it was said to be served")

    def test_fills_in_what_the_command_asks_for(self) -> None:
        told = self.root / "told"
        code = f"import sys; print(sys.argv[1:], file=open({str(told)!r}, 'w'))"
        with (
            self.assertRaisesRegex(RuntimeError, "the server ended with 0"),
            served([sys.executable, "-c", code, "{model}", "--tp={gpus}"], model="/m", name="n", gpus=2, seconds=60),
        ):
            self.fail("it was said to be served")
        self.assertEqual(told.read_text(), "['/m', '--tp=2']\n")


def rated(**ratings: list[float]) -> dict[str, Any]:
    """As `mt_bench` writes it."""
    answers = [
        {"question_id": question, "score": score, "qna_file": f"{question[0]}/qna.yaml"}
        for question, scores in ratings.items()
        for score in scores
    ]
    scores = [answer["score"] for answer in answers]
    return {"score": sum(scores) / len(scores), "turns": [1.0, None], "error_rate": 0.25, "answers": answers}


LEAVES = {"a/qna.yaml": "leaf_a", "b/qna.yaml": "leaf_b"}


class RatingsTest(InAFolder):
    def test_compares_question_by_question(self) -> None:
        base = Ratings.of(rated(a1=[2, 4], a2=[5, 5]), LEAVES)
        tuned = Ratings.of(rated(a1=[6, 6], a2=[8, 8], b1=[9]), LEAVES)
        found = compare(tuned, base)
        assert found is not None and found.delta is not None
        self.assertAlmostEqual(found.own.value, 37 / 5)
        self.assertEqual(found.own.freedom, 2, "three questions, not five ratings")
        self.assertAlmostEqual(found.delta.value, 37 / 5 - 4)
        # Both changed by three: two alike may be chance.
        self.assertEqual((found.delta.error, found.delta.within_noise), (0.0, True))

    def test_a_leaf_may_be_new(self) -> None:
        base, tuned = Ratings.of(rated(a1=[2]), LEAVES), Ratings.of(rated(a1=[6], b1=[9]), LEAVES)
        found = compare(tuned.of_leaf("leaf_b"), base.of_leaf("leaf_b"))
        assert found is not None
        self.assertEqual((found.own.value, found.own.error, found.delta), (9.0, None, None))
        self.assertIsNone(compare(base.of_leaf("leaf_b"), None))


class FindingsTest(InAFolder):
    """Two checkpoints of the last phase; the later is better in multiple choice, the earlier for the judge."""

    def findings(self, *benchmarks: str, absent: dict[str, str] | None = None) -> "Findings":
        names = (("phase1/epoch-1", 1), ("phase2/epoch-1", 2), ("phase2/epoch-2", 2))
        models = all_models(self.root, [Candidate(name, self.root / name, phase) for name, phase in names])
        results = Results(self.root / "results")
        right = {"base": [1, 0, 0, 0], "phase1/epoch-1": [1, 1, 1, 1], "phase2/epoch-1": [1, 1, 0, 0]}
        judged = {"base": 3.0, "phase2/epoch-1": 7.0, "phase2/epoch-2": 5.0}
        for model in models:
            own = [bool(one) for one in right.get(model.name, [1, 1, 1, 0])]
            keep(results.place(model, "mmlu_branch"), {"score": sum(own) / 4, "tasks": {}, "right": {"t": own}})
            if model.name in judged:
                for benchmark in ("mt_bench", "mt_bench_branch"):
                    keep(results.place(model, benchmark), rated(a1=[judged[model.name]] * 2, b1=[judged[model.name]]))
            keep(results.place(model, "mmlu"), {"absent": "it is not here"})
        questions = [Question("t", place, "leaf_a", str(place)) for place in range(4)]
        return Findings(models, results, benchmarks=benchmarks, questions=questions, leaves=LEAVES, absent=absent or {})

    def test_the_judge_decides_where_there_is_one(self) -> None:
        model, by = self.findings("mmlu_branch", "mt_bench").chosen()
        self.assertEqual((model.name, by), ("phase2/epoch-1", "mt_bench"))

    def test_else_multiple_choice_among_the_last_phase(self) -> None:
        model, by = self.findings("mmlu", "mmlu_branch").chosen()
        self.assertEqual((model.name, by), ("phase2/epoch-2", "mmlu_branch"))

    def test_the_gate_finds_its_metrics_first(self) -> None:
        findings = self.findings("mmlu", "mmlu_branch", "mt_bench", "mt_bench_branch")
        found = metrics(findings, findings.chosen()[0])
        self.assertEqual(list(found)[:2], ["mmlu_branch_base", "mmlu_branch_tuned"])
        self.assertEqual((found["mmlu_branch_base"], found["mmlu_branch_tuned"]), (0.25, 0.5))
        self.assertEqual((found["mt_bench_delta"], found["mt_bench_error_rate"]), (4.0, 0.25))
        self.assertEqual([name for name in found if name.startswith("mmlu_") and "branch" not in name], [])

    def test_is_written_down_for_programs_and_for_people(self) -> None:
        findings = self.findings("mmlu", "mmlu_branch", "mt_bench", "mt_bench_branch")
        chosen, by = findings.chosen()
        document = json.loads(json.dumps(scores_document(findings, chosen, by), allow_nan=False))
        self.assertEqual((document["chosen"], document["absent"]), ("phase2/epoch-1", {"mmlu": "it is not here"}))
        entry = document["candidates"][1]
        self.assertEqual((entry["mc_accuracy"], entry["mc_delta"], entry["mt_bench"]), (0.5, 0.25, 7.0))
        self.assertEqual(entry["mt_bench_turns"], [1.0, None])
        self.assertEqual(entry["per_leaf"]["leaf_b"]["mt_bench_branch_delta"], 4.0)
        table = scores_table(findings, chosen)
        self.assertIn(
            "| model | MMLU-branch | difference | MT-Bench | difference | MT-Bench-branch | difference |", table
        )
        self.assertIn("MMLU was not measured: `it is not here`", table)

    def test_upstreams_reports_hold_the_keys_of_both_chains(self) -> None:
        findings = self.findings("mmlu_branch", "mt_bench", "mt_bench_branch")
        reports = upstream_reports(findings, findings.chosen()[0], "the-judge")
        self.assertEqual(reports["mt_bench_data.json"]["best_model"], "phase2/epoch-1")
        self.assertEqual(len(reports["mt_bench_data.json"]["reports"]), 2)
        self.assertEqual(reports["mt_bench_data.json"]["reports"][0]["turn_scores"], [1.0, "N/A"])
        knowledge = reports["mmlu_branch_data.json"]
        self.assertEqual((knowledge["trained_model_score"], knowledge["model_score"]), (0.5, 0.5))
        summary = json.loads(knowledge["summary"])
        change = {"task": "leaf_a", "base_score": 0.25, "new_score": 0.5, "delta": 0.25}
        self.assertEqual(summary, {"improvements": [change], "regressions": [], "no_changes": [], "new": []})
        skills = reports["mt_bench_branch_data.json"]
        self.assertEqual(
            (skills["overall_score"], skills["base_overall_score"], skills["error_rate"]), (7.0, 3.0, 0.25)
        )


class Lock(unittest.TestCase):
    def test_is_that_of_datagen_so_that_one_environment_serves_both(self) -> None:
        for name in ("requirements.in", "requirements.lock", "requirements-cpu.lock", "finish-environment"):
            theirs = ENGINE.parents[1] / "datagen" / "instructlab-sdg" / name
            self.assertEqual((ENGINE / name).read_bytes(), theirs.read_bytes(), name)


if __name__ == "__main__":
    unittest.main()
