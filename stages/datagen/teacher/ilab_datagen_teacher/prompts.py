"""What the teacher is asked, and how its answer is read."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ilab_datagen.leaves import GROUNDED, Example, Leaf
from ilab_datagen.rows import Turn, prompt

MOST_CHARACTERS = 8000
_SHOWN_EXAMPLES = 3


@dataclass(frozen=True)
class Asked:
    leaf: Leaf
    messages: list[dict[str, str]]


def skill_prompts(leaf: Leaf, training: Sequence[Example], rows: int, rows_per_prompt: int) -> list[Asked]:
    """As many prompts as give `rows`; each shows other examples, so that the same words do not come back."""
    keys = '"context", "question" and "answer"' if leaf.kind == GROUNDED else '"question" and "answer"'
    asked = []
    for number in range(-(-rows // rows_per_prompt)):
        shown = [training[(number + step) % len(training)] for step in range(min(_SHOWN_EXAMPLES, len(training)))]
        examples = [_as_json(example, leaf.kind == GROUNDED) for example in shown]
        text = (
            f"You write examples that teach a language model a skill.\n\nThe skill: {leaf.subject}\n\n"
            f"Examples that people wrote:\n{json.dumps(examples, ensure_ascii=False, indent=1)}\n\n"
            f"Write {rows_per_prompt} new examples of the same skill, set {number + 1}. They differ from the ones above"
            " and from each other, and their answers are right.\nAnswer with one JSON array of objects with the keys"
            f" {keys}, and with nothing else."
        )
        asked.append(Asked(leaf, [{"role": "user", "content": text}]))
    return asked


def knowledge_prompts(leaf: Leaf, passages: Sequence[Turn], most: int, rows_per_prompt: int) -> list[Asked]:
    chosen = passages if len(passages) <= most else [passages[at * len(passages) // most] for at in range(most)]
    asked = []
    for passage in chosen:
        text = (
            f"You write questions on a text, and their answers.\n\nWhat the text is about: {leaf.subject}\n\n"
            f"The text:\n{passage.assistant}\n\n"
            f"Write {rows_per_prompt} questions that this text answers. Each can be understood without the text, and"
            " its answer says only what the text says.\nAnswer with one JSON array of objects with the keys"
            ' "question" and "answer", and with nothing else.'
        )
        asked.append(Asked(leaf, [{"role": "user", "content": text}]))
    return asked


def read_answer(leaf: Leaf, text: str) -> list[Turn]:
    """The rows in an answer, wherever in it the JSON stands; empty when there is none."""
    turns = []
    for item in _objects(text):
        question, answer, context = (item.get(key) for key in ("question", "answer", "context"))
        parts = [question, answer, *([context] if leaf.kind == GROUNDED else [])]
        if not all(isinstance(part, str) and 0 < len(part.strip()) <= MOST_CHARACTERS for part in parts):
            continue
        shown = str(context).strip() if leaf.kind == GROUNDED else None
        turns.append(Turn(prompt(shown, str(question).strip()), str(answer).strip(), "teacher"))
    return turns


def _as_json(example: Example, grounded: bool) -> dict[str, str]:
    context = {"context": example.context} if grounded and example.context else {}
    return context | {"question": example.pairs[0].question, "answer": example.pairs[0].answer}


def _objects(text: str) -> Iterator[dict[str, object]]:
    """Objects of the first array that holds any; else single objects, as of an answer that was cut."""
    decoder = json.JSONDecoder()
    for match in list(re.finditer(r"\[", text))[:50]:
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if objects := [item for item in found if isinstance(item, dict)]:
            yield from objects
            return
    at = text.find("{")
    while at >= 0:
        try:
            item, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(item, dict):
                yield item
        at = text.find("{", end)
