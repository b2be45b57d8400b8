import unittest
from typing import Any

from . import needs_packages


@needs_packages
class ScoresTest(unittest.TestCase):
    def scores(self) -> tuple[Any, Any, Any]:
        """Leaf a: two rows and two questions of two rows each; leaf b: one row, one question of one row."""
        import numpy as np

        from ilab_eval_mlx.choices import Question
        from ilab_eval_mlx.heldout import HeldOut
        from ilab_scores.scores import Measured, Scores
        from ilab_mlx.encoding import Encoded

        def row(tokens: int) -> Encoded:
            return Encoded(np.zeros(tokens + 1, np.int32), np.arange(tokens + 1) > 0)

        heldout = HeldOut(("a", "a", "b"), (row(10), row(30), row(10)), 0)
        questions = [
            Question(leaf, item, "", 0) for leaf, item in (("a", "1"), ("a", "1"), ("a", "2"), ("a", "2"), ("b", "1"))
        ]
        base = Measured("base", [50.0, 150.0, 60.0], [True, False, False, False, False])
        tuned = Measured("phase2/epoch-1", [20.0, 66.0, 24.0], [True, True, True, False, False])
        return Scores(heldout, questions, base), base, tuned

    def test_weighs_losses_by_tokens(self) -> None:
        scores, base, tuned = self.scores()
        self.assertAlmostEqual(scores.loss(base).own.value, 260 / 50)
        self.assertAlmostEqual(scores.loss(tuned).own.value, 110 / 50)
        self.assertAlmostEqual(scores.loss(tuned).delta.value, -3.0)
        self.assertAlmostEqual(scores.loss(tuned, "a").own.value, 86 / 40)
        self.assertIs(scores.loss(tuned).delta.within_noise, False)
        self.assertIsNone(scores.loss(tuned, "b").delta.within_noise)
        self.assertIsNone(scores.loss(base).delta)

    def test_takes_the_mean_over_leaves_and_a_question_as_one_observation(self) -> None:
        scores, base, tuned = self.scores()
        self.assertEqual(scores.choice(base).own.value, (0.25 + 0) / 2)
        self.assertEqual(scores.choice(tuned).own.value, (0.75 + 0) / 2)
        self.assertEqual(scores.choice(tuned).own.freedom, 2, "three questions, not five rows")
        self.assertEqual(scores.choice(tuned).delta.value, 0.25)
        self.assertIs(scores.choice(tuned).delta.within_noise, True)
        self.assertEqual(scores.choice(tuned, "a").delta.value, 0.5)

    def test_is_written_down_with_everything_by_leaf(self) -> None:
        import json

        from ilab_eval_mlx.report import scores_document

        scores, base, tuned = self.scores()
        document = json.loads(json.dumps(scores_document(scores, base, [tuned], tuned), allow_nan=False))
        self.assertEqual(
            (document["version"], document["chosen"], document["withinNoise"]), (1, "phase2/epoch-1", False)
        )
        self.assertEqual(document["base"]["name"], "base")
        self.assertNotIn("heldout_loss_delta", document["base"])
        (candidate,) = document["candidates"]
        self.assertEqual(set(document["base"]) | {
            "heldout_loss_delta", "heldout_loss_delta_se", "heldout_loss_within_noise",
            "mc_delta", "mc_delta_se", "mc_within_noise",
        }, set(candidate))  # fmt: skip
        self.assertLessEqual(
            {"name", "heldout_loss", "heldout_loss_se", "mc_accuracy", "mc_se", "per_leaf"}, set(candidate)
        )
        leaf = candidate["per_leaf"]["b"]
        self.assertEqual((leaf["rows"], leaf["questions"]), (1, 1))
        self.assertEqual((leaf["heldout_loss"], leaf["heldout_loss_se"], leaf["mc_within_noise"]), (2.4, None, None))

    def test_is_a_table_that_claims_nothing_from_one_example_or_from_no_spread(self) -> None:
        from ilab_eval_mlx.choices import Question
        from ilab_eval_mlx.report import scores_table
        from ilab_scores.scores import Measured, Scores

        scores, base, tuned = self.scores()
        same = [Measured(one.name, one.nats, [True] * 3) for one in (base, tuned)]
        few = Scores(scores._heldout, [Question("b", str(at), "", 0) for at in range(3)], same[0])
        table = scores_table(few, same[0], [same[1]], same[1])
        self.assertIn("| 3 | 1.000 (all 3 the same) | 1.000 (all 3 the same) | +0.000 (all 3 the same) *within noise* |", table)
        self.assertRegex(table, r"(?m)^\| `b` \| 1 \|.* \*too few\* \| 3 \|")
        self.assertNotIn("± 0.000", table)

    def test_is_a_table_that_no_name_can_break(self) -> None:
        from ilab_eval_mlx.choices import Question
        from ilab_eval_mlx.report import scores_table
        from ilab_scores.scores import Scores

        scores, base, tuned = self.scores()
        hostile = "x`|<b>\n@someone"
        odd = Scores(scores._heldout, [Question(hostile, "1", "", 0)] * 5, base)
        table = scores_table(odd, base, [tuned], tuned)
        (line,) = [line for line in table.splitlines() if "someone" in line]
        self.assertTrue(line.startswith("| `x'\\|<b> @someone` | - | - | - |"), line)
        self.assertIn("| `phase2/epoch-1` (chosen) | 2.200 ± ", table)

    def test_has_no_choice_without_questions(self) -> None:
        from ilab_eval_mlx.report import scores_table
        from ilab_scores.scores import Measured, Scores

        scores, base, tuned = self.scores()
        base, tuned = (Measured(one.name, one.nats, []) for one in (base, tuned))
        without = Scores(scores._heldout, [], base)
        self.assertIsNone(without.choice(tuned))
        self.assertNotIn("mc_accuracy", without.as_json(tuned))
        self.assertIn("| - | - |", scores_table(without, base, [tuned], tuned))


if __name__ == "__main__":
    unittest.main()
