"""Text of strangers, made fit for a line of a log."""

import unicodedata

# Controls, formats (bidirectional overrides, zero width), surrogates, private use, line and paragraph separators.
_UNFIT = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def one_line(text: object, limit: int = 500) -> str:
    """`text` without line ends, and with escapes and invisible characters as `\\xNN`; at most `limit` characters."""
    parts: list[str] = []
    length = 0
    for char in str(text):
        part = char if unicodedata.category(char) not in _UNFIT else _escaped(char)
        length += len(part)
        if length > limit:
            return "".join(parts)[: max(0, limit - 3)] + "..."
        parts.append(part)
    return "".join(parts)


def _escaped(char: str) -> str:
    code = ord(char)
    if char in "\n\r\t":
        return " "
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
