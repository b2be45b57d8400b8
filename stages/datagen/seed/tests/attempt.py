"""A content root in a temporary folder, and the driver run on it as a process."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import STAGES

DRIVER = STAGES / "datagen" / "seed" / "bin" / "datagen"

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
OLD_SKILL = SKILL.replace("version: 3\n", "")


def knowledge(repo: str = "https://example.org/x/handbook.git", commit: str = "a" * 40, pattern: str = "*.md") -> str:
    text = "version: 3\ncreated_by: somebody\ndomain: ponds\ndocument_outline: Life in ponds\nseed_examples:\n"
    for name in FISH:
        text += f"  - context: {sentence(name)}\n    questions_and_answers:\n"
        for about in ("depth", "colour", "food"):
            text += f"      - question: What is the {about} of the {name} in a pond?\n"
            text += f"        answer: The {about} of a {name} is what the {name} itself prefers.\n"
    return (
        text + f"document:\n  repo: {json.dumps(repo)}\n  commit: {commit}\n  patterns:\n    - {json.dumps(pattern)}\n"
    )


FISH = ("carp", "tench", "pike", "perch", "roach")


def sentence(name: str) -> str:
    return f"The {name} lives in the deepest part, a {name} comes up seldom, and no {name} is seen before the evening."


def quoted(name: str) -> str:
    """Fifteen words of the sentence, and then something else."""
    return " ".join(sentence(name).split()[:15]) + " caught by night."


HANDBOOK = "# Ponds\n\nPonds are small.\n\n"
HANDBOOK += "\n\n".join(f"## {name}\n\n{sentence(name)}\n\n{quoted(name)}" for name in FISH)


class Attempt:
    def __init__(self, **params: Any) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.content = Path(self._folder.name)
        self.artifacts = self.content / "artifacts"
        self.params = params
        self.taxonomy = self.content / "inputs" / "taxonomy"
        self.taxonomy.mkdir(parents=True)

    def close(self) -> None:
        self._folder.cleanup()

    def leaf(self, path: str, text: str | bytes, *, attribution: bool = True) -> Path:
        folder = self.taxonomy / path
        folder.mkdir(parents=True)
        (folder / "qna.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        if attribution:
            (folder / "attribution.txt").write_text("Title of work: -\n")
        return folder

    def document(self, path: str, text: str) -> Path:
        place = self.content / "inputs" / "documents" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def run(self, driver: Path = DRIVER, **environment: str) -> subprocess.CompletedProcess[str]:
        (self.content / "params.json").write_text(json.dumps(self.params))
        env = {
            "PATH": os.environ["PATH"],
            "ILAB_CONTENT": str(self.content),
            "ILAB_TERMINATION_LOG": str(self.content / "termination-log"),
        }
        return subprocess.run(
            [sys.executable, str(driver)], env=env | environment, capture_output=True, text=True, timeout=120
        )

    def rows(self, path: str) -> list[dict[str, Any]]:
        file = self.artifacts / path
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def training_text(self) -> str:
        files = [f"train/{phase}_train_msgs.jsonl" for phase in ("knowledge", "skills")]
        rows = [row for file in files for row in self.rows(file)]
        return "\n".join(message["content"] for row in rows for message in row["messages"])

    def json(self, path: str) -> Any:
        return json.loads((self.artifacts / path).read_text())


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
