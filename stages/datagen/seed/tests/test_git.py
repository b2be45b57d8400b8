import base64
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from ilab_datagen.git import Limits, NotAllowed, check_commit, fetch, git_environment, repository_name
from ilab_datagen.tree import GitTree, name_faults
from ilab_stage import BadInput
from ilab_testing.taxonomies import SKILL

from . import NEEDS_PACKAGES, has_packages

FILES = Limits(protocols="file")


class Repository:
    """A repository of a stranger on this disk; only tests may fetch from there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._git("init", "--quiet", "--initial-branch=main", str(folder))

    def commit(self, message: str = "x") -> str:
        self._git("-C", str(self.folder), "add", "--all")
        self._git("-C", str(self.folder), "commit", "--quiet", "--allow-empty", "-m", message)
        return self._git("-C", str(self.folder), "rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        settings = [
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@example.org",
            "-c",
            "commit.gpgSign=false",
            "-c",
            "core.hooksPath=/dev/null",
        ]
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_GLOBAL": os.devnull}
        return subprocess.run(
            ["git", *settings, *arguments], env=env, check=True, capture_output=True, text=True
        ).stdout


class Fetch(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.repository = Repository(self.folder / "origin")
        self.into = self.folder / "into"

    def tree(self, limits: Limits = FILES) -> GitTree:
        commit = self.repository.commit()
        env = fetch(f"file://{self.repository.folder}", [commit], self.into, limits, os.environ)
        return GitTree(self.into, commit, env)

    def test_files_are_read_from_the_objects_and_links_stay_links(self) -> None:
        (self.repository.folder / "docs").mkdir()
        (self.repository.folder / "docs" / "a.md").write_text("A")
        (self.repository.folder / "link.md").symlink_to("/etc/hostname")
        (self.repository.folder / ".hidden").write_text("h")
        tree = self.tree()
        self.assertEqual(
            [(file.path, file.kind) for file in tree.files("")], [("docs/a.md", "file"), ("link.md", "link")]
        )
        self.assertEqual(tree.read(tree.files("docs")[0]), b"A")
        self.assertEqual(
            [str(fault) for fault in name_faults(tree.files("")[1])], ["link.md: is a link: put the file itself here"]
        )
        self.assertFalse(any(self.into.rglob("a.md")), "something was checked out")

    def test_hooks_filters_and_submodules_do_nothing(self) -> None:
        (self.repository.folder / ".gitattributes").write_text("* filter=evil\n")
        (self.repository.folder / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = ext::touch owned\n')
        (self.repository.folder / "a.md").write_text("A")
        hook = self.folder / "template" / "hooks" / "post-checkout"
        hook.parent.mkdir(parents=True)
        hook.write_text(f"#!/bin/sh\ntouch {self.folder}/owned\n")
        hook.chmod(0o755)
        self.tree()
        self.assertFalse((self.folder / "owned").exists())
        self.assertFalse((self.into / "hooks").exists())

    def test_a_repository_beyond_the_cap_is_refused(self) -> None:
        (self.repository.folder / "big.md").write_bytes(os.urandom(2 * 1024 * 1024))
        with self.assertRaisesRegex(NotAllowed, "is larger than 1 MiB"):
            self.tree(Limits(protocols="file", megabytes=1))

    def test_no_protocol_but_https_and_ssh_works_without_a_test(self) -> None:
        with self.assertRaisesRegex(NotAllowed, "transport 'file' not allowed"):
            self.tree(Limits())

    def test_a_missing_commit_is_said(self) -> None:
        self.repository.commit()
        with self.assertRaisesRegex(NotAllowed, "cannot be fetched"):
            fetch(f"file://{self.repository.folder}", ["a" * 40], self.into, FILES, os.environ)


class Environment(unittest.TestCase):
    def test_nothing_of_the_user_passes_and_a_token_goes_to_its_host_only(self) -> None:
        outside = {
            "PATH": "/bin",
            "HOME": "/root",
            "GIT_CONFIG_GLOBAL": "/root/.gitconfig",
            "GIT_SSH_COMMAND": "evil",
            "GIT_TOKEN": "t0ken",
            "GIT_TOKEN_HOST": "github.com",
            "LD_PRELOAD": "evil.so",
        }
        own = git_environment(outside, Path("/work"), Limits(), "github.com")
        self.assertEqual(
            (own["HOME"], own["GIT_CONFIG_GLOBAL"], own["GIT_ALLOW_PROTOCOL"]), ("/work", "/dev/null", "https:ssh")
        )
        self.assertNotIn("LD_PRELOAD", own)
        self.assertTrue(own["GIT_SSH_COMMAND"].startswith("ssh -oBatchMode=yes"))
        header = "Authorization: Basic " + base64.b64encode(b"x-access-token:t0ken").decode()
        self.assertIn(("http.https://github.com/.extraHeader", header), self.settings(own))
        other = git_environment(outside, Path("/work"), Limits(), "gitlab.com")
        self.assertNotIn("extraHeader", str(self.settings(other)))

    def settings(self, environment: dict[str, str]) -> list[tuple[str, str]]:
        count = int(environment["GIT_CONFIG_COUNT"])
        return [(environment[f"GIT_CONFIG_KEY_{n}"], environment[f"GIT_CONFIG_VALUE_{n}"]) for n in range(count)]

    def test_names_and_commits(self) -> None:
        self.assertEqual(repository_name("https://github.com/x/Summit_knowledge.git"), "Summit_knowledge")
        self.assertEqual(repository_name("https://github.com/x/y/"), "y")
        check_commit("a" * 40)
        for commit in ("a" * 39, "A" * 40, "HEAD", "--all", "a" * 40 + "\n"):
            with self.assertRaises(NotAllowed):
                check_commit(commit)


@unittest.skipUnless(has_packages(), NEEDS_PACKAGES)
class TaxonomyByAddress(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.repository = Repository(self.folder / "origin")
        (self.repository.folder / "compositional_skills" / "old").mkdir(parents=True)
        (self.repository.folder / "compositional_skills" / "old" / "qna.yaml").write_text(SKILL)
        self.base = self.repository.commit()
        (self.repository.folder / "compositional_skills" / "new").mkdir()
        (self.repository.folder / "compositional_skills" / "new" / "qna.yaml").write_text(SKILL)
        self.head = self.repository.commit()

    def leaves(self, **params: str) -> list[str]:
        from ilab_datagen import taxonomy
        from ilab_datagen.settings import Settings
        from ilab_stage import Params

        uri = f"git+https://github.com/x/taxonomy@{self.head}"
        settings = Settings.read(Params({"taxonomyUri": uri, **params}))

        def from_disk(
            url: str, refs: list[str], into: Path, _limits: Limits, environment: dict, *, depth: int | None
        ) -> dict[str, str]:
            return fetch(f"file://{self.repository.folder}", refs, into, FILES, environment, depth=depth)

        with tempfile.TemporaryDirectory() as workdir:
            opened = taxonomy.open_taxonomy(None, settings, Path(workdir), os.environ, from_disk)
            found = taxonomy.find_leaves(opened, settings)
        self.assertEqual((opened.commit, opened.base), (self.head, self.base if params else None))
        self.assertEqual(found.faults, [])
        return [leaf.path for leaf in found.leaves]

    def test_all_leaves_of_a_commit_or_those_changed_since_a_base(self) -> None:
        self.assertEqual(self.leaves(), ["compositional_skills/new", "compositional_skills/old"])
        self.assertEqual(self.leaves(changedSince=self.base), ["compositional_skills/new"])

    def test_a_base_may_be_a_branch_and_must_share_history(self) -> None:
        self.repository._git("-C", str(self.repository.folder), "branch", "released", self.base)
        self.assertEqual(self.leaves(changedSince="origin/released"), ["compositional_skills/new"])
        self.repository._git("-C", str(self.repository.folder), "checkout", "--quiet", "--orphan", "other")
        self.repository.commit()
        with self.assertRaisesRegex(BadInput, "has no history in common with other"):
            self.leaves(changedSince="other")

    def test_addresses_that_are_refused(self) -> None:
        from ilab_datagen.settings import Settings
        from ilab_datagen.taxonomy import open_taxonomy
        from ilab_stage import Params

        for uri, message in (
            ("https://github.com/x/y", "is not git"),
            (f"git+file:///x/y@{self.head}", "only https:// and ssh://"),
            (f"git+--upload-pack=x@{self.head}", "only https:// and ssh://"),
            ("git+https://github.com/x/y@main", "is not git"),
            ("git+https://github.com/x/y@abc123", "is no full commit hash"),
        ):
            with self.subTest(uri), self.assertRaisesRegex(BadInput, message):
                open_taxonomy(None, Settings.read(Params({"taxonomyUri": uri})), self.folder, {})
        settings = Settings.read(
            Params({"taxonomyUri": f"git+https://github.com/x/y@{self.head}", "changedSince": "--exec=x"})
        )
        with self.assertRaisesRegex(BadInput, "is no name of a branch"):
            open_taxonomy(None, settings, self.folder, {})


if __name__ == "__main__":
    unittest.main()
