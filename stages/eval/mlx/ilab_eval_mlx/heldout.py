"""Held-out loss: what the model thinks of answers that it has not been trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ilab_mlx.batching import batches_by_length, pad
from ilab_mlx.encoding import Encoded, Encoder
from ilab_models.log import say
from ilab_mlx.loss import floats, row_losses
from ilab_models.rows import Row, read_rows, refuse
from ilab_stage import BadInput

FILE = "heldout.jsonl"


@dataclass(frozen=True)
class HeldOut:
    leaves: tuple[str, ...]
    """Of each row."""
    rows: tuple[Encoded, ...]
    dropped: int
    """Rows too long for the model, left out."""

    @property
    def tokens(self) -> list[int]:
        """Answer tokens of each row."""
        return [row.answer_tokens for row in self.rows]


def read_heldout(folder: Path, encoder: Encoder, *, longest: int) -> HeldOut:
    rows = read_rows(folder / FILE)
    leaves = [row.fields.get("leaf") for row in rows]
    refuse(
        [f"{row.place}: has no leaf" for row, leaf in zip(rows, leaves, strict=True) if not isinstance(leaf, str)],
        f"{FILE} holds rows of no leaf",
    )
    # A row to measure on has no `unmask`: only its answer counts.
    encoded = [encoder.encode(Row(row.place, row.messages, False, row.fields)) for row in rows]
    kept = [place for place, one in enumerate(encoded) if len(one.tokens) <= longest]
    if len(kept) < len(rows):
        say(f"{len(rows) - len(kept)} of {len(rows)} held-out rows are longer than {longest} tokens and are left out")
    if not kept:
        raise BadInput(f"every row of {FILE} is longer than {longest} tokens: nothing can be measured")
    return HeldOut(
        tuple(str(leaves[place]) for place in kept), tuple(encoded[place] for place in kept), len(rows) - len(kept)
    )


def answer_losses(model: Any, rows: Sequence[Encoded], *, batch_size: int) -> list[float]:
    """For each row the sum of nats over its answer's tokens."""
    losses = [0.0] * len(rows)
    for batch in batches_by_length([len(row.tokens) for row in rows], batch_size):
        nats, _ = row_losses(model, *pad(rows[place] for place in batch))
        for place, value in zip(batch, floats(nats), strict=True):
            losses[place] = value
    return losses
