"""As many pieces of a step for every rank.

Without flash attention upstream 0.16.2 may cut one step into different numbers of pieces for different ranks: those with
fewer wait in one collective, the others in another, for ever. Upstream's own filler, which it gives to a rank that would
have nothing at all, makes the numbers equal: it has no token that counts.
"""

from collections.abc import Callable, Sequence
from typing import Any

Pack = Callable[..., list[list[int]]]
_FILLER = [-1]


def evened(pack: Pack) -> Pack:
    """`pack(lengths, max_tokens, ranks, rank, ...)` gives one rank's pieces, each the places of its rows."""

    def even(lengths: Sequence[int], max_tokens: int, ranks: int, rank: int, *more: Any) -> list[list[int]]:
        pieces = [pack(lengths, max_tokens, ranks, one, *more) for one in range(ranks)]
        missing = max(map(len, pieces)) - len(pieces[rank])
        return [*pieces[rank], *[list(_FILLER) for _ in range(missing)]]

    return even
