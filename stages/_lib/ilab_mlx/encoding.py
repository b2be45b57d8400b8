"""Conversations to tokens, with a mark on those that the loss counts: the answers, or all of an unmasked row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ilab_models.rows import Message, Row
from ilab_stage import BadInput, one_line

# Upstream's replay rows hold plain text under a role of its own.
_LEARNED_ROLES = ("assistant", "pretraining")


@dataclass(frozen=True)
class Encoded:
    tokens: np.ndarray
    """int32, one row's tokens."""
    counted: np.ndarray
    """bool, as long: whether predicting this token counts. Never true for the first: nothing precedes it."""

    @property
    def answer_tokens(self) -> int:
        return int(self.counted.sum())


class Encoder:
    """Writes conversations with the model's own chat template; a template that cannot is a BadInput naming the row."""

    def __init__(self, tokenizer: Any) -> None:
        if not getattr(tokenizer, "chat_template", None):
            raise BadInput("the model's tokenizer has no chat template: it cannot be tuned on conversations")
        if not getattr(tokenizer, "is_fast", False):
            raise BadInput("the model has no tokenizer.json: its tokenizer does not say which text a token stands for")
        self._tokenizer = tokenizer

    def encode(self, row: Row) -> Encoded:
        try:
            text = self._render(row.messages)
            spans = [(0, len(text))] if row.unmask else self._learned_spans(row.messages, text)
        except Exception as error:  # a template is the model's code: it may raise anything
            reason = one_line(error, 200)
            raise BadInput(f"{row.place} does not fit the chat template of the model: {reason}") from error
        encoded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        tokens = np.array(encoded["input_ids"], np.int32)
        starts = np.array([start for start, _ in encoded["offset_mapping"]], np.int64)
        counted = np.zeros(len(tokens), bool)
        for begin, end in spans:
            counted |= (starts >= begin) & (starts < end)
        counted[:1] = False
        if not counted.any():
            raise BadInput(f"{row.place} has no answer: no message of the role assistant with a text")
        return Encoded(tokens, counted)

    def _learned_spans(self, messages: Sequence[Message], text: str) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        cursor = 0
        for number, message in enumerate(messages):
            if message["role"] not in _LEARNED_ROLES:
                continue
            asks = message["role"] == "assistant"
            before = self._render(messages[:number], asks=asks) if number or asks else ""
            after = self._render(messages[: number + 1])
            if text.startswith(after) and after.startswith(before):
                span = (len(before), len(after))
            else:
                # A template that rewrites earlier turns: the text of the answer is found by itself.
                begin = text.find(message["content"].strip(), cursor)
                if begin < 0:
                    raise ValueError(f"message {number + 1} is not in the text it writes")
                span = (begin, begin + len(message["content"].strip()))
            spans.append(span)
            cursor = span[1]
        return spans

    def _render(self, messages: Sequence[Message], *, asks: bool = False) -> str:
        rendered = self._tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=asks)
        return str(rendered)
