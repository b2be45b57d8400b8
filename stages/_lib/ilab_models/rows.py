"""Rows of conversations as datagen writes them, a line each: `{id, messages: [{role, content}], metadata, unmask}`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ilab_stage import BadInput, one_line

_MOST_DETAILS = 20

Message = dict[str, str]
"""`role` and `content`, nothing else."""


@dataclass(frozen=True)
class Row:
    place: str
    """File and line, for messages."""
    messages: tuple[Message, ...]
    unmask: bool
    """Whether the loss counts on every token, not on the answers only."""
    fields: dict[str, Any]
    """The row as it was read."""


def read_rows(path: Path) -> list[Row]:
    """Every row of the file; one that is missing, empty or holds a faulty row is a BadInput that names each fault."""
    rows: list[Row] = []
    faults: list[str] = []
    for place, line in read_lines(path):
        try:
            rows.append(_row(place, line))
        except ValueError as error:
            faults.append(f"{place}: {error}")
    refuse(faults, f"{path.name} holds rows that are no conversations")
    if not rows:
        raise BadInput(f"{path.name} holds no row")
    return rows


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a file that hold more than white space, each with its place."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is no UTF-8: byte {error.start} is {error.object[error.start]:#04x}") from error
    # Not splitlines(): JSON may hold U+2028 and its kind unescaped.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"{path.name}:{number}", line


def read_object(line: str) -> dict[str, Any]:
    """Raises ValueError for anything but a JSON object."""
    try:
        value = json.loads(line)
    except ValueError as error:
        raise ValueError(f"is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError("is no JSON object")
    return value


def refuse(faults: Sequence[str], what: str) -> None:
    """Raises BadInput when there are faults: the first in the sentence, the others as details."""
    if not faults:
        return
    rest = len(faults) - _MOST_DETAILS
    details = [*faults[1:_MOST_DETAILS], *([f"... and {rest} more"] if rest > 0 else [])]
    raise BadInput(f"{what} ({len(faults)}): {faults[0]}", details)


def _row(place: str, line: str) -> Row:
    fields = read_object(line)
    messages = fields.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValueError("has no messages")
    clean = tuple(_message(number, message) for number, message in enumerate(messages, 1))
    unmask = fields.get("unmask") or False
    if not isinstance(unmask, bool):
        raise ValueError(f"unmask is {one_line(json.dumps(unmask), 40)}, not true or false")
    return Row(place, clean, unmask, fields)


def _message(number: int, message: object) -> Message:
    if not isinstance(message, dict):
        raise ValueError(f"message {number} is no object")
    role, content = message.get("role"), message.get("content")
    if not isinstance(role, str) or not role:
        raise ValueError(f"message {number} has no role")
    if not isinstance(content, str):
        raise ValueError(f"message {number} has no content")
    return {"role": role, "content": content}
