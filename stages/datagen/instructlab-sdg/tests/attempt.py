"""A content root in a temporary folder with a taxonomy, and the engine run on it: as a process, or in this one."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ilab_datagen_sdg.driver import generate_data
from ilab_stage import run_stage

from . import ENGINE
from .completions_teacher import CompletionsTeacher

KEY = "sk-very-secret-key"
SKILL = """\
version: 3
created_by: somebody
task_description: To name the successor of a number
seed_examples:
"""
SKILL += "".join(
    f"  - question: Which number comes directly after {n}?\n    answer: The number after {n} is {n + 1}, of course.\n"
    for n in (11, 23, 37, 41, 59)
)
GROUNDED = SKILL[: SKILL.index("  - question")].replace("To name", "To read out")
GROUNDED += "".join(
    f"  - context: Somebody in the {name} counts aloud and does not stop before evening.\n"
    f"    question: Who counts up to {n} in this?\n    answer: Up to {n} counts whoever sits in the {name} all day.\n"
    for n, name in enumerate(("kitchen", "cellar", "attic", "garden", "stable"), 100)
)
FISH = ("carp", "tench", "pike", "perch", "roach")


def sentence(name: str) -> str:
    return f"The {name} lives in the deepest part, a {name} comes up seldom, and no {name} is seen before the evening."


KNOWLEDGE = "version: 3\ncreated_by: somebody\ndomain: ponds\ndocument_outline: Life in ponds\nseed_examples:\n"
for _name in FISH:
    KNOWLEDGE += f"  - context: {sentence(_name)}\n    questions_and_answers:\n"
    for _about in ("depth", "colour", "food"):
        KNOWLEDGE += f"      - question: What is the {_about} of the {_name} in a pond?\n"
        KNOWLEDGE += f"        answer: The {_about} of a {_name} is what the {_name} itself prefers.\n"
KNOWLEDGE += f"document:\n  repo: https://example.org/x/handbook.git\n  commit: {'a' * 40}\n  patterns:\n    - '*.md'\n"
HANDBOOK = "# Ponds\n\nPonds are small, and they freeze over in most of the winters of this country.\n\n"
HANDBOOK += "\n\n".join(f"## {name}\n\n{sentence(name)}\n\nIt is called {name} by all who fish." for name in FISH)


class Attempt:
    def __init__(self, teacher: CompletionsTeacher, **params: Any) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.content = Path(self._folder.name)
        self.artifacts = self.content / "artifacts"
        self.inputs = self.content / "inputs"
        self.inputs.mkdir()
        own = {"url": teacher.url, "model": "mock", "timeoutSeconds": 60, "retries": 0, **params.pop("teacher", {})}
        sdg = {"pipeline": "simple", "instructions": 2, "workers": 2, "batchSize": 4, **params.pop("sdg", {})}
        (self.content / "params.json").write_text(json.dumps({"teacher": own, "instructlabSdg": sdg, **params}))

    def close(self) -> None:
        self._folder.cleanup()

    def leaf(self, path: str, text: str) -> None:
        folder = self.inputs / "taxonomy" / path
        folder.mkdir(parents=True)
        (folder / "qna.yaml").write_text(text)
        (folder / "attribution.txt").write_text("Title of work: -\n")

    def document(self, path: str, text: str) -> None:
        place = self.inputs / "documents" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "ILAB_CONTENT": str(self.content),
            "ILAB_TERMINATION_LOG": str(self.content / "termination-log"),
            "TEACHER_API_KEY": KEY,
            # What a killed process leaves behind goes with the attempt.
            "TMPDIR": str(self.content),
        }

    def start(self, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(ENGINE / "bin" / "datagen")], env=self.environment | environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def run(self, **environment: str) -> tuple[int, str]:
        """Exit code and what was printed."""
        process = self.start(**environment)
        printed, _ = process.communicate(timeout=900)
        return process.returncode, printed

    def run_here(self) -> tuple[int, str]:
        """The same without a new process, which would take long to import upstream."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = run_stage(generate_data, self.environment)
        return code, printed.getvalue()

    def rows(self, path: str) -> list[dict[str, Any]]:
        file = self.artifacts / path
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def json(self, path: str) -> Any:
        return json.loads((self.artifacts / path).read_text())

    def training_text(self) -> str:
        files = [f"train/{phase}_train_msgs.jsonl" for phase in ("knowledge", "skills")]
        return "\n".join(m["content"] for file in files for row in self.rows(file) for m in row["messages"])
