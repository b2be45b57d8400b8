"""Which rows go together, and how they become arrays of one length."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import mlx.core as mx
import numpy as np

from .encoding import Encoded

# Rows of like length share a batch, so that little is padding; sorted within so many batches only: epochs shall differ.
_WINDOW = 16
# Few different lengths: mlx keeps buffers (and on a GPU kernels) by shape.
_MULTIPLE = 32


def shuffled_batches(lengths: Sequence[int], size: int, key: str) -> list[list[int]]:
    """Every row once, in an order that `key` alone decides: the same on every machine and after every restart."""
    order = sorted(range(len(lengths)), key=lambda row: _rank(f"{key}/row/{row}"))
    batches: list[list[int]] = []
    for start in range(0, len(order), size * _WINDOW):
        window = sorted(order[start : start + size * _WINDOW], key=lambda row: lengths[row])
        batches += [window[at : at + size] for at in range(0, len(window), size)]
    return sorted(batches, key=lambda batch: _rank(f"{key}/batch/{batch[0]}"))


def batches_by_length(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Every row once, shortest first."""
    order = sorted(range(len(lengths)), key=lambda row: (lengths[row], row))
    return (order[at : at + size] for at in range(0, len(order), size))


def pad(rows: Iterable[Encoded]) -> tuple[mx.array, mx.array]:
    """Tokens and marks as arrays (rows, length). Padding counts nowhere and, standing last, is attended to by none."""
    rows = list(rows)
    longest = max(len(row.tokens) for row in rows)
    length = -(-longest // _MULTIPLE) * _MULTIPLE + 1
    tokens = np.zeros((len(rows), length), np.int32)
    counted = np.zeros((len(rows), length), bool)
    for number, row in enumerate(rows):
        tokens[number, : len(row.tokens)] = row.tokens
        counted[number, : len(row.counted)] = row.counted
    return mx.array(tokens), mx.array(counted)


def _rank(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
