"""Markdown of strangers as plain passages of bounded length."""

import re
from dataclasses import dataclass

# Every repetition is bounded: the text is a stranger's, and a pattern must not run for ever on it.
_IMAGE = re.compile(r"!\[[^\[\]]{0,300}\]\((?:[^()]|\([^()]{0,300}\)){0,500}\)")
_LINK = re.compile(r"\[([^\[\]]{0,300})\]\((?:[^()]|\([^()]{0,300}\)){0,500}\)")
_TAG = re.compile(r"<[^<>]{0,300}>")
_MARK = re.compile(r"[*`]{1,3}|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)")
_ITEM = re.compile(r"^\s{0,8}(?:[-*+]|\d{1,3}[.)])\s+")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Passage:
    heading: str
    text: str


def paragraphs(markdown: str) -> list[Passage]:
    """Paragraphs with the heading they stand under; tables, images, comments, rules and code are left out."""
    heading = ""
    found: list[Passage] = []
    lines: list[str] = []
    fenced = False

    def close() -> None:
        text = plain(" ".join(lines))
        lines.clear()
        if len(text) >= 2 and any(char.isalnum() for char in text):
            found.append(Passage(heading, text))

    for line in _without_comments(markdown).splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            close()
            fenced = not fenced
        elif fenced or line.lstrip().startswith("|"):
            close()
        elif match := _HEADING.match(line):
            close()
            heading = plain(match[2])[:120]
        elif not line.strip():
            close()
        elif _ITEM.match(line):
            close()
            lines.append(_ITEM.sub("", line))
        else:
            lines.append(line.strip().lstrip("> "))
    close()
    return found


def title(markdown: str) -> str | None:
    """The first heading of the highest level; None without any."""
    matches = (_HEADING.match(line) for line in markdown.splitlines())
    found = min((match for match in matches if match), key=lambda match: len(match[1]), default=None)
    return plain(found[2])[:120] or None if found else None


def pieces(passage: Passage, most: int) -> list[Passage]:
    """The passage cut at sentence ends into pieces of at most `most` characters."""
    texts: list[str] = []
    for sentence in _SENTENCE_END.split(passage.text):
        for part in _cut(sentence, most):
            if texts and len(texts[-1]) + 1 + len(part) <= most:
                texts[-1] = f"{texts[-1]} {part}"
            else:
                texts.append(part)
    return [Passage(passage.heading, text) for text in texts]


def plain(text: str) -> str:
    """One line without Markdown's marks; a link leaves its text."""
    for pattern, instead in ((_IMAGE, ""), (_LINK, r"\1"), (_LINK, r"\1"), (_TAG, ""), (_MARK, "")):
        text = pattern.sub(instead, text)
    return " ".join(re.sub(r"\\([^\w\s])", r"\1", text).split())


def _cut(sentence: str, most: int) -> list[str]:
    parts = []
    while len(sentence) > most:
        at = sentence.rfind(" ", 1, most + 1)
        at = at if at > 0 else most
        parts.append(sentence[:at])
        sentence = sentence[at:].lstrip()
    return [*parts, sentence] if sentence else parts


def _without_comments(markdown: str) -> str:
    parts = []
    while (start := markdown.find("<!--")) >= 0:
        parts.append(markdown[:start])
        end = markdown.find("-->", start)
        markdown = "" if end < 0 else markdown[end + 3 :]
    return "".join([*parts, markdown])
