"""Leaves that did not change since the base: scored, and never trained on."""

import json
import unittest

from ilab_datagen.leaves import Example, Pair, to_leaf
from ilab_datagen.unchanged import kept_for_scoring
from ilab_testing.taxonomies import SKILL

from . import NEEDS_PACKAGES, has_packages
from .attempt import Attempt


@unittest.skipUnless(has_packages(), NEEDS_PACKAGES)
class Unchanged(unittest.TestCase):
    def attempt(self, **params: object) -> Attempt:
        attempt = Attempt(changedSince="main", **params)
        self.addCleanup(attempt.close)
        attempt.leaf("compositional_skills/old", SKILL)
        attempt.leaf("compositional_skills/new", SKILL.replace("number", "numeral"))
        attempt.leaf("compositional_skills/broken", "version: 3\n")
        source = {"kind": "folder", "commit": "c" * 40, "base": "b" * 40}
        source["changed"] = ["compositional_skills/new/qna.yaml"]
        attempt.taxonomy.with_name("taxonomy.source.json").write_text(json.dumps(source))
        done = attempt.run()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return attempt

    def test_some_of_their_examples_are_scored_when_somebody_asks(self) -> None:
        attempt = self.attempt(unchangedExamples=2)
        rows = attempt.rows("heldout/heldout.jsonl")
        old = [row for row in rows if row["leaf"] == "compositional_skills_old"]
        self.assertEqual((len(old), len(rows)), (2, 3))
        for row in old:
            self.assertNotIn(row["question"], attempt.training_text())
        manifest = attempt.json("manifest.json")
        self.assertEqual([leaf["id"] for leaf in manifest["leaves"]], ["compositional_skills_new"])
        self.assertEqual(
            manifest["unchanged"],
            [{"id": "compositional_skills_old", "path": "compositional_skills/old", "kind": "skill", "scored": 2}],
        )
        self.assertEqual((manifest["totals"]["unchanged_leaves"], manifest["totals"]["heldout_rows"]), (1, 3))

    def test_none_without(self) -> None:
        attempt = self.attempt()
        self.assertEqual({row["leaf"] for row in attempt.rows("heldout/heldout.jsonl")}, {"compositional_skills_new"})
        self.assertNotIn("unchanged", attempt.json("manifest.json"))


class Kept(unittest.TestCase):
    def kept(self, *questions: str, trained: str, most: int = 9) -> list[str]:
        seeds = [{"question": question, "answer": "Yes."} for question in questions]
        contents = {"created_by": "x", "task_description": "y", "seed_examples": seeds}
        leaf = to_leaf("compositional_skills/a", b"", contents, 3, set(), False)
        training = [Example("b", 1, None, (Pair(trained, "Yes."),))]
        found = kept_for_scoring([leaf], training, most=most, salt="1")
        return [example.pairs[0].question for example in found[leaf.id]]

    def test_nothing_that_training_holds_or_is_part_of(self) -> None:
        question = "Which of the gears is the largest one?"
        other = "What else is there to know?"
        self.assertEqual(self.kept(question, other, trained=question.upper()), [other])
        self.assertEqual(self.kept(question, trained=f"Tell me. {question} Be brief."), [])
        self.assertEqual(self.kept(f"Tell me. {question} Be brief.", trained=question), [])

    def test_a_short_answer_binds_nothing(self) -> None:
        self.assertEqual(len(self.kept("What is the first of all?", trained="What is the last of all?")), 1)

    def test_as_many_as_are_asked_for_in_the_order_of_the_file(self) -> None:
        questions = [f"What follows on the number {n}?" for n in range(8)]
        found = self.kept(*questions, trained="What is the last of all?", most=3)
        self.assertEqual(found, sorted(found))
        self.assertEqual(len(found), 3)


if __name__ == "__main__":
    unittest.main()
