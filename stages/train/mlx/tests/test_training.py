"""The stage as a whole, with the tiny model."""

import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

from ilab_models.tiny_model import write_tiny_model
from ilab_stage import check_listing

from . import needs_packages
from .support import make_content, result, row, rows, run_program, train_here


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def content(self, name: str, **given: Any) -> Path:
        return make_content(self.root / name, **given)


def weights(folder: Path) -> dict[str, Any]:
    import mlx.core as mx

    return mx.load(str(folder / "model.safetensors"))


@needs_packages
class Training(InAFolder):
    def test_trains_knowledge_then_skills_and_keeps_each_epoch(self) -> None:
        content = self.content("a", knowledge=rows(4, unmask=True), skills=rows(6), epochs=2)
        ended = train_here(content)
        self.assertEqual((ended.code, ended.err), (0, ""))
        checkpoints = content / "artifacts" / "checkpoints"
        index = json.loads((checkpoints / "index.json").read_text())
        self.assertEqual(
            [(one["name"], one["subject"], one["step"]) for one in index["checkpoints"]],
            [
                ("phase1/epoch-1", "knowledge", 2),
                ("phase1/epoch-2", "knowledge", 4),
                ("phase2/epoch-1", "skills", 3),
                ("phase2/epoch-2", "skills", 6),
            ],
        )
        self.assertEqual((index["version"], index["base"], index["last"]), (1, "builtin:tiny", "phase2/epoch-2"))
        losses = [one["train_loss"] for one in index["checkpoints"]]
        self.assertEqual(losses, sorted(losses, reverse=True), "each epoch learns")
        self.assertEqual(sorted(path.name for path in checkpoints.iterdir()), ["index.json", "phase1", "phase2"])
        listing = (content / "artifacts" / "checkpoints.listing").read_bytes()
        self.assertEqual(check_listing(checkpoints, listing, contents=True), [])
        metrics = result(content)["metrics"]
        self.assertEqual({name: metrics[name] for name in ("checkpoints", "rows", "dropped_rows", "steps")}, {
            "checkpoints": 4, "rows": 10, "dropped_rows": 0, "steps": 10,
        })  # fmt: skip
        self.assertLess(metrics["train_loss_last"], metrics["train_loss_first"])
        self.assertEqual(set(metrics) & {"learning_rate", "batch_size"}, {"learning_rate", "batch_size"})
        self.assertGreater(metrics["learning_rate"], 0)

    def test_moves_every_parameter_of_a_full_tuning(self) -> None:
        content = self.content("a", skills=rows(4))
        self.assertEqual(train_here(content).code, 0)
        (self.root / "tiny").mkdir()
        write_tiny_model(self.root / "tiny")
        before, after = weights(self.root / "tiny"), weights(content / "artifacts/checkpoints/phase2/epoch-1")
        self.assertEqual(before.keys(), after.keys())
        self.assertEqual([name for name in before if (before[name] == after[name]).all().item()], [])

    def test_makes_checkpoints_that_mlx_lm_and_transformers_load(self) -> None:
        from mlx_lm import generate, load
        from transformers import AutoConfig, AutoTokenizer

        content = self.content("a", skills=rows(4))
        self.assertEqual(train_here(content).code, 0)
        folder = str(content / "artifacts/checkpoints/phase2/epoch-1")
        model, tokenizer = load(folder)
        self.assertIsInstance(generate(model, tokenizer, prompt="Hi", max_tokens=2), str)
        self.assertEqual(AutoConfig.from_pretrained(folder).model_type, "llama")
        self.assertIn("assistant", AutoTokenizer.from_pretrained(folder).chat_template)

    def test_makes_the_same_bytes_again(self) -> None:
        digests = set()
        for name in ("a", "b"):
            content = self.content(name, knowledge=rows(3, unmask=True), skills=rows(5))
            self.assertEqual(train_here(content).code, 0)
            digests.add(result(content)["artifacts"][0]["digest"])
        self.assertEqual(len(digests), 1)

    def test_depends_on_the_seed(self) -> None:
        digests = set()
        for seed in (1, 2):
            content = self.content(str(seed), skills=rows(5), seed=seed)
            self.assertEqual(train_here(content).code, 0)
            digests.add(result(content)["artifacts"][0]["digest"])
        self.assertEqual(len(digests), 2)

    def test_skips_a_phase_without_a_file_and_says_so(self) -> None:
        for given, phase, missing in (("skills", "phase2", "knowledge"), ("knowledge", "phase1", "skills")):
            with self.subTest(given):
                content = self.content(given, **{given: rows(3)})
                ended = train_here(content)
                self.assertEqual(ended.code, 0)
                self.assertIn(f"({missing}) is skipped: there is no {missing}_train_msgs.jsonl", ended.out)
                index = json.loads((content / "artifacts/checkpoints/index.json").read_text())
                self.assertEqual(index["last"], f"{phase}/epoch-1")

    def test_starts_from_a_mounted_model_whatever_the_parameter_says(self) -> None:
        content = self.content("a", skills=rows(3), model="some/folder", learningRate=0.005)
        (content / "inputs" / "model").mkdir()
        write_tiny_model(content / "inputs" / "model")
        self.assertEqual(train_here(content).code, 0)
        built_in = self.content("b", skills=rows(3))
        self.assertEqual(train_here(built_in).code, 0)
        after = [weights(one / "artifacts/checkpoints/phase2/epoch-1") for one in (content, built_in)]
        self.assertTrue(all((after[0][name] == after[1][name]).all().item() for name in after[0]))

    def test_leaves_out_rows_that_are_too_long_and_says_which(self) -> None:
        long = row("Why?", "Because. " * 40)
        content = self.content("a", skills=[*rows(3), long, *rows(2)], maxSeqLen=128)
        ended = train_here(content)
        self.assertEqual(ended.code, 0)
        self.assertIn(
            "phase 2 (skills): 1 of 6 rows are longer than maxSeqLen 128 (longest: 371 tokens) and are left out: "
            "skills_train_msgs.jsonl:4",
            ended.out,
        )
        metrics = result(content)["metrics"]
        self.assertEqual((metrics["rows"], metrics["dropped_rows"]), (5, 1))

    def test_comes_to_the_same_when_it_computes_activations_twice(self) -> None:
        # As a program: mlx-lm changes the classes of its layers for good.
        losses = []
        for name, given in (("a", {}), ("b", {"gradCheckpoint": True})):
            content = self.content(name, knowledge=rows(3), skills=rows(5), **given)
            self.assertEqual((run_program if given else train_here)(content).code, 0)
            losses.append(result(content)["metrics"]["train_loss_last"])
        self.assertAlmostEqual(losses[0], losses[1], places=4)

    def test_tunes_with_lora(self) -> None:
        content = self.content("a", skills=rows(6), fineTuneType="lora", learningRate=0.01, loraRank=4, epochs=2)
        ended = train_here(content)
        self.assertEqual(ended.code, 0, ended.err)
        (self.root / "tiny").mkdir()
        write_tiny_model(self.root / "tiny")
        before, after = weights(self.root / "tiny"), weights(content / "artifacts/checkpoints/phase2/epoch-2")
        self.assertEqual(before.keys(), after.keys())
        moved = {name for name in before if not (before[name] == after[name]).all().item()}
        self.assertEqual(moved, {name for name in before if "_proj." in name})
        self.assertLess(result(content)["metrics"]["train_loss_last"], result(content)["metrics"]["train_loss_first"])


@needs_packages
class BadInput(InAFolder):
    def refused(self, content: Path) -> str:
        ended = train_here(content)
        self.assertEqual(ended.code, 64, ended.err)
        self.assertNotIn("Traceback", ended.err)
        self.assertFalse((content / "artifacts" / "result.json").exists())
        self.assertEqual((content / "termination-log").read_text().splitlines()[0], ended.error)
        return ended.error

    def test_is_told_in_one_sentence(self) -> None:
        faulty: dict[str, tuple[dict[str, Any], str]] = {
            "nothing": ({}, "input train holds neither knowledge_train_msgs.jsonl nor skills_train_msgs.jsonl"),
            "empty": ({"skills": []}, "skills_train_msgs.jsonl holds no row"),
            "no messages": ({"skills": [{"id": "x"}]}, "skills_train_msgs.jsonl:1: has no messages"),
            "no answer": (
                {"skills": [{"messages": [{"role": "user", "content": "x"}]}]},
                "skills_train_msgs.jsonl:1 has no answer",
            ),
            "too long": ({"skills": rows(2), "maxSeqLen": 8}, "phase 2 (skills) has nothing to learn from"),
            "no model": ({"skills": rows(2), "model": None}, "parameter model is missing"),
            "no such model": ({"skills": rows(2), "model": "big"}, "parameter model is 'big'"),
            "diverges": ({"skills": rows(20), "learningRate": 1e30}, "phase 2 (skills) diverged at step"),
        }
        for name, (given, sentence) in faulty.items():
            with self.subTest(name):
                self.assertIn(sentence, self.refused(self.content(name, **given)))

    def test_names_what_a_model_folder_lacks(self) -> None:
        def change(folder: Path, name: str, content: str | None) -> None:
            if content is None:
                (folder / name).unlink()
            else:
                (folder / name).write_text(content)

        faulty: dict[str, tuple[str, str | None, str]] = {
            "no config": ("config.json", None, "it has no config.json"),
            "broken config": ("config.json", "{", "config.json cannot be read"),
            "no type": ("config.json", "{}", "config.json names no model_type"),
            "quantized": ("config.json", '{"model_type": "llama", "quantization": {}}', "is quantized"),
            "unknown type": (
                "config.json",
                '{"model_type": "abacus"}',
                "cannot be loaded: Model type abacus not supported",
            ),
            "no weights": ("model.safetensors", None, "has no weights"),
            "broken weights": ("model.safetensors", "x", "the model cannot be loaded"),
            "no tokenizer": ("tokenizer.json", None, "has no tokenizer"),
            "broken tokenizer": ("tokenizer.json", "{}", "tokenizer cannot be loaded"),
            "no template": (
                "tokenizer_config.json",
                '{"tokenizer_class": "PreTrainedTokenizerFast"}',
                "no chat template",
            ),
        }
        for name, (file, replacement, sentence) in faulty.items():
            with self.subTest(name):
                content = self.content(name, skills=rows(2))
                folder = content / "inputs" / "model"
                folder.mkdir()
                write_tiny_model(folder)
                change(folder, file, replacement)
                self.assertIn(sentence, self.refused(content))

    def test_is_an_input_that_changed_since_it_was_made(self) -> None:
        content = self.content("a", skills=rows(2))
        (content / "inputs" / "train.listing").write_text(f"{'0' * 64}  5  skills_train_msgs.jsonl\n")
        self.assertIn("input train is not what its producer made", self.refused(content))


if __name__ == "__main__":
    unittest.main()
