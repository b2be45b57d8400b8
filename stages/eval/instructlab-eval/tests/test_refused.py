"""What the stage refuses, and what it can only try again; as a program."""

import json
import shutil
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from . import needs_packages
from .judge import Judge
from .support import Ended, make_content, run_program


@needs_packages
class Refused(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.content = Path(folder.name) / "content"

    def ended(self, judge: str = "http://127.0.0.1:9/v1", key: str = "judge-secret", **own: Any) -> Ended:
        make_content(self.content, judge, **{"benchmarks": ["mt_bench"], **own})
        ended = run_program(self.content, JUDGE_API_KEY=key)
        self.assertFalse((self.content / "artifacts" / "result.json").exists())
        return ended

    def test_a_judge_that_is_not_there_is_asked_later(self) -> None:
        ended = self.ended()
        self.assertEqual(ended.code, 75, ended.err)
        self.assertIn("the judge at http://127.0.0.1:9/v1 did not answer in 1 try", ended.error)

    def test_a_judge_that_refuses_the_key(self) -> None:
        with Judge({}) as judge:
            ended = self.ended(judge.url, key="another-key")
        self.assertEqual(ended.code, 64, ended.err)
        self.assertIn("refuses the key (HTTP 401: wrong key): see the secret judge.apiKey", ended.error)
        self.assertNotIn("another-key", ended.out + ended.err)

    def test_a_judge_that_gives_no_rating(self) -> None:
        with Judge({"base": None}) as judge:
            ended = self.ended(judge.url)
        self.assertEqual(ended.code, 64, ended.err)
        self.assertIn("the judge the-judge gave no rating for base: it must answer with [[1]] to [[10]]", ended.error)

    def test_a_command_that_is_not_there(self) -> None:
        with Judge({}) as judge:
            ended = self.ended(judge.url, serve=["no-such-server", "{model}"])
        self.assertEqual(ended.code, 64, ended.err)
        self.assertIn("no-such-server is not installed here: parameter instructlabEval.serve", ended.error)

    def test_a_server_that_ends_is_noticed_at_once(self) -> None:
        with Judge({}) as judge:
            ended = self.ended(judge.url, serve=[sys.executable, "-c", "raise SystemExit('no memory')"])
        self.assertEqual(ended.code, 1, ended.err)
        self.assertIn("no memory", ended.out)
        self.assertIn("base cannot be served: the server ended with 1", ended.error)

    def test_nothing_to_measure(self) -> None:
        make_content(self.content, benchmarks=["mmlu_branch"])
        shutil.rmtree(self.content / "inputs" / "tasks")
        ended = run_program(self.content)
        self.assertEqual(ended.code, 64, ended.err)
        self.assertIn("nothing could be measured: mmlu_branch: there is no multiple-choice question", ended.error)

    def test_checkpoints_that_are_none(self) -> None:
        make_content(self.content)
        (self.content / "inputs" / "checkpoints" / "index.json").write_text(
            json.dumps({"version": 1, "checkpoints": []})
        )
        ended = run_program(self.content)
        self.assertEqual(ended.code, 64, ended.err)
        self.assertIn("names no checkpoint", ended.error)


if __name__ == "__main__":
    unittest.main()
