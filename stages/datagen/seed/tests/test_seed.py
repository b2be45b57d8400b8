import json
import shutil
import unittest
from pathlib import Path

from ilab_testing.taxonomies import OLD_SKILL, SKILL, knowledge

from . import NEEDS_PACKAGES, STAGES, has_packages
from .attempt import HANDBOOK, Attempt, bytes_of

REPOSITORY = STAGES.parent
REAL = REPOSITORY.parent / "shared" / "data"


@unittest.skipUnless(has_packages(), NEEDS_PACKAGES)
class Seed(unittest.TestCase):
    def attempt(self, **params: object) -> Attempt:
        attempt = Attempt(**params)
        self.addCleanup(attempt.close)
        return attempt

    def succeed(self, attempt: Attempt) -> None:
        done = attempt.run()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_taxonomy_of_every_kind_becomes_upstreams_files(self) -> None:
        attempt = self.attempt(rowsPerLeaf=10)
        attempt.leaf("compositional_skills/counting", SKILL)
        attempt.leaf("foundational_skills/counting", OLD_SKILL.replace("number", "numeral"))
        attempt.leaf("knowledge/ponds", knowledge())
        attempt.document("handbook/fish.md", HANDBOOK)
        self.succeed(attempt)

        result = attempt.json("result.json")
        self.assertEqual([a["name"] for a in result["artifacts"]], ["train", "heldout", "tasks", "manifest"])
        self.assertEqual(result["metrics"]["leaves"], 3)
        self.assertEqual(result["metrics"]["heldout_rows"], 1 + 1 + 3)
        for phase in ("knowledge", "skills"):
            rows = attempt.rows(f"train/{phase}_train_msgs.jsonl")
            self.assertEqual(len(rows), result["metrics"][f"{phase}_rows"])
            self.assertEqual(len({row["id"] for row in rows}), len(rows))
            for row in rows:
                self.assertEqual(list(row), ["id", "messages", "metadata", "unmask"])
                self.assertEqual([message["role"] for message in row["messages"]], ["user", "assistant"])
                self.assertIn("leaf", json.loads(row["metadata"]))
                self.assertEqual(row["unmask"], phase == "knowledge")

    def test_recipes_name_files_beside_them_and_hold_all_rows(self) -> None:
        import yaml

        attempt = self.attempt(systemPrompt="Be brief.")
        attempt.leaf("compositional_skills/counting", SKILL)
        attempt.leaf("knowledge/ponds", knowledge())
        attempt.document("handbook/fish.md", HANDBOOK)
        self.succeed(attempt)
        for phase in ("knowledge", "skills"):
            recipe = yaml.safe_load((attempt.artifacts / f"train/{phase}_recipe.yaml").read_text())
            self.assertEqual(recipe["metadata"], {"sys_prompt": "Be brief."})
            rows = [row for dataset in recipe["datasets"] for row in attempt.rows(f"train/{dataset['path']}")]
            mixed = attempt.rows(f"train/{phase}_train_msgs.jsonl")
            self.assertEqual(sorted(row["id"] for row in rows), [row["id"] for row in mixed])
            self.assertEqual(mixed[0]["messages"][0], {"role": "system", "content": "Be brief."})

    def test_without_a_knowledge_leaf_there_is_no_knowledge_file(self) -> None:
        attempt = self.attempt()
        attempt.leaf("compositional_skills/counting", SKILL)
        self.succeed(attempt)
        names = sorted(path.name for path in (attempt.artifacts / "train").iterdir())
        self.assertEqual(names, ["node_datasets", "skills_recipe.yaml", "skills_train_msgs.jsonl"])

    def test_tasks_have_all_letters_and_survive_a_move(self) -> None:
        import yaml

        attempt = self.attempt()
        attempt.leaf("compositional_skills/counting", SKILL)
        self.succeed(attempt)
        nodes = attempt.artifacts / "tasks" / "node_datasets"
        [task_file] = nodes.glob("*_task.yaml")
        moved = attempt.content / "elsewhere"
        nodes.rename(moved)
        task = yaml.safe_load((moved / task_file.name).read_text())
        questions = [
            json.loads(line) for line in (moved / task["dataset_kwargs"]["data_files"]["test"]).read_text().splitlines()
        ]
        self.assertEqual(task["tag"], "mmlu_pr")
        self.assertEqual(sorted({row["answer"] for row in questions}), [0, 1, 2, 3])
        heldout = {(row["question"], row["answer"]) for row in attempt.rows("heldout/heldout.jsonl")}
        for row in questions:
            self.assertIn((row["question"], row["choices"][row["answer"]]), heldout)
            self.assertEqual(len(set(row["choices"])), 4)
            self.assertEqual(row["subject"], "compositional_skills_counting")
        self.assertEqual(len({row["item"] for row in questions}), len(heldout))

    def test_the_manifest_names_leaf_author_and_commit(self) -> None:
        attempt = self.attempt()
        attempt.leaf("compositional_skills/counting", SKILL, attribution=False)
        beside = attempt.taxonomy.with_name("taxonomy.source.json")
        beside.write_text(json.dumps({"kind": "folder", "commit": "c" * 40, "dirty": True}))
        self.succeed(attempt)
        manifest = attempt.json("manifest.json")
        self.assertEqual(manifest["taxonomy"], {"commit": "c" * 40, "base": None, "dirty": True, "changedOnly": False})
        [leaf] = manifest["leaves"]
        self.assertEqual(
            (
                leaf["id"],
                leaf["path"],
                leaf["kind"],
                leaf["createdBy"],
                leaf["version"],
                leaf["examples"],
                leaf["heldOut"],
            ),
            ("compositional_skills_counting", "compositional_skills/counting", "skill", "somebody", 3, 5, 1),
        )
        self.assertEqual(leaf["notes"], ["attribution.txt is missing or empty"])
        self.assertRegex(leaf["qna"], r"^sha256:[0-9a-f]{64}$")
        self.assertEqual(
            manifest["files"],
            {
                "train": [
                    "node_datasets/compositional_skills_counting.jsonl", "skills_recipe.yaml", "skills_train_msgs.jsonl",
                ],
                "heldout": ["heldout.jsonl"],
                "tasks": [
                    "node_datasets/compositional_skills_counting_task.yaml",
                    "node_datasets/mmlubench_compositional_skills_counting.jsonl",
                ],
            },
        )  # fmt: skip

    def test_pull_requests_are_recorded_and_named_where_their_file_is_wrong(self) -> None:
        attempt = self.attempt()
        attempt.leaf("compositional_skills/one", SKILL)
        attempt.leaf("compositional_skills/two", SKILL.replace("number", "numeral"))
        wrong = attempt.leaf("compositional_skills/wrong", SKILL.replace("task_description", "task_descripton"))
        pulls = [
            {"number": 12, "commit": "1" * 40, "authors": ["Ada", "Eve\x1b[31m"], "changed": [
                "compositional_skills/two/qna.yaml", "compositional_skills/two/attribution.txt",
            ]},
            {"number": 7, "commit": "7" * 40, "authors": [], "changed": ["compositional_skills/wrong/qna.yaml"]},
            {"number": 3, "commit": "3" * 40, "authors": [], "changed": []},
        ]  # fmt: skip
        source = {"kind": "folder", "commit": "c" * 40, "dirty": False, "merged": {"onto": "b" * 40, "pulls": pulls}}
        attempt.taxonomy.with_name("taxonomy.source.json").write_text(json.dumps(source))
        done = attempt.run()
        self.assertEqual(done.returncode, 64)
        self.assertIn(
            "compositional_skills/wrong/qna.yaml:1: 'task_description' is a required property (pull request 7)",
            done.stderr.splitlines(),
        )
        shutil.rmtree(wrong)
        done = attempt.run()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("warning: pull request 3 changes nothing", done.stdout)
        taxonomy = attempt.json("manifest.json")["taxonomy"]
        self.assertEqual((taxonomy["commit"], taxonomy["onto"]), ("c" * 40, "b" * 40))
        self.assertEqual(
            [(pull["number"], pull["commit"], pull["leaves"], pull["authors"]) for pull in taxonomy["pulls"]],
            [
                (12, "1" * 40, ["compositional_skills/two"], ["Ada", "Eve\\x1b[31m"]),
                (7, "7" * 40, ["compositional_skills/wrong"], []),
                (3, "3" * 40, [], []),
            ],
        )
        self.assertEqual(attempt.json("result.json")["metrics"]["pull_requests"], 3)

    def test_only_changed_leaves_are_used_when_somebody_asks(self) -> None:
        attempt = self.attempt(changedSince="main")
        attempt.leaf("compositional_skills/old", SKILL)
        attempt.leaf("compositional_skills/new", SKILL.replace("number", "numeral"))
        beside = attempt.taxonomy.with_name("taxonomy.source.json")

        self.assertIn("no git work tree with history", attempt.run().stderr)

        source = {"kind": "folder", "commit": "c" * 40, "base": "b" * 40, "changed": ["README.md"]}
        beside.write_text(json.dumps(source))
        done = attempt.run()
        self.assertEqual(done.returncode, 64)
        self.assertIn(f"has no leaf that changed since {'b' * 40}", done.stderr)

        beside.write_text(json.dumps(source | {"changed": ["compositional_skills/new/qna.yaml"]}))
        self.succeed(attempt)
        leaves = attempt.json("manifest.json")["leaves"]
        self.assertEqual([(leaf["id"], leaf["changed"]) for leaf in leaves], [("compositional_skills_new", True)])

    def test_the_same_input_gives_the_same_bytes_and_another_seed_another_choice(self) -> None:
        def made(**params: object) -> dict[str, bytes]:
            attempt = self.attempt(**params)
            attempt.leaf("compositional_skills/counting", SKILL)
            attempt.leaf("knowledge/ponds", knowledge())
            attempt.document("handbook/fish.md", HANDBOOK)
            self.succeed(attempt)
            return bytes_of(attempt.artifacts)

        self.assertEqual(made(), made())
        others = {made(seed=seed)["heldout/heldout.jsonl"] for seed in range(4)}
        self.assertGreater(len(others), 1)

    def test_all_faults_of_all_files_come_together_with_file_and_line(self) -> None:
        attempt = self.attempt()
        attempt.leaf("compositional_skills/good", SKILL)
        attempt.leaf(
            "compositional_skills/few", SKILL[: SKILL.index("  - question: Which number comes directly after 41")]
        )
        attempt.leaf("compositional_skills/typo", SKILL.replace("task_description", "task_descripton"))
        attempt.leaf("compositional_skills/broken", SKILL.replace("seed_examples:", "seed_examples: ["))
        attempt.leaf("compositional_skills/twice", SKILL + "created_by: other\n")
        attempt.leaf("compositional_skills/empty", "")
        attempt.leaf("knowledge/old", OLD_SKILL)
        attempt.leaf("knowledge/nodoc", knowledge())
        (attempt.taxonomy / "compositional_skills" / "good" / "qna.yml").write_text("")
        attempt.document("handbook/notes.txt", "no markdown")
        done = attempt.run()
        self.assertEqual(done.returncode, 64)
        lines = done.stderr.splitlines()
        for expected in (
            "compositional_skills/few/qna.yaml:5: seed_examples: Value must have at least 5 items",
            "compositional_skills/typo/qna.yaml:1: 'task_description' is a required property",
            "compositional_skills/twice/qna.yaml:15: has the key created_by twice",
            "compositional_skills/empty/qna.yaml: is empty",
            "compositional_skills/good/qna.yml: is not read: the file of a leaf is named qna.yaml",
            "knowledge/old/qna.yaml:1: Version 1 is not supported for knowledge. Minimum supported version is 3.",
            "knowledge/nodoc/qna.yaml: document: no file of handbook is matched by *.md",
        ):
            self.assertIn(expected, lines)
        self.assertTrue(
            any(line.startswith("compositional_skills/broken/qna.yaml:5: is no valid YAML") for line in lines)
        )
        self.assertRegex(
            lines[-1], r"^error: the taxonomy has \d+ faults in 8 files; the first: compositional_skills/broken"
        )
        self.assertFalse((attempt.artifacts / "result.json").exists())

    def test_a_folder_named_like_a_schema_misleads_nobody(self) -> None:
        attempt = self.attempt()
        attempt.leaf("compositional_skills/writing/knowledge", SKILL)
        self.succeed(attempt)
        self.assertEqual(attempt.json("manifest.json")["leaves"][0]["kind"], "skill")

    def test_nothing_to_do_is_an_error(self) -> None:
        attempt = self.attempt()
        for make, message in (
            (lambda: None, "the taxonomy has no leaf"),
            (lambda: (attempt.taxonomy / "compositional_skills").mkdir(), "the taxonomy has no leaf"),
            (
                lambda: attempt.leaf(
                    "compositional_skills/one",
                    OLD_SKILL[: OLD_SKILL.index("  - question: Which number comes directly after 23")],
                ),
                "the taxonomy gives no held-out row",
            ),
        ):
            make()
            done = attempt.run()
            self.assertEqual(done.returncode, 64)
            self.assertIn(message, done.stderr)
            self.assertFalse((attempt.artifacts / "result.json").exists())
        attempt.taxonomy.rename(attempt.content / "away")
        self.assertIn("there is no taxonomy", attempt.run().stderr)


@unittest.skipUnless(has_packages(), NEEDS_PACKAGES)
class NothingLeaks(unittest.TestCase):
    """Checked with plain string search over the raw files: this shares no code with what it checks."""

    def check(self, attempt: Attempt) -> None:
        done = attempt.run()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        training = attempt.training_text()
        flat = " ".join(training.split())
        heldout = attempt.rows("heldout/heldout.jsonl")
        self.assertGreater(len(heldout), 0)
        for row in heldout:
            for key in ("question", "answer", "context"):
                text = row.get(key)
                if text:
                    self.assertNotIn(text, training)
                    self.assertNotIn(" ".join(text.split()), flat)
        for leaf in attempt.json("manifest.json")["leaves"]:
            self.assertGreaterEqual(leaf["heldOut"], 1, leaf["id"])
            self.assertLess(leaf["heldOut"], leaf["examples"], leaf["id"])

    def given(self, taxonomy: Path, documents: Path, **params: object) -> Attempt:
        attempt = Attempt(**params)
        self.addCleanup(attempt.close)
        attempt.taxonomy.rmdir()
        attempt.taxonomy.symlink_to(taxonomy)
        (attempt.content / "inputs" / "documents").symlink_to(documents)
        return attempt

    def test_in_the_example(self) -> None:
        for seed in (42, 1, 2):
            attempt = self.given(REPOSITORY / "examples" / "taxonomy", REPOSITORY / "examples" / "documents", seed=seed)
            self.check(attempt)
            leaves = attempt.json("manifest.json")["leaves"]
            self.assertEqual({leaf["kind"] for leaf in leaves}, {"skill", "grounded_skill", "knowledge"})
            self.assertEqual({leaf["version"] for leaf in leaves}, {1, 3})
            self.assertTrue(all(leaf["questions"] >= 1 for leaf in leaves))

    @unittest.skipUnless(REAL.is_dir(), f"SKIPPED: the real taxonomy is not here ({REAL.name})")
    def test_in_a_part_of_the_public_taxonomy(self) -> None:
        for seed in (42, 1, 2):
            attempt = self.given(REAL / "taxonomy", REAL / "documents", seed=seed)
            self.check(attempt)
            self.assertEqual(len(attempt.json("manifest.json")["leaves"]), 9)

    def test_where_examples_share_their_context_or_their_question(self) -> None:
        attempt = Attempt(heldOut=0.4)
        self.addCleanup(attempt.close)
        shared = SKILL.replace(
            "    answer: The number after 23", "    context: Numbers 1 to 99, given\n    answer: The number after 23"
        )
        shared = shared.replace(
            "    answer: The number after 41", "    context: Numbers 1 to 99, given\n    answer: The number after 41"
        )
        attempt.leaf("compositional_skills/shared", shared)
        attempt.leaf("compositional_skills/copy", SKILL)
        self.check(attempt)

    def test_in_documents_that_hold_every_context(self) -> None:
        attempt = Attempt()
        self.addCleanup(attempt.close)
        attempt.leaf("knowledge/ponds", knowledge())
        attempt.document("handbook/fish.md", HANDBOOK.replace("deepest part", '**deepest** [part](of "link")'))
        self.check(attempt)
        # The held-out context itself, and the paragraph that quotes a part of it.
        self.assertEqual(attempt.json("result.json")["metrics"]["dropped_passages"], 2)
        rows = attempt.rows("train/knowledge_train_msgs.jsonl")
        self.assertEqual(sum("document_passages" in row["metadata"] for row in rows), 1 + 2 * 4)


if __name__ == "__main__":
    unittest.main()
