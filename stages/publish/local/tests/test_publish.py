import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from ilab_publish_local.markdown import code, table

from . import ENGINE

EVIL = "@everyone `x` ``y`` | <script>alert(1)</script> [a](javascript:b) ![i](http://x) #1 \u202e\x1b[31m\n## evil"


def score(loss: float, accuracy: float | None) -> dict[str, Any]:
    return {"heldout_loss": loss, "heldout_loss_se": 0.05, "mc_accuracy": accuracy, "mc_se": None}


class Publish(unittest.TestCase):
    def setUp(self) -> None:
        self.content = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.registry = self.content / "registry"
        self.registry.mkdir()
        self.params: dict[str, Any] = {
            "modelName": "workshop-tiny", "run": "weekly-47", "baseModel": "tiny", "registry": str(self.registry),
            "parameters": {"train": {"epochs": 2, "lora": None}},
        }  # fmt: skip
        self.manifest: dict[str, Any] = {
            "version": 1,
            "taxonomy": {"commit": "c" * 40, "base": None, "dirty": True, "changedOnly": False},
            "settings": {"heldOut": 0.2},
            "leaves": [self.leaf("knowledge/ponds", "ines"), self.leaf("compositional_skills/x", "tomas")],
        }
        self.scores = {
            "base": {"name": "base", **score(5.5, 0.25), "per_leaf": {"knowledge_ponds": score(5.0, 0.5)}},
            "candidates": [
                {"name": "phase1/epoch-1", **score(4.0, 0.3)},
                {
                    "name": "phase2/epoch-2",
                    **score(2.25, 0.5),
                    "heldout_loss_delta_se": 0.125,
                    "mc_within_noise": True,
                    "per_leaf": {"knowledge_ponds": score(2.0, 0.75)},
                },
            ],
            "chosen": "phase2/epoch-2",
            "withinNoise": False,
        }
        self.model = self.content / "inputs" / "model"
        (self.model / "original").mkdir(parents=True)
        (self.model / "config.json").write_text("{}")
        (self.model / "model.safetensors").write_bytes(b"weights")
        (self.model / "original" / "extra.txt").write_text("x")

    def leaf(self, path: str, author: str) -> dict[str, Any]:
        return {
            "id": path.replace("/", "_"), "path": path, "kind": "knowledge", "createdBy": author, "examples": 5,
            "qna": f"sha256:{'d' * 64}",
        }  # fmt: skip

    def run_stage(self) -> subprocess.CompletedProcess[str]:
        (self.content / "params.json").write_text(json.dumps(self.params))
        (self.content / "inputs" / "manifest").write_text(json.dumps(self.manifest))
        (self.content / "inputs" / "scores").write_text(json.dumps(self.scores))
        env = {
            "PATH": os.environ["PATH"], "ILAB_CONTENT": str(self.content),
            "ILAB_TERMINATION_LOG": str(self.content / "termination-log"),
        }  # fmt: skip
        driver = ENGINE / "bin" / "publish"
        return subprocess.run([sys.executable, str(driver)], env=env, capture_output=True, text=True, timeout=60)

    def succeed(self) -> str:
        done = self.run_stage()
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refused(self, message: str) -> None:
        done = self.run_stage()
        self.assertEqual(done.returncode, 64, done.stderr)
        self.assertIn(message, done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def home(self) -> Path:
        return self.registry / "workshop-tiny" / "weekly-47"

    def test_the_folder_holds_model_card_changelog_and_reports(self) -> None:
        self.succeed()
        made = self.content / "artifacts" / "registry" / "workshop-tiny" / "weekly-47"
        names = [
            "CHANGELOG.md",
            "README.md",
            "config.json",
            "manifest.json",
            "model.safetensors",
            "original/extra.txt",
            "scores.json",
        ]
        for folder in (made, self.home()):
            found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
            self.assertEqual(found, names)
        result = json.loads((self.content / "artifacts" / "result.json").read_text())
        self.assertEqual([(a["name"], a["path"]) for a in result["artifacts"]], [("registry", "registry")])
        self.assertEqual((result["metrics"]["published"], result["chosen"]), (1, "phase2/epoch-2"))

    def test_the_card_compares_base_and_tuned_and_tells_where_it_comes_from(self) -> None:
        self.succeed()
        card = (self.home() / "README.md").read_text()
        for expected in (
            "| held-out loss (nats per answer token, lower is better) |",
            "| 5.5000 ± 0.0500 | 2.2500 ± 0.0500 | -3.2500 ± 0.1250 |",
            "| multiple choice (part answered right, guessing gives 0.25) | 0.2500 | 0.5000 | +0.2500 *noise* |",
            "| `knowledge/ponds` | 5.0000 -> 2.0000 | 0.5000 -> 0.7500 |",
            "| `compositional_skills/x` | - -> - | - -> - |",
            f"| taxonomy | taxonomy commit `{'c' * 40}` with changes that no commit has |",
            "| `train.epochs` | `2` |",
            "| `datagen.heldOut` | `0.2` |",
            "`tiny` is a small model of random numbers",
        ):
            self.assertIn(expected, card)
        self.assertRegex(card, r"\| digest of model \| `sha256:[0-9a-f]{64}` \|")
        self.assertNotIn("within noise", card)
        self.assertNotIn("train.lora", card)

    def test_the_card_tells_what_a_judge_said_where_there_was_one(self) -> None:
        judged = {"mt_bench": 6.5, "mt_bench_se": 0.25, "mt_bench_branch": 7.0, "mmlu": 0.5}
        base = {name: value - 0.25 for name, value in judged.items()}
        self.scores["base"] = {"name": "base", "mc_accuracy": 0.25, **base}
        self.scores["candidates"] = [{"name": "phase2/epoch-2", "mc_accuracy": 0.5, **judged}]
        self.scores["withinNoise"] = True
        self.succeed()
        card = (self.home() / "README.md").read_text()
        self.assertIn("| held-out loss (nats per answer token, lower is better) | - | - | - |", card)
        self.assertIn("| MMLU (part answered right) | 0.2500 | 0.5000 | +0.2500 |", card)
        self.assertIn("| MT-Bench (a judge's mark from 1 to 10) | 6.2500 ± 0.0000 | 6.5000 ± 0.2500 | +0.2500 |", card)
        self.assertIn("| MT-Bench-branch (the same, on held-out examples) | 6.7500 | 7.0000 | +0.2500 |", card)
        self.assertNotIn("change of the held-out loss", card)

    def test_noise_is_called_noise(self) -> None:
        self.scores["withinNoise"] = True
        self.succeed()
        self.assertIn("**within noise**", (self.home() / "README.md").read_text())
        self.assertIn("Held-out loss 5.5000 -> 2.2500, within noise.", (self.home() / "CHANGELOG.md").read_text())

    def test_the_changelog_names_leaf_author_and_commit_newest_run_first(self) -> None:
        self.succeed()
        self.params["run"] = "weekly-48"
        self.succeed()
        text = (self.registry / "workshop-tiny" / "CHANGELOG.md").read_text()
        line = f"- `knowledge/ponds` by `ines` (knowledge, 5 seed examples, commit `{'c' * 40}`)\n"
        self.assertEqual(text.count(line), 2)
        self.assertEqual(
            [part for part in text.splitlines() if part.startswith("#")],
            ["# Changelog", "## weekly-48", "## weekly-47"],
        )

    def test_without_a_commit_the_digest_of_the_file_stands_in(self) -> None:
        self.manifest["taxonomy"]["commit"] = None
        self.succeed()
        line = "- `knowledge/ponds` by `ines` (knowledge, 5 seed examples, qna.yaml `sha256:dddddddddddd`)\n"
        self.assertIn(line, (self.home() / "CHANGELOG.md").read_text())

    def test_pull_requests_are_named_and_the_commit_that_others_know(self) -> None:
        pulls = [{"number": 123, "commit": "1" * 40}, {"number": 7, "commit": "7" * 40}]
        self.manifest["taxonomy"] |= {"onto": "b" * 40, "pulls": pulls}
        self.succeed()
        text = (self.home() / "CHANGELOG.md").read_text()
        self.assertIn(f"Made from taxonomy commit `{'b' * 40}` with the pull requests 123, 7.", text)
        self.assertIn(f"qna.yaml `sha256:{'d' * 12}`", text)
        self.assertNotIn("c" * 40, text)

    def test_a_second_try_changes_nothing_and_another_result_is_refused(self) -> None:
        self.assertIn("added: ", self.succeed())
        before = {path: path.read_bytes() for path in self.registry.rglob("*") if path.is_file()}
        self.assertIn("there already: ", self.succeed())
        self.assertEqual({path: path.read_bytes() for path in self.registry.rglob("*") if path.is_file()}, before)
        (self.model / "model.safetensors").write_bytes(b"other weights")
        self.refused("is there already with other files: a run is published once")
        self.assertEqual({path: path.read_bytes() for path in self.registry.rglob("*") if path.is_file()}, before)

    def test_what_a_killed_try_left_is_made_good(self) -> None:
        partial = self.registry / "workshop-tiny" / ".weekly-47.partial"
        partial.mkdir(parents=True)
        (partial / "half").write_text("x")
        self.succeed()
        self.assertFalse(partial.exists())
        self.assertFalse((self.home() / "half").exists())
        # Killed after the folder was there, before the ChangeLog was told.
        (self.registry / "workshop-tiny" / "CHANGELOG.md").unlink()
        self.succeed()
        self.assertIn("## weekly-47", (self.registry / "workshop-tiny" / "CHANGELOG.md").read_text())

    def test_strangers_names_stay_text(self) -> None:
        self.manifest["leaves"] = [self.leaf(f"compositional_skills/{EVIL}", EVIL)]
        self.manifest["taxonomy"]["commit"] = EVIL
        self.succeed()
        for name in ("README.md", "CHANGELOG.md"):
            text = (self.home() / name).read_text()
            for char in "@\u202e\x1b":
                self.assertNotIn(char, text)
            self.assertNotIn("## evil", text.splitlines())
            outside = _outside_code(text)
            for mark in ("<script>", "javascript", "![i]", "#1", "everyone"):
                self.assertNotIn(mark, outside)

    def test_without_a_registry_the_folder_is_an_artifact_only(self) -> None:
        del self.params["registry"]
        self.succeed()
        self.assertEqual(list(self.registry.iterdir()), [])
        result = json.loads((self.content / "artifacts" / "result.json").read_text())
        self.assertEqual(result["metrics"]["published"], 0)

    def test_bad_input_is_said_in_one_sentence(self) -> None:
        good = (dict(self.params), dict(self.manifest), dict(self.scores))
        for change, message in (
            (lambda: self.params.update(run="../x"), "parameter run is '../x'"),
            (lambda: self.params.update(modelName="a/b"), "parameter modelName is 'a/b'"),
            (lambda: self.params.update(registry="relative"), "must be the absolute path of a folder that exists"),
            (lambda: self.params.update(registry="/nowhere"), "must be the absolute path of a folder that exists"),
            (lambda: self.scores.update(chosen="nobody"), "has no candidate of the name it chose"),
            (lambda: self.scores.pop("base"), "input scores is no report of eval"),
            (lambda: self.manifest.update(version=2), "this stage reads version 1"),
            (lambda: self.manifest.pop("leaves"), "input manifest is no manifest of datagen"),
            (lambda: (self.model / "config.json").unlink(), "input model is no model folder"),
            (lambda: (self.model / "link").symlink_to("/etc/hostname"), "input model is refused: link is a link"),
        ):
            with self.subTest(message):
                self.params, self.manifest, self.scores = (dict(part) for part in good)
                change()
                self.refused(message)
        self.assertEqual(list(self.registry.iterdir()), [])


class Markdown(unittest.TestCase):
    def test_code_spans_hold_whatever_is_put_in(self) -> None:
        for text, shown in (
            ("plain", "`plain`"),
            ("a`b", "``a`b``"),
            ("`a``", "``` `a`` ```"),
            ("@me", "`[at]me`"),
            ("", "` `"),
            ("a\nb", "`a b`"),
        ):
            self.assertEqual(code(text), shown)
        self.assertEqual(table(["a"], [["x|y"]])[2], "| x\\|y |")


def _outside_code(text: str) -> str:
    import re

    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", text)


if __name__ == "__main__":
    unittest.main()
