"""Training rows in upstream's format, from what people wrote."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .documents import Document
from .leaves import KNOWLEDGE, Example, Leaf
from .passages import paragraphs, pieces, title
from .settings import Settings
from .texts import HeldOutTexts

_NAMESPACE = uuid.UUID("6f1d2a52-6d8c-5f0e-9d5e-0d3c0b7a4c11")


@dataclass(frozen=True)
class Turn:
    """A question and its answer as a model is to see them."""

    user: str
    assistant: str
    dataset: str
    document: str | None = None


@dataclass
class LeafRows:
    """The training rows of one leaf; a skill has no `knowledge`."""

    knowledge: list[dict[str, Any]] = field(default_factory=list)
    skills: list[dict[str, Any]] = field(default_factory=list)
    dropped_passages: int = 0
    """Paragraphs of documents left out because they share words with what is held out."""
    passages_left: int = 0
    """Passages beyond `passagesPerLeaf`, left out evenly."""

    def as_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "trainRows": {"knowledge": len(self.knowledge), "skills": len(self.skills)},
            "droppedPassages": self.dropped_passages,
            "passagesLeft": self.passages_left,
        }


def prompt(context: str | None, question: str) -> str:
    return question if not context else f"{context}\n\n{question}"


def example_turns(leaf: Leaf, example: Example) -> list[Turn]:
    """A skill with its context; knowledge without, so that the answer has to be known."""
    context = None if leaf.kind == KNOWLEDGE else example.context
    return [Turn(prompt(context, pair.question), pair.answer, "seed_examples") for pair in example.pairs]


def passage_turns(
    leaf: Leaf, documents: Sequence[Document], held_out: HeldOutTexts, settings: Settings
) -> tuple[list[Turn], int, int]:
    """The documents as answers to what they say under each heading; how many paragraphs were dropped and left out."""
    turns: list[Turn] = []
    dropped = 0
    for document in documents:
        kept = []
        for passage in paragraphs(document.text):
            if held_out.touched_by(passage.text) or held_out.touched_by(passage.heading):
                dropped += 1
            else:
                kept.extend(pieces(passage, settings.passage_characters))
        about = _first_free(held_out, title(document.text), leaf.subject, document.path)
        for number, passage in _numbered(kept):
            turn = Turn(_asked(about, passage.heading, number), passage.text, "document_passages", document.path)
            if held_out.repeated_by(turn.user, turn.assistant) is None:
                turns.append(turn)
            else:
                dropped += 1
    most = settings.passages_per_leaf
    chosen = turns if len(turns) <= most else [turns[at * len(turns) // most] for at in range(most)]
    return chosen, dropped, len(turns) - len(chosen)


def to_rows(
    leaf: Leaf, turns: Sequence[Turn], settings: Settings, *, unmask: bool, repeat: bool
) -> list[dict[str, Any]]:
    """One row a turn; with `repeat` over and over until the leaf has `rowsPerLeaf`."""
    many = max(len(turns), settings.rows_per_leaf) if repeat and turns else len(turns)
    return [_row(leaf, turns[at % len(turns)], at, settings, unmask) for at in range(many)]


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mixed, and the same on every machine."""
    return sorted(rows, key=lambda row: row["id"])


def _row(leaf: Leaf, turn: Turn, at: int, settings: Settings, unmask: bool) -> dict[str, Any]:
    system = [{"role": "system", "content": settings.system_prompt}] if settings.system_prompt else []
    metadata = {"leaf": leaf.id, "dataset": turn.dataset} | ({"document": turn.document} if turn.document else {})
    messages = [*system, {"role": "user", "content": turn.user}, {"role": "assistant", "content": turn.assistant}]
    name = json.dumps([leaf.path, turn.dataset, unmask, at, messages])
    return {
        "id": str(uuid.uuid5(_NAMESPACE, name)),
        "messages": messages,
        "metadata": json.dumps(metadata, ensure_ascii=False),
        "unmask": unmask,
    }


def _first_free(held_out: HeldOutTexts, *names: str | None) -> str:
    return next((name for name in names if name and held_out.repeated_by(name) is None), "it")


def _asked(about: str, heading: str, number: int) -> str:
    under = f' under "{heading}"' if heading and heading != about else ""
    part = f" (part {number})" if number > 1 else ""
    return f'What does "{about}" say{under}{part}?'


def _numbered(passages: Sequence[Any]) -> list[tuple[int, Any]]:
    counts: dict[str, int] = {}
    numbered = []
    for passage in passages:
        counts[passage.heading] = counts.get(passage.heading, 0) + 1
        numbered.append((counts[passage.heading], passage))
    return numbered
