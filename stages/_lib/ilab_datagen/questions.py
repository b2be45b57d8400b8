"""Multiple-choice tasks in the form of MMLU-branch, from held-out examples alone."""

import hashlib
from collections.abc import Sequence
from typing import Any

from .holdout import Split
from .leaves import KNOWLEDGE, Example, Leaf
from .rows import prompt
from .texts import normal

LETTERS = "ABCD"


def leaf_questions(leaf: Leaf, leaves: Sequence[Leaf], split: Split) -> list[dict[str, Any]]:
    """Four rows a held-out question, its answer once at each letter; none where three wrong answers cannot be found.

    Each letter is right equally often, so all four occur (lm-eval numbers only those that do) and a model that always
    says the same letter scores 0.25. Rows of one question share `item`: they are one observation.
    """
    own = [*split.held_out[leaf.id], *split.training[leaf.id]]
    others = [example for other in leaves if other.id != leaf.id for example in split.held_out[other.id]]
    rows = []
    for example in split.held_out[leaf.id]:
        for pair in example.pairs:
            # Knowledge is asked without its context: what is measured is what the model knows.
            question = prompt(None if leaf.kind == KNOWLEDGE else example.context, pair.question)
            item = hashlib.sha256(f"{leaf.path}\0{question}\0{pair.answer}".encode()).hexdigest()[:16]
            wrong = _wrong_answers(pair.answer, item, own, others)
            if len(wrong) < 3:
                continue
            for right in range(4):
                choices = wrong[:3]
                choices.insert(right, pair.answer)
                rows.append(
                    {"question": question, "choices": choices, "answer": right, "subject": leaf.id, "item": item}
                )
    return rows


def task(leaf: Leaf, file_name: str) -> dict[str, Any]:
    """The lm-eval task beside the questions; its file is named without a folder, so that the folder can move."""
    options = "\n".join(f"{letter}. {{{{choices[{at}]}}}}" for at, letter in enumerate(LETTERS))
    return {
        "task": f"mmlu_pr_{leaf.id}",
        "tag": "mmlu_pr",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": file_name}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": f"{{{{question.strip()}}}}\n{options}\nAnswer:",
        "doc_to_choice": list(LETTERS),
        "doc_to_target": "answer",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }


def _wrong_answers(answer: str, item: str, own: Sequence[Example], others: Sequence[Example]) -> list[str]:
    """Other answers, each once: of the same leaf first, because those are the hard ones."""
    seen = {normal(answer)}
    found: list[str] = []
    for examples in (own, others):
        texts = [pair.answer for example in examples for pair in example.pairs]
        for text in sorted(texts, key=lambda text: hashlib.sha256(f"{item}\0{text}".encode()).digest()):
            plain = normal(text)
            if plain not in seen:
                seen.add(plain)
                found.append(text)
    return found
