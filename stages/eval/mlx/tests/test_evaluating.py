"""The stage as a whole."""

import json
import math
import shutil
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

from ilab_stage import check_listing

from . import needs_packages
from .support import (
    evaluate_here,
    heldout_row,
    make_content,
    result,
    run_program,
    write_copy_of_base,
    write_flat_model,
    write_index,
    write_lines,
)

VOCABULARY = 263


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.content = Path(folder.name) / "content"


@needs_packages
class Evaluating(InAFolder):
    def test_chooses_the_checkpoint_with_the_lowest_heldout_loss(self) -> None:
        make_content(self.content)
        ended = run_program(self.content)
        self.assertEqual((ended.code, ended.err), (0, ""))
        found = result(self.content)
        metrics = found["metrics"]
        self.assertEqual(found["chosen"], "phase2/epoch-1")
        self.assertAlmostEqual(metrics["tuned_heldout_loss"], math.log(VOCABULARY), places=4)
        self.assertGreater(metrics["base_heldout_loss"], math.log(VOCABULARY))
        self.assertAlmostEqual(
            metrics["heldout_loss_delta"], metrics["tuned_heldout_loss"] - metrics["base_heldout_loss"], places=6
        )
        self.assertEqual(metrics["mmlu_branch_tuned"], 0.25, "who finds all letters equal is right once in four")
        self.assertEqual(metrics["mmlu_branch_within_noise"], 1)
        self.assertEqual(
            [metrics[name] for name in ("candidates", "heldout_rows", "questions", "dropped_rows")], [2, 4, 4, 0]
        )
        self.assertFalse((self.content / "work" / "eval").exists())

    def test_hands_on_the_chosen_model_and_the_scores(self) -> None:
        make_content(self.content)
        self.assertEqual(evaluate_here(self.content).code, 0)
        artifacts = self.content / "artifacts"
        self.assertEqual(
            {one["name"] for one in result(self.content)["artifacts"]}, {"scores", "scores-table", "model"}
        )
        chosen = self.content / "inputs/checkpoints/phase2/epoch-1"
        self.assertEqual(
            {file.name: file.read_bytes() for file in (artifacts / "model").iterdir()},
            {file.name: file.read_bytes() for file in chosen.iterdir()},
        )
        listing = (artifacts / "model.listing").read_bytes()
        self.assertEqual(check_listing(artifacts / "model", listing, contents=True), [])
        scores = json.loads((artifacts / "scores.json").read_text())
        again, flat = scores["candidates"]
        self.assertEqual((again["name"], flat["name"]), ("phase1/epoch-1", "phase2/epoch-1"))
        self.assertEqual((again["heldout_loss_delta"], again["heldout_loss_within_noise"]), (0.0, True))
        self.assertEqual(again["heldout_loss"], scores["base"]["heldout_loss"])
        self.assertEqual(sorted(flat["per_leaf"]), ["leaf_a", "leaf_b"])
        self.assertIn("`phase2/epoch-1` (chosen)", (artifacts / "scores.md").read_text())

    def test_prefers_the_earlier_of_equal_checkpoints(self) -> None:
        make_content(self.content)
        checkpoints = self.content / "inputs" / "checkpoints"
        write_flat_model(checkpoints / "phase2" / "epoch-2")
        write_index(checkpoints, ["phase2/epoch-1", "phase2/epoch-2"])
        self.assertEqual(evaluate_here(self.content).code, 0)
        self.assertEqual(result(self.content)["chosen"], "phase2/epoch-1")

    def test_takes_a_tokenizer_that_was_only_written_anew(self) -> None:
        make_content(self.content)
        file = self.content / "inputs/checkpoints/phase2/epoch-1/tokenizer.json"
        again = json.loads(file.read_text()) | {"post_processor": {"type": "TemplateProcessing"}}
        file.write_text(json.dumps(again))
        self.assertEqual(evaluate_here(self.content).code, 0)

    def test_says_that_nothing_was_shown_when_nothing_changed(self) -> None:
        make_content(self.content)
        write_index(self.content / "inputs" / "checkpoints", ["phase1/epoch-1"])
        ended = evaluate_here(self.content)
        self.assertEqual(ended.code, 0)
        self.assertIn("(within noise of the base)", ended.out)
        metrics = result(self.content)["metrics"]
        self.assertEqual((metrics["heldout_loss_delta"], metrics["heldout_loss_within_noise"]), (0, 1))

    def test_does_without_tasks_and_says_so(self) -> None:
        make_content(self.content, tasks=False)
        for folder in (None, self.content / "inputs" / "tasks" / "node_datasets"):
            if folder:
                folder.mkdir(parents=True)
            ended = evaluate_here(self.content)
            self.assertEqual(ended.code, 0, ended.err)
            self.assertIn("there is no multiple-choice question: its figures are absent", ended.out)
            self.assertEqual([name for name in result(self.content)["metrics"] if name.startswith("mmlu")], [])

    def test_makes_the_same_bytes_again_whatever_the_batches(self) -> None:
        make_content(self.content)
        documents = set()
        for _ in range(2):
            self.assertEqual(evaluate_here(self.content).code, 0)
            documents.add((self.content / "artifacts" / "scores.json").read_bytes())
        self.assertEqual(len(documents), 1)
        before = result(self.content)["metrics"]
        (self.content / "params.json").write_text(json.dumps({"model": "tiny", "batchSize": 1}))
        self.assertEqual(evaluate_here(self.content).code, 0)
        for name, value in result(self.content)["metrics"].items():
            self.assertAlmostEqual(value, before[name], places=4)

    def test_leaves_out_rows_that_are_too_long_and_counts_them(self) -> None:
        make_content(self.content, maxSeqLen=64)
        file = self.content / "inputs" / "heldout" / "heldout.jsonl"
        long = heldout_row("leaf_b", "Why?", "Because. " * 20)
        file.write_text(file.read_text() + json.dumps(long) + "\n")
        ended = evaluate_here(self.content)
        self.assertEqual(ended.code, 0, ended.err)
        self.assertIn("1 of 5 held-out rows are longer than 64 tokens and are left out", ended.out)
        self.assertEqual(result(self.content)["metrics"]["dropped_rows"], 1)


@needs_packages
class BadInput(InAFolder):
    def test_is_told_in_one_sentence(self) -> None:
        checkpoints = self.content / "inputs" / "checkpoints"
        heldout = self.content / "inputs" / "heldout" / "heldout.jsonl"

        def other_tokenizer() -> None:
            (checkpoints / "phase2/epoch-1/tokenizer.json").write_text("{}")

        def broken_weights() -> None:
            import mlx.core as mx

            file = checkpoints / "phase2/epoch-1/model.safetensors"
            weights = mx.load(str(file))
            assert isinstance(weights, dict)
            weights["model.norm.weight"] = weights["model.norm.weight"] * float("nan")
            mx.save_safetensors(str(file), weights)

        headless = {"messages": [{"role": "assistant", "content": "x"}]}
        index = checkpoints / "index.json"
        faulty: dict[str, tuple[Callable[[], object], str]] = {
            "no heldout": (lambda: shutil.rmtree(heldout.parent), "input heldout is missing"),
            "no file": (heldout.unlink, "heldout.jsonl cannot be read"),
            "no row": (lambda: heldout.write_text(""), "heldout.jsonl holds no row"),
            "no leaf": (lambda: write_lines(heldout, [headless]), "has no leaf"),
            "all too long": (lambda: write_lines(heldout, [heldout_row("a", "x", "y" * 5000)]), "nothing can be"),
            "no checkpoints": (lambda: shutil.rmtree(checkpoints), "input checkpoints is missing"),
            "no index": (index.unlink, "has no index.json"),
            "broken index": (lambda: index.write_text("[]"), "index.json of the checkpoints cannot be read"),
            "empty index": (lambda: write_index(checkpoints, []), "names no checkpoint"),
            "lost checkpoint": (lambda: write_index(checkpoints, ["phase9/e"]), "checkpoint phase9/e is no folder"),
            "hostile index": (lambda: write_index(checkpoints, ["../model"]), "which is no folder below it"),
            "other tokenizer": (other_tokenizer, "was not made from this base model: its tokenizer.json is another"),
            "broken weights": (broken_weights, "phase2/epoch-1 gives no finite loss"),
        }  # fmt: skip
        for name, (damage, sentence) in faulty.items():
            with self.subTest(name):
                shutil.rmtree(self.content, ignore_errors=True)
                make_content(self.content)
                damage()
                ended = evaluate_here(self.content)
                self.assertEqual(ended.code, 64, ended.err)
                self.assertIn(sentence, ended.error)
                self.assertNotIn("Traceback", ended.err)
                self.assertFalse((self.content / "artifacts" / "result.json").exists())

    def test_is_a_mounted_base_that_is_no_model(self) -> None:
        make_content(self.content)
        write_copy_of_base(self.content / "inputs" / "model")
        (self.content / "inputs" / "model" / "config.json").unlink()
        self.assertIn("input model is no model in Hugging Face format", evaluate_here(self.content).error)


if __name__ == "__main__":
    unittest.main()
