"""Multiple choice by log-likelihood, asked as in upstream's MMLU-branch: question, four lettered answers, `Answer:`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np

from ilab_mlx.batching import batches_by_length, pad
from ilab_mlx.encoding import Encoded
from ilab_models.log import say
from ilab_mlx.loss import floats, row_losses
from ilab_models.rows import read_lines, read_object, refuse
from ilab_stage import one_line

LETTERS = "ABCD"
_PREFIX = "mmlubench_"


@dataclass(frozen=True)
class Question:
    leaf: str
    item: str
    """Rows of one question with its answers in another order share it: they are one observation."""
    text: str
    """With the lettered answers, up to and including `Answer:`."""
    answer: int


@dataclass(frozen=True)
class EncodedQuestion:
    question: Question
    stem: np.ndarray
    """The tokens that all four answers have in common."""
    endings: tuple[tuple[int, ...], ...]
    """The tokens in which they differ, one tuple a letter."""

    def __len__(self) -> int:
        return len(self.stem) + max(len(ending) for ending in self.endings)


def read_questions(folder: Path, *, few_shots: int) -> list[Question]:
    """Of every `mmlubench_<leaf>.jsonl` in the folder or below, as datagen and upstream lay them out.

    With `few_shots`, each question follows that many others of its leaf, answered: the first of the file, as upstream.
    """
    questions: list[Question] = []
    faults: list[str] = []
    for file in sorted(folder.rglob(f"{_PREFIX}*.jsonl")):
        leaf = file.name.removeprefix(_PREFIX).removesuffix(".jsonl")
        own: list[Question] = []
        for place, line in read_lines(file):
            try:
                own.append(_question(leaf, place, line))
            except ValueError as error:
                faults.append(f"{place}: {error}")
        questions += [_after_others(question, own, few_shots) for question in own]
    refuse(faults, "the tasks hold rows that are no questions")
    return questions


def encode_questions(
    questions: Sequence[Question], tokenizer: Any, *, longest: int
) -> tuple[list[EncodedQuestion], int]:
    """Those that fit, and how many do not."""
    encoded = [_encode(question, tokenizer) for question in questions]
    kept = [one for one in encoded if len(one) <= longest]
    dropped = len(encoded) - len(kept)
    if dropped:
        say(f"{dropped} of {len(encoded)} rows of multiple choice are longer than {longest} tokens and are left out")
    return kept, dropped


def right_answers(model: Any, questions: Sequence[EncodedQuestion], *, batch_size: int) -> list[bool]:
    """For each question whether the right letter is the likeliest; of equal ones the first counts."""
    scores: list[list[float]] = [[] for _ in questions]
    short = [place for place, one in enumerate(questions) if all(len(ending) == 1 for ending in one.endings)]
    for batch in batches_by_length([len(questions[place].stem) for place in short], batch_size):
        places = [short[number] for number in batch]
        for place, values in zip(places, _next_tokens(model, [questions[place] for place in places]), strict=True):
            scores[place] = values
    for place, one in enumerate(questions):
        if not scores[place]:
            scores[place] = _whole_endings(model, one)
    return [values.index(max(values)) == one.question.answer for values, one in zip(scores, questions, strict=True)]


def _question(leaf: str, place: str, line: str) -> Question:
    row = read_object(line)
    question, choices, answer = row.get("question"), row.get("choices"), row.get("answer")
    if not isinstance(question, str) or not question.strip():
        raise ValueError("has no question")
    if (
        not isinstance(choices, list)
        or len(choices) != len(LETTERS)
        or not all(isinstance(one, str) for one in choices)
    ):
        raise ValueError("has not four choices")
    if isinstance(answer, str) and len(answer) == 1 and answer in LETTERS:
        answer = LETTERS.index(answer)
    if not isinstance(answer, int) or isinstance(answer, bool) or not 0 <= answer < len(LETTERS):
        raise ValueError(f"its answer is {one_line(json.dumps(answer), 40)}, not 0 to 3 or A to D")
    options = "\n".join(f"{letter}. {choice}" for letter, choice in zip(LETTERS, choices, strict=True))
    item = row.get("item")
    return Question(leaf, item if isinstance(item, str) else place, f"{question.strip()}\n{options}\nAnswer:", answer)


def _after_others(question: Question, own: Sequence[Question], few_shots: int) -> Question:
    others = [other for other in own if other.item != question.item][:few_shots]
    shots = "".join(f"{other.text} {LETTERS[other.answer]}\n\n" for other in others)
    return Question(question.leaf, question.item, shots + question.text, question.answer)


def _encode(question: Question, tokenizer: Any) -> EncodedQuestion:
    whole = [list(tokenizer(f"{question.text} {letter}")["input_ids"]) for letter in LETTERS]
    shared = 0
    while all(shared < len(tokens) - 1 for tokens in whole) and len({tokens[shared] for tokens in whole}) == 1:
        shared += 1
    endings = tuple(tuple(tokens[shared:]) for tokens in whole)
    return EncodedQuestion(question, np.array(whole[0][:shared], np.int32), endings)


def _next_tokens(model: Any, questions: Sequence[EncodedQuestion]) -> list[list[float]]:
    """Scores of endings of one token: all four are read off the same place."""
    stems = [Encoded(one.stem, np.zeros(len(one.stem), bool)) for one in questions]
    tokens, _ = pad(stems)
    logits = model(tokens)
    last = mx.array([len(one.stem) - 1 for one in questions])
    at = logits[mx.arange(len(questions)), last].astype(mx.float32).tolist()
    return [[values[ending[0]] for ending in one.endings] for values, one in zip(at, questions, strict=True)]


def _whole_endings(model: Any, question: EncodedQuestion) -> list[float]:
    rows = []
    for ending in question.endings:
        tokens = np.concatenate([question.stem, np.array(ending, np.int32)])
        rows.append(Encoded(tokens, np.arange(len(tokens)) >= max(1, len(question.stem))))
    nats, _ = row_losses(model, *pad(rows))
    return [-value for value in floats(nats)]
