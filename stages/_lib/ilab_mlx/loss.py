"""Cross-entropy of the counted tokens, in nats."""

from typing import Any

import mlx.core as mx
import mlx.nn as nn


def row_losses(model: Any, tokens: mx.array, counted: mx.array) -> tuple[mx.array, mx.array]:
    """For each row the sum of nats over its counted tokens, and their number."""
    logits = model(tokens[:, :-1]).astype(mx.float32)
    nats = nn.losses.cross_entropy(logits, tokens[:, 1:])
    weights = counted[:, 1:]
    return (nats * weights).sum(axis=-1), weights.sum(axis=-1)


def floats(row: mx.array) -> list[float]:
    """The numbers of an array of one dimension."""
    values: Any = row.tolist()
    return [float(value) for value in values]


def batch_loss(model: Any, tokens: mx.array, counted: mx.array) -> tuple[mx.array, mx.array]:
    """The mean over the batch's counted tokens, and their number."""
    nats, numbers = row_losses(model, tokens, counted)
    total = numbers.sum()
    return nats.sum() / total, total
