"""Rows as one stage hands them to the next."""

import json
from typing import Any

Row = dict[str, Any]


def row(question: str, answer: str, *, unmask: bool = False) -> Row:
    """A training row."""
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"id": question, "messages": messages, "metadata": json.dumps({"leaf": "a_leaf"}), "unmask": unmask}


def rows(count: int, *, unmask: bool = False) -> list[Row]:
    return [row(f"What is {n} and {n}?", f"It is {2 * n}." + " Sure." * (n % 3), unmask=unmask) for n in range(count)]


def question_rows(item: str) -> list[Row]:
    """One multiple-choice question with its answer once at each letter."""
    return [
        {"question": f"Which {item}?", "choices": ["a", "b", "c", "d"], "answer": right, "subject": "s", "item": item}
        for right in range(4)
    ]
