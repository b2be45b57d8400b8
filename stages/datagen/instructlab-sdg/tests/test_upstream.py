"""What upstream makes of taxonomies of every kind, in this process: importing upstream takes most of the time."""

import json
import os
import shutil
import signal
import threading
import unittest
from typing import Any

from ilab_testing.taxonomies import FISH, GROUNDED, HANDBOOK, SKILL, sentence

from . import NEEDS_PACKAGES, has_packages
from .completions_teacher import CompletionsTeacher, quiz, row

if has_packages():
    from .attempt import KNOWLEDGE, Attempt

PIPELINE = """\
version: "1.0"
blocks:
  - name: ask
    type: LLMBlock
    config:
      config_path: prompts/ask.yaml
      model_prompt: ""
      gen_kwargs: { model: lora-1 }
      output_cols: [question, response]
"""
PROMPT = """\
system: null
introduction: "Ask as the site asks: {{task_description}}"
principles: null
examples: "{{seed_question}} {{seed_response}}"
generation: Go on.
start_tags: ["[Q]", "[A]"]
end_tags: ["[/Q]", "[/A]"]
"""


@unittest.skipUnless(has_packages(), NEEDS_PACKAGES)
class Upstream(unittest.TestCase):
    @classmethod
    def tearDownClass(cls) -> None:
        import datasets

        # The caches of the first run serve all others of this process.
        shutil.rmtree(os.path.dirname(datasets.config.HF_CACHE_HOME), ignore_errors=True)

    def setUp(self) -> None:
        before = dict(os.environ)
        self.addCleanup(os.environ.update, before)
        self.addCleanup(os.environ.clear)
        self.teacher = CompletionsTeacher()
        self.addCleanup(self.teacher.close)

    def attempt(self, *, skills: bool = False, knowledge: bool = False, **params: Any) -> "Attempt":
        attempt = Attempt(self.teacher, **params)
        self.addCleanup(attempt.close)
        if skills:
            attempt.leaf("compositional_skills/counting", SKILL)
        if knowledge:
            attempt.leaf("knowledge/ponds", KNOWLEDGE)
            attempt.document("handbook/fish.md", HANDBOOK)
        return attempt

    def succeed(self, attempt: "Attempt") -> dict[str, Any]:
        code, printed = attempt.run_here()
        self.assertEqual(code, 0, printed)
        return attempt.json("result.json")["metrics"]

    def test_skills_alone_give_no_knowledge_file(self) -> None:
        import yaml

        attempt = self.attempt(skills=True, systemPrompt="Be brief.", sdg={"batchSize": 0})
        attempt.leaf("compositional_skills/grounded/counting", GROUNDED)
        metrics = self.succeed(attempt)
        self.assertEqual(
            attempt.json("manifest.json")["files"]["train"],
            [
                "node_datasets/compositional_skills_counting.jsonl",
                "node_datasets/compositional_skills_grounded_counting.jsonl",
                "skills_recipe.yaml",
                "skills_train_msgs.jsonl",
            ],
        )
        self.assertEqual((metrics["knowledge_rows"], metrics["skills_rows"], metrics["heldout_rows"]), (0, 60, 2))
        # Without batches one request asks about all examples that are not held out.
        self.assertEqual([(len(body["prompt"]), body["n"]) for body in self.teacher.requests], [(4, 2), (4, 2)])
        recipe = yaml.safe_load((attempt.artifacts / "train/skills_recipe.yaml").read_text())
        self.assertEqual(recipe["metadata"], {"sys_prompt": "Be brief."})
        self.assertEqual(recipe["datasets"][0]["sampling_size"], 30)
        own = attempt.rows(f"train/{recipe['datasets'][0]['path']}")
        self.assertEqual(len(own), 4 * 2)
        for made in (*own, *attempt.rows("train/skills_train_msgs.jsonl")):
            self.assertEqual(made["messages"][0], {"role": "system", "content": "Be brief."})
            self.assertEqual([message["role"] for message in made["messages"]], ["system", "user", "assistant"])
            self.assertFalse(made["unmask"])
        self.assertEqual(json.loads(own[0]["metadata"])["dataset"], "generated_skill")

    def test_knowledge_alone_gives_both_files_and_questions_that_can_move(self) -> None:
        import yaml

        # Upstream numbers the letters that occur: here its C would be 1.
        self.teacher.answer = lambda prompt, n: (
            quiz(f"Which of {len(prompt)}", "AC"[len(prompt) % 2]) if "multiple choice" in prompt else row(prompt, n)
        )
        attempt = self.attempt(knowledge=True)
        metrics = self.succeed(attempt)
        first, second = (attempt.rows(f"train/{phase}_train_msgs.jsonl") for phase in ("knowledge", "skills"))
        self.assertEqual((len(first), len(second)), (metrics["knowledge_rows"], metrics["skills_rows"]))
        self.assertEqual(len(second), 2 * len(first))
        self.assertTrue(all(made["unmask"] for made in first))
        self.assertEqual({made["unmask"] for made in second}, {False, True})
        self.assertEqual({json.loads(made["metadata"])["leaf"] for made in first}, {"knowledge_ponds"})

        nodes = attempt.artifacts / "tasks" / "node_datasets"
        moved = attempt.content / "elsewhere"
        nodes.rename(moved)
        task = yaml.safe_load((moved / "knowledge_ponds_task.yaml").read_text())
        self.assertEqual(task["tag"], "mmlu_pr")
        lines = (moved / task["dataset_kwargs"]["data_files"]["test"]).read_text().splitlines()
        questions = [json.loads(line) for line in lines]
        self.assertEqual(len(questions), metrics["questions"])
        for question in questions:
            length = int(question["question"].split()[-1].rstrip("?"))
            self.assertEqual(question["answer"], (0, 2)[length % 2])
            self.assertEqual(question["choices"], ["the red one", "the blue one", "the big one", "the old one"])
        self.assertEqual({question["answer"] for question in questions}, {0, 2})

    def test_the_teacher_never_sees_and_never_brings_back_what_is_held_out(self) -> None:
        self.succeed(quiet := self.attempt(skills=True, knowledge=True))
        heldout = [made[key] for made in quiet.rows("heldout/heldout.jsonl") for key in ("question", "answer")]
        contexts = [made["context"] for made in quiet.rows("heldout/heldout.jsonl") if "context" in made]
        self.assertEqual((len(heldout), len(set(contexts))), (2 + 6, 1))
        self.assertEqual(len(quiet.rows("train/node_datasets/compositional_skills_counting.jsonl")), 4 * 2)

        def betray(prompt: str, n: int) -> str:
            if n == 1:
                return row(prompt, n)
            return f"As they say: {heldout[0]} {heldout[1]}" if "number" in prompt else f"So {heldout[2]} {contexts[0]}"

        self.teacher.answer = betray
        metrics = self.succeed(attempt := self.attempt(skills=True, knowledge=True))
        self.assertEqual(len(attempt.rows("train/node_datasets/compositional_skills_counting.jsonl")), 4)
        self.assertGreater(metrics["teacher_dropped_held_out"], 1)
        self.assertGreater(metrics["dropped_passages"], 0)
        asked, trained = self.teacher.prompts(), attempt.training_text()
        for fish in FISH:
            # What stands beside a held-out paragraph is not lost with it.
            self.assertIn(f"It is called {fish} by all who fish.", trained)
            self.assertEqual(sentence(fish) in trained, sentence(fish) != contexts[0])
        for text in (*heldout, *contexts):
            self.assertNotIn(text, asked)
            self.assertNotIn(text, trained)

    def test_a_teacher_that_takes_one_prompt_at_a_time_is_asked_so(self) -> None:
        self.teacher.lists = False
        for refuses in (True, False):
            with self.subTest(refuses=refuses):
                self.teacher.refuses_lists = refuses
                self.teacher.requests.clear()
                self.succeed(attempt := self.attempt(skills=True))
                self.assertEqual({(len(body["prompt"]), body["n"]) for body in self.teacher.requests}, {(1, 1)})
                self.assertEqual(len(self.teacher.requests), 4 * 2)
                self.assertEqual(len(attempt.rows("train/skills_train_msgs.jsonl")), 30)

    def test_a_prompt_that_is_refused_costs_its_own_rows_only(self) -> None:
        self.teacher.status = lambda body: 400 if any("after 11?" in prompt for prompt in body["prompt"]) else 200
        metrics = self.succeed(attempt := self.attempt(skills=True))
        # Two empty answers, which upstream counts as one.
        self.assertEqual((metrics["teacher_refused"], metrics["teacher_unusable"]), (1, 1))
        self.assertEqual(len(attempt.rows("train/node_datasets/compositional_skills_counting.jsonl")), 3 * 2)

    def test_own_pipelines_are_run_as_they_are_and_may_name_another_model(self) -> None:
        attempt = self.attempt(skills=True)
        self.bring(attempt)
        self.teacher.answer = lambda prompt, _n: f"[Q]\nWhat of {len(prompt)}?\n[/Q]\n[A]\nAll of it, always.\n[/A]"
        metrics = self.succeed(attempt)
        self.assertEqual(metrics["skills_rows"], 30)
        [body] = self.teacher.requests
        self.assertEqual((body["model"], body["n"], len(body["prompt"])), ("lora-1", 1, 4))
        self.assertIn("Ask as the site asks: To name the successor", body["prompt"][0])
        self.assertRegex(attempt.json("manifest.json")["instructlabSdg"]["pipeline"], "^sha256:[0-9a-f]{64}$")

    def bring(self, attempt: "Attempt", pipeline: str = PIPELINE, prompt: str = PROMPT) -> None:
        folder = attempt.inputs / "sdgPipelines"
        (folder / "prompts").mkdir(parents=True)
        (folder / "freeform_skills.yaml").write_text(pipeline)
        (folder / "prompts" / "ask.yaml").write_text(prompt)

    def test_own_pipelines_that_cannot_be_used_are_named_before_the_teacher_is_asked(self) -> None:
        for pipeline, message in (
            (
                PIPELINE.replace("LLMBlock", "AskBlock"),
                "freeform_skills.yaml, block ask: there is no block type AskBlock",
            ),
            (
                PIPELINE.replace("prompts/ask", "prompts/none"),
                "block ask: .*No such file or directory: 'prompts/none.yaml'",
            ),
            (PIPELINE.replace("config_path", "config_pat"), "block ask: .*unexpected keyword argument 'config_pat'"),
            (PIPELINE.replace("LLMBlock", "LLMMessagesBlock"), "block ask: LLMMessagesBlock asks for chat completions"),
            (PIPELINE.replace("blocks:", "blocks: ["), "freeform_skills.yaml: while parsing"),
            (PIPELINE.replace("version:", "ver:"), "freeform_skills.yaml: 'version' is missing"),
        ):
            with self.subTest(message):
                attempt = self.attempt(skills=True)
                self.bring(attempt, pipeline)
                code, printed = attempt.run_here()
                self.assertEqual(code, 64, printed)
                self.assertRegex(printed, f"error: the pipelines of sdgPipelines cannot be used: .*{message}")
        attempt = self.attempt(knowledge=True)
        self.bring(attempt)
        self.assertIn("cannot be used: knowledge.yaml is missing", attempt.run_here()[1])
        attempt = self.attempt(skills=True, sdg={"pipelineFolder": "git+https://example.org/p@abc"})
        self.assertIn("pipelines at git+https://example.org/p@abc cannot be read: give a folder", attempt.run_here()[1])
        self.assertEqual(self.teacher.keys, set())

    def test_a_teacher_of_no_use_is_said(self) -> None:
        self.teacher.answer = lambda _prompt, _n: "I would rather not."
        code, printed = self.attempt(skills=True).run_here()
        self.assertEqual(code, 64, printed)
        # The answers are the same, so upstream counts them once.
        self.assertIn("no usable row: of 1 that it gave 1 have no question or no answer", printed)

    def test_who_goes_away_in_the_middle_is_asked_no_more(self) -> None:
        self.teacher.status = lambda _body: 503 if len(self.teacher.requests) > 2 else 200
        attempt = self.attempt(knowledge=True, sdg={"workers": 1})
        code, printed = attempt.run_here()
        self.assertEqual(code, 75, printed)
        self.assertRegex(
            printed, r"error: the teacher at \S+ did not answer in 1 try: HTTP 503: the key was Bearer \*\*\*\n$"
        )
        self.assertEqual(len(self.teacher.requests), 3)
        # Later it is back, and was not asked the first two again.
        self.teacher.status = lambda _body: 200
        self.succeed(attempt)
        bodies = [json.dumps(body) for body in self.teacher.requests]
        self.assertEqual(len(set(bodies)), len(bodies) - 1)

    def test_sigterm_ends_it_while_the_teacher_is_silent(self) -> None:
        self.teacher.hold_from = 1
        threading.Thread(target=lambda: self.teacher.holding.wait(600) and os.kill(os.getpid(), signal.SIGTERM)).start()
        code, printed = self.attempt(skills=True).run_here()
        self.assertEqual(code, 143, printed)


if __name__ == "__main__":
    unittest.main()
