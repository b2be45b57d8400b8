"""What upstream's flows make of taxonomies of every kind, in this process: importing them takes most of the time."""

import hashlib
import json
import os
import signal
import threading
import unittest
from typing import Any

from ilab_testing.chat_teacher import Reply, ScriptedTeacher
from ilab_testing.program import Ended, run_here, run_program
from ilab_testing.taxonomies import FISH, GROUNDED, HANDBOOK, SKILL, TaxonomyContent, knowledge, sentence

from . import ENGINE, needs_packages

KEY = "sk-very-secret-key"


def said(prompt: str) -> str:
    """What the flows expect, hanging on the prompt alone."""
    digest = hashlib.sha256(prompt.encode()).hexdigest()[:6]
    if "examples that teach" in prompt:
        return "Here:\n" + "\n".join(
            f"[CONTEXT]\nNote {digest} of day {n}.\n[END CONTEXT]\n"
            f"[QUESTION]\nWho counts {digest} and {n}?\n[END QUESTION]\n[ANSWER]\nThat is whoever has {digest}{n}.\n[END ANSWER]"
            for n in range(2)
        )
    if "series of educational questions" in prompt:
        return "\n".join(f"[QUESTION]\nHow does part {n} of {digest} go?\n[END]" for n in range(2))
    if "corroborated" in prompt:
        return "[Start of Explanation]\nIt is there.\n[End of Explanation]\n[Start of Answer]\nYES\n[End of Answer]"
    return f"It goes as {digest} says, and no other way. Your key is {KEY}."


@needs_packages
class Hub(unittest.TestCase):
    def setUp(self) -> None:
        before = dict(os.environ)
        self.addCleanup(os.environ.update, before)
        self.addCleanup(os.environ.clear)
        self.teacher = ScriptedTeacher(otherwise=said)
        self.addCleanup(self.teacher.close)

    def attempt(self, *, skills: bool = False, documents: bool = False, **params: Any) -> TaxonomyContent:
        own = {"url": self.teacher.url, "model": "mock", "timeoutSeconds": 60, "retries": 0, "rowsPerLeaf": 4}
        attempt = TaxonomyContent(teacher={**own, "rowsPerPrompt": 2}, sdgHub={"workers": 2}, **params)
        self.addCleanup(attempt.close)
        if skills:
            attempt.leaf("compositional_skills/counting", SKILL)
        if documents:
            attempt.leaf("knowledge/ponds", knowledge())
            attempt.document("handbook/fish.md", HANDBOOK)
        return attempt

    def run_on(self, attempt: TaxonomyContent) -> Ended:
        from ilab_datagen_hub.driver import generate_data

        attempt.write_params()
        return run_here(generate_data, attempt.content, PATH=os.environ["PATH"], TEACHER_API_KEY=KEY)

    def succeed(self, attempt: TaxonomyContent) -> dict[str, Any]:
        ended = self.run_on(attempt)
        self.assertEqual(ended.code, 0, ended.out + ended.err)
        self.assertNotIn(KEY, ended.out)
        # Upstream's tables and log lines are nobody's.
        for line in ended.out.splitlines():
            self.assertRegex(line, r"^(ilab-progress: |the teacher answered |warning: )")
        metrics: dict[str, Any] = attempt.json("result.json")["metrics"]
        return metrics

    def test_skills_alone_give_no_knowledge_file(self) -> None:
        attempt = self.attempt(skills=True, systemPrompt="Be brief.")
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
        self.assertEqual((metrics["knowledge_rows"], metrics["teacher_rows"], metrics["heldout_rows"]), (0, 8, 2))
        self.assertEqual(len(self.teacher.requests), 4)
        made = [row for row in attempt.rows("train/skills_train_msgs.jsonl") if "sdg_hub_" in row["metadata"]]
        self.assertTrue(made)
        for row in made:
            self.assertEqual([message["role"] for message in row["messages"]], ["system", "user", "assistant"])
            grounded = json.loads(row["metadata"])["dataset"] == "sdg_hub_grounded_skill"
            self.assertEqual(row["messages"][1]["content"].startswith("Note "), grounded)

    def test_knowledge_alone_gives_both_files_of_every_flow(self) -> None:
        attempt = self.attempt(documents=True)
        attempt.params["sdgHub"] |= {"flows": ["doc_direct_qa"], "chunkCharacters": 400}
        metrics = self.succeed(attempt)
        first, second = (attempt.rows(f"train/{phase}_train_msgs.jsonl") for phase in ("knowledge", "skills"))
        self.assertEqual((len(first), len(second)), (metrics["knowledge_rows"], metrics["skills_rows"]))
        self.assertGreater(metrics["teacher_rows"], 8)
        self.assertTrue(all(row["unmask"] for row in first))
        self.assertEqual({json.loads(row["metadata"])["leaf"] for row in first}, {"knowledge_ponds"})
        manifest = attempt.json("manifest.json")
        self.assertEqual(manifest["sdgHub"]["flows"], ["doc_direct_qa"])
        self.assertEqual(manifest["teacher"], {"url": self.teacher.url, "model": "mock"})
        self.assertIn("Your key is ***.", attempt.training_text())
        self.assertNotIn(KEY, attempt.training_text())
        self.assertEqual(set(self.teacher.keys), {f"Bearer {KEY}"})

    def test_the_teacher_never_sees_and_never_brings_back_what_is_held_out(self) -> None:
        self.succeed(quiet := self.attempt(skills=True, documents=True))
        heldout = [row[key] for row in quiet.rows("heldout/heldout.jsonl") for key in ("question", "answer")]
        contexts = [row["context"] for row in quiet.rows("heldout/heldout.jsonl") if "context" in row]
        asked = "\n".join(message["content"] for body in self.teacher.requests for message in body["messages"])

        def betray(prompt: str) -> str:
            if "examples that teach" in prompt:
                question, answer = heldout[:2]
                return f"[QUESTION]\n{question}\n[END QUESTION]\n[ANSWER]\n{answer}\n[END ANSWER]\n" + said(prompt)
            return said(prompt).replace("no other way", contexts[0])

        self.teacher.otherwise = betray
        metrics = self.succeed(attempt := self.attempt(skills=True, documents=True))
        self.assertGreater(metrics["teacher_dropped_held_out"], 1)
        self.assertGreater(metrics["dropped_passages"], 0)
        trained = attempt.training_text()
        for text in (*heldout, *contexts):
            self.assertNotIn(text, asked)
            self.assertNotIn(text, trained)
        for fish in FISH:
            self.assertIn(f"It is called {fish} by all who fish.", asked)
            self.assertEqual(sentence(fish) in asked, sentence(fish) != contexts[0])

    def test_who_goes_away_in_the_middle_is_asked_no_more_and_nothing_twice_when_back(self) -> None:
        self.teacher.otherwise = lambda prompt: (
            said(prompt) if len(self.teacher.requests) < 4 else Reply(status=503, raw=b"")
        )
        attempt = self.attempt(documents=True)
        attempt.params["sdgHub"]["workers"] = 1
        ended = self.run_on(attempt)
        self.assertEqual(ended.code, 75, ended.out + ended.err)
        self.assertRegex(ended.error, r"^the teacher at \S+ did not answer in 1 try: HTTP 503$")
        self.assertEqual(len(self.teacher.requests), 4)
        self.assertFalse((attempt.artifacts / "result.json").exists())
        self.teacher.otherwise = said
        self.succeed(attempt)
        bodies = [json.dumps(body) for body in self.teacher.requests]
        # The fourth alone was never answered.
        self.assertEqual(len(set(bodies)), len(bodies) - 1)
        self.assertFalse((attempt.content / "work" / "datagen").exists())
        before = (attempt.artifacts / "train.listing").read_bytes()
        self.succeed(attempt)
        self.assertEqual((attempt.artifacts / "train.listing").read_bytes(), before)

    def test_a_prompt_that_is_refused_costs_its_own_rows_only(self) -> None:
        self.teacher.otherwise = lambda prompt: Reply(status=400, raw=b"{}") if "set 1" in prompt else said(prompt)
        metrics = self.succeed(self.attempt(skills=True))
        self.assertEqual((metrics["teacher_refused"], metrics["teacher_rows"]), (1, 2))

    def test_a_teacher_of_no_use_is_said(self) -> None:
        self.teacher.otherwise = lambda _prompt: "I would rather not."
        ended = self.run_on(self.attempt(skills=True))
        self.assertEqual(ended.code, 64, ended.out)
        self.assertIn("the teacher gave no usable row: of 0 that passed the flows", ended.error)

    def test_sigterm_ends_it_while_the_teacher_is_silent(self) -> None:
        self.teacher.otherwise = lambda _prompt: Reply(hang=True)
        hanging = self.teacher.hanging
        threading.Thread(target=lambda: hanging.wait(600) and os.kill(os.getpid(), signal.SIGTERM)).start()
        self.assertEqual(self.run_on(self.attempt(skills=True)).code, 143)


@needs_packages
class Program(unittest.TestCase):
    def test_what_is_wrong_is_said_before_upstream_is_loaded(self) -> None:
        teacher = ScriptedTeacher()
        self.addCleanup(teacher.close)
        for flows, model, message in (
            (["nothing"], "mock", "parameter sdgHub.flows is nothing: it must name some of doc_direct_qa, key_facts"),
            (["key_facts"], "other", "the teacher does not serve the model other; it serves mock"),
        ):
            with self.subTest(message):
                attempt = TaxonomyContent(teacher={"url": teacher.url, "model": model}, sdgHub={"flows": flows})
                self.addCleanup(attempt.close)
                attempt.leaf("compositional_skills/counting", SKILL)
                attempt.write_params()
                ended = run_program(ENGINE / "bin" / "datagen", attempt.content)
                self.assertEqual(ended.code, 64, ended.err)
                self.assertIn(message, ended.error)
                self.assertNotIn("Loading", ended.out)
        self.assertEqual(teacher.requests, [])


if __name__ == "__main__":
    unittest.main()
