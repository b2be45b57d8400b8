"""Keeps the values of this process's own secrets out of what it prints."""

import base64
import json
import re
from collections.abc import Mapping
from typing import IO, Any
from urllib.parse import quote

MASK = "***"
NAMES_VARIABLE = "ILAB_SECRET_ENV"
# Shorter values would mask ordinary words.
_SHORTEST = 6
_SECRET_NAME = re.compile(r"(^|_)(API_?KEY|ACCESS_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$", re.IGNORECASE)


def secret_values(environment: Mapping[str, str]) -> list[str]:
    """The values to mask, longest first: of the variables named in ILAB_SECRET_ENV (comma separated), and of those
    whose name ends like a secret's; each also as JSON, a URL and base64 would write it, and each line of it alone."""
    named = {name.strip() for name in environment.get(NAMES_VARIABLE, "").split(",")}
    values: set[str] = set()
    for name, value in environment.items():
        if name in named or _SECRET_NAME.search(name):
            # A secret of several lines is masked line by line, so nothing ever waits for a line end.
            for part in {value, value.strip(), *value.splitlines()}:
                values |= {part, json.dumps(part)[1:-1], quote(part, safe=""), base64.b64encode(part.encode()).decode()}
    return sorted(
        (value for value in values if len(value) >= _SHORTEST and len(value.splitlines()) == 1),
        key=lambda value: (-len(value), value),
    )


def masked(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


class MaskingStream:
    """A text stream that masks before it passes on; a secret that comes in pieces is held back until it is whole."""

    def __init__(self, stream: IO[str], secrets: list[str]) -> None:
        self._stream = stream
        self._secrets = secrets
        self._held = ""

    def write(self, text: str) -> int:
        self._held += text
        self._emit(self._safe_length())
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def finish(self) -> None:
        """Passes on what was held back: no more will come."""
        self._emit(len(self._held))
        self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _emit(self, length: int) -> None:
        text, self._held = self._held[:length], self._held[length:]
        if text:
            self._stream.write(masked(text, self._secrets))

    def _safe_length(self) -> int:
        """How much can be passed on: what ends before a possible beginning of a secret, and cuts no whole one."""
        held = self._held
        starts = [len(held) - length for secret in self._secrets if (length := _overlap(held, secret)) > 0]
        safe = min(starts, default=len(held))
        spans = [(at.start(), at.end()) for secret in self._secrets for at in re.finditer(re.escape(secret), held)]
        while straddling := [start for start, end in spans if start < safe < end]:
            safe = min(straddling)
        return safe


def _overlap(text: str, secret: str) -> int:
    """Length of the longest end of `text` that is a beginning, but not all, of `secret`."""
    for length in range(min(len(secret) - 1, len(text)), 0, -1):
        if text.endswith(secret[:length]):
            return length
    return 0
