"""Rows as tokens, and which of them are left out."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from ilab_models.log import say
from ilab_stage import BadInput
from ilab_stage.result import write_atomically

# The rows are long, and only these two places of each are of interest.
_LENGTH = re.compile(rb'"len":\s*(\d+)\s*}\s*$')
_LABELS = re.compile(rb'"labels":\s*\[([^\]]*)\]')
_NOT_COUNTED = b"-100"


@dataclass(frozen=True)
class Processed:
    """The rows of one phase that are trained on."""

    rows: int
    tokens: int
    dropped: int

    def write(self, file: Path) -> None:
        write_atomically(file, json.dumps(asdict(self)) + "\n")

    @staticmethod
    def read(file: Path) -> "Processed | None":
        try:
            return Processed(**json.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None


def keep_fitting(source: Path, target: Path, *, given: int, longest: int, title: str) -> Processed:
    """Copies the rows of at most `longest` tokens that have something to learn; upstream left out the shortest already.

    Every kept row counts as one sample, so that samples tell how far a training is.
    """
    found = tokens = kept = long = most = empty = 0
    with source.open("rb") as read, target.open("wb") as write:
        for line in read:
            found += 1
            length = _length(line)
            if length > longest:
                long, most = long + 1, max(most, length)
            elif _teaches_nothing(line):
                empty += 1
            else:
                kept, tokens = kept + 1, tokens + length
                write.write(line)
    faults = [
        f"{long} of {given} rows are longer than maxSeqLen {longest} (longest: {most} tokens)" if long else "",
        f"{given - found} of {given} rows are shorter than 20 tokens" if given > found else "",
        f"{empty} of {given} rows have nothing to learn" if empty else "",
    ]
    told = "; ".join(fault for fault in faults if fault)
    if kept == 0:
        raise BadInput(f"{title} has nothing to learn from: {told}")
    if told:
        say(f"{title}: {told}: left out")
    return Processed(kept, tokens, given - kept)


def _length(line: bytes) -> int:
    match = _LENGTH.search(line)
    if match is None:
        raise ValueError(f"a processed row has no length: {line[-40:]!r}")
    return int(match[1])


def _teaches_nothing(line: bytes) -> bool:
    match = _LABELS.search(line)
    return match is not None and not match[1].replace(_NOT_COUNTED, b"").strip(b", ")
