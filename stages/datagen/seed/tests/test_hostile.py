"""A taxonomy written by somebody who wants out of it. Every trick ends in a named message or in plain text."""

import json
import os
import unittest

from ilab_testing.taxonomies import SKILL, knowledge

from . import NEEDS_PACKAGES, has_packages
from .attempt import HANDBOOK, Attempt

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@unittest.skipUnless(has_packages(), NEEDS_PACKAGES)
class Hostile(unittest.TestCase):
    def setUp(self) -> None:
        self.attempt = Attempt()
        self.addCleanup(self.attempt.close)
        self.secret = self.attempt.content / "secret"
        self.secret.mkdir()
        (self.secret / "qna.yaml").write_text(SKILL)
        (self.secret / "fish.md").write_text("the secret")

    def refused(self, message: str) -> None:
        done = self.attempt.run()
        self.assertEqual(done.returncode, 64, done.stdout + done.stderr)
        self.assertIn(message, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertNotIn("the secret", done.stdout + done.stderr)
        self.assertFalse((self.attempt.artifacts / "result.json").exists())
        self.assertTrue((self.attempt.content / "termination-log").read_text().strip())

    def all_refused(self, cases: list[tuple[str, str | bytes, str]]) -> None:
        """Lays every leaf, and looks for each one's message: (folder above the leaf, its text, the message)."""
        for number, (top, text, _) in enumerate(cases):
            self.attempt.leaf(f"{top}/case{number}", text)
        done = self.attempt.run()
        self.assertEqual(done.returncode, 64, done.stdout + done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertNotIn("the secret", done.stdout + done.stderr)
        self.assertFalse((self.attempt.artifacts / "result.json").exists())
        for number, (top, text, message) in enumerate(cases):
            with self.subTest(message, text=text[:40]):
                own = [line for line in done.stderr.splitlines() if line.startswith(f"{top}/case{number}/qna.yaml")]
                self.assertTrue(any(message in line for line in own), own)

    def test_links_out_of_the_tree(self) -> None:
        folder = self.attempt.leaf("compositional_skills/good", SKILL)
        for place in ("compositional_skills/dir", "compositional_skills/good/qna.yaml", "knowledge"):
            link = self.attempt.taxonomy / place
            link.unlink(missing_ok=True)
            link.symlink_to(self.secret if not place.endswith("yaml") else self.secret / "qna.yaml")
            self.refused(f"{place}: is a link")
            link.unlink()
            (folder / "qna.yaml").write_text(SKILL)

    def test_pipes_and_names_that_cannot_be_shown(self) -> None:
        self.attempt.leaf("compositional_skills/good", SKILL)
        os.mkfifo(self.attempt.taxonomy / "compositional_skills" / "pipe")
        self.refused("compositional_skills/pipe: is neither a file nor a folder")
        os.unlink(self.attempt.taxonomy / "compositional_skills" / "pipe")
        for name, shown in (
            ("a\nb", "compositional_skills/a b/qna.yaml: has a control or invisible character in its name"),
            ("\x1b[2J", "compositional_skills/\\x1b[2J/qna.yaml: has a control or invisible"),
            ("x\u202ey", "compositional_skills/x\\u202ey/qna.yaml: has a control or invisible"),
            (os.fsdecode(b"\xff"), "has a name that is no UTF-8"),
        ):
            with self.subTest(shown):
                folder = self.attempt.leaf(f"compositional_skills/{name}", SKILL)
                self.refused(shown)
                for file in folder.iterdir():
                    file.unlink()
                folder.rmdir()

    def test_a_document_repository_that_is_no_https_or_ssh_address(self) -> None:
        self.attempt.document("handbook/fish.md", HANDBOOK)
        cases = [
            ("--upload-pack=touch /tmp/owned", "only https:// and ssh:// addresses are"),
            ("-u./owned", "only https:// and ssh:// addresses are"),
            ("ext::sh -c 'touch owned'", "only https:// and ssh:// addresses are"),
            ("/etc", "only https:// and ssh:// addresses are"),
            ("../handbook", "only https:// and ssh:// addresses are"),
            (f"file://{self.secret}/handbook", "only https:// and ssh:// addresses are"),
            ("git@github.com:x/handbook.git", "only https:// and ssh:// addresses are"),
            ("http://github.com/x/handbook", "only https:// and ssh:// addresses are"),
            ("https://user:password@github.com/x/handbook", "holds a user or a password"),
            ("https://-oProxyCommand=x/x/handbook", "names no host"),
            ("ssh://-oProxyCommand=x/x/handbook", "names no host"),
            ("https://github.com/x/../handbook", "is no plain address"),
            ("https://github.com/x/handbook?a=b", "is no plain address"),
            ("https://github.com/x/handbook\n--option", "is no plain address"),
        ]
        self.all_refused([("knowledge", knowledge(repo=repo), message) for repo, message in cases])

    def test_what_only_a_fetch_would_need_is_judged_before_it(self) -> None:
        cases = [
            (knowledge(repo="https://169.254.169.254/x/handbook"), "the hosts that are: github.com"),
            (knowledge(repo="https://localhost/x/handbook"), "the hosts that are: github.com"),
            (knowledge(repo="https://github.com:8443/x/handbook"), "the hosts that are: github.com"),
            (knowledge(repo="https://github.com/x/handbook", commit="main"), "is no full commit hash"),
            (knowledge(repo="https://github.com/x/handbook", commit="--exec=x"), "is no full commit hash"),
        ]
        self.all_refused([("knowledge", leaf, message) for leaf, message in cases])

    def test_patterns_that_leave_the_repository(self) -> None:
        self.attempt.document("handbook/fish.md", HANDBOOK)
        patterns = ("../../secret/fish.md", "/etc/*.md", "a/../../secret/*.md", "..\\secret\\fish.md")
        message = "leaves the repository: give a path inside it"
        self.all_refused([("knowledge", knowledge(pattern=pattern), message) for pattern in patterns])

    def test_links_out_of_the_documents(self) -> None:
        self.attempt.leaf("knowledge/ponds", knowledge())
        place = self.attempt.document("handbook/fish.md", HANDBOOK)
        place.unlink()
        place.symlink_to(self.secret / "fish.md")
        self.refused("handbook: fish.md: is a link")
        place.unlink()
        place.parent.rmdir()
        place.parent.symlink_to(self.secret)
        self.refused("documents/handbook is a link")

    def test_yaml_that_is_a_bomb_a_cycle_too_deep_too_big_or_an_object(self) -> None:
        cases = [
            (BOMB, "expands to more than 20000 values"),
            ("a: &a [*a]\n", "expands to more than 20000 values"),
            ("[" * 5000, "is nested too deeply"),
            ("{a: " * 5000, "is nested too deeply"),
            ("x" * 300_000, "has 300000 bytes; a qna.yaml has at most 262144"),
            ("a: !!python/object/apply:os.system ['touch owned']\n", "could not determine a constructor"),
            (b"\xff\xfe\x00", "is no UTF-8 text"),
            (b"a: \x00\n", "is no valid YAML"),
            ("- a\n", "holds no keys and values at its top"),
            ("a: 1\n---\nb: 2\n", "is no valid YAML"),
            ("? [a]\n: b\n", "is no valid YAML"),
            (SKILL.replace("version: 3", "version: 99"), "schema"),
            (SKILL.replace("version: 3", "version: ../../x"), "version"),
        ]
        self.all_refused([("compositional_skills", text, message) for text, message in cases])

    def test_documents_too_big_or_no_text(self) -> None:
        self.attempt.leaf("knowledge/ponds", knowledge())
        place = self.attempt.document("handbook/fish.md", "x" * (4 * 1024 * 1024 + 1))
        self.refused("has 4194305 bytes; at most 4194304 are read")
        place.write_bytes(b"\xff\xfe")
        self.refused("fish.md is no UTF-8 text")

    def test_markup_mentions_and_escapes_are_text_in_every_output(self) -> None:
        author = "@everyone <img src=x onerror=alert(1)>\u202e\x1b[31m\n[x](javascript:1)"
        text = SKILL.replace("created_by: somebody", f"created_by: {json.dumps(author)}")
        text = text.replace(
            "Which number comes directly after 23?", json.dumps("Which \x1b[31m number\n<script> after 23?")
        )
        self.attempt.leaf("compositional_skills/@here <b>x</b> $(id) 'q' ; %s", text)
        done = self.attempt.run()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("created_by is no GitHub user name", done.stdout)
        for char in "\x1b\u202e":
            self.assertNotIn(char, done.stdout + done.stderr)
        [leaf] = self.attempt.json("manifest.json")["leaves"]
        self.assertEqual(leaf["createdBy"], "@everyone <img src=x onerror=alert(1)>\\u202e\\x1b[31m [x](javascript:1)")
        self.assertRegex(leaf["id"], r"^compositional_skills__here__b_x__b____id___q_____s-[0-9a-f]{8}$")
        names = [path.name for path in (self.attempt.artifacts / "tasks" / "node_datasets").iterdir()]
        self.assertEqual(sorted(names), [f"{leaf['id']}_task.yaml", f"mmlubench_{leaf['id']}.jsonl"])

    def test_two_leaves_with_one_name_stay_two(self) -> None:
        self.attempt.leaf("compositional_skills/a_b/c", SKILL)
        self.attempt.leaf("compositional_skills/a/b_c", SKILL.replace("number", "numeral"))
        done = self.attempt.run()
        self.assertEqual(done.returncode, 0, done.stderr)
        leaves = self.attempt.json("manifest.json")["leaves"]
        self.assertEqual(len({leaf["id"] for leaf in leaves}), 2)

    def test_a_parameter_is_no_way_out_either(self) -> None:
        for params, message in (
            ({"folders": ["../secret"]}, "it must be a folder's name"),
            ({"heldOut": 0}, "it must be at least 0.01"),
        ):
            self.attempt.params = params
            self.refused(message)


if __name__ == "__main__":
    unittest.main()
