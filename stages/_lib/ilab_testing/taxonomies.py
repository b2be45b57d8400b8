"""Leaves of every kind, whose held-out texts can be told from all others, and a folder to lay them in."""

import json
import tempfile
from pathlib import Path
from typing import Any

from .program import artifact, artifact_rows

_HEAD = "version: 3\ncreated_by: somebody\n"
SKILL = _HEAD + "task_description: To name the successor of a number\nseed_examples:\n"
SKILL += "".join(
    f"  - question: Which number comes directly after {n}?\n    answer: The number after {n} is {n + 1}, of course.\n"
    for n in (11, 23, 37, 41, 59)
)
OLD_SKILL = SKILL.replace("version: 3\n", "")
GROUNDED = SKILL[: SKILL.index("  - question")].replace("To name", "To read out")
GROUNDED += "".join(
    f"  - context: Somebody in the {name} counts aloud and does not stop before evening.\n"
    f"    question: Who counts up to {n} in this?\n    answer: Up to {n} counts whoever sits in the {name} all day.\n"
    for n, name in enumerate(("kitchen", "cellar", "attic", "garden", "stable"), 100)
)
FISH = ("carp", "tench", "pike", "perch", "roach")


def sentence(name: str) -> str:
    return f"The {name} lives in the deepest part, a {name} comes up seldom, and no {name} is seen before the evening."


def knowledge(repo: str = "https://example.org/x/handbook.git", commit: str = "a" * 40, pattern: str = "*.md") -> str:
    text = _HEAD + "domain: ponds\ndocument_outline: Life in ponds\nseed_examples:\n"
    for name in FISH:
        text += f"  - context: {sentence(name)}\n    questions_and_answers:\n"
        for about in ("depth", "colour", "food"):
            text += f"      - question: What is the {about} of the {name} in a pond?\n"
            text += f"        answer: The {about} of a {name} is what the {name} itself prefers.\n"
    return (
        text + f"document:\n  repo: {json.dumps(repo)}\n  commit: {commit}\n  patterns:\n    - {json.dumps(pattern)}\n"
    )


HANDBOOK = "# Ponds\n\nPonds are small, and they freeze over in most of the winters of this country.\n\n"
HANDBOOK += "\n\n".join(f"## {name}\n\n{sentence(name)}\n\nIt is called {name} by all who fish." for name in FISH)


class TaxonomyContent:
    """A content folder of datagen; `params` is written when the driver starts."""

    def __init__(self, **params: Any) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.content = Path(self._folder.name)
        self.artifacts = self.content / "artifacts"
        self.inputs = self.content / "inputs"
        self.taxonomy = self.inputs / "taxonomy"
        self.taxonomy.mkdir(parents=True)
        self.params = params

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
        place = self.inputs / "documents" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def write_params(self) -> None:
        (self.content / "params.json").write_text(json.dumps(self.params))

    def json(self, path: str) -> Any:
        return artifact(self.content, path)

    def rows(self, path: str) -> list[dict[str, Any]]:
        return artifact_rows(self.content, path)

    def training_text(self) -> str:
        files = [f"train/{phase}_train_msgs.jsonl" for phase in ("knowledge", "skills")]
        return "\n".join(m["content"] for file in files for row in self.rows(file) for m in row["messages"])
