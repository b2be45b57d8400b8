"""Judging a qna.yaml with upstream's own package, instructlab-schema (and yamllint, which it runs)."""

import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from instructlab.schema.taxonomy import TaxonomyMessageFormat, TaxonomyParser, TaxonomyReadingException

from .faults import Fault
from .qna_yaml import Lines

_MESSAGE = re.compile(r"(ERROR|WARN): (?P<line>\d+):\d+ (?:\[(?P<path>[.\[].*?)\] )?(?P<text>.*)", re.DOTALL)
_START = re.compile(r"(?=^(?:ERROR|WARN): )", re.MULTILINE)


class SchemaCheck:
    """Keeps one parser for all files; each is judged as a copy, so that no folder's name misleads the parser."""

    def __init__(self) -> None:
        own = os.path.dirname(sys.executable)
        os.environ["PATH"] = f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        if shutil.which("yamllint") is None:
            raise RuntimeError("yamllint is not in the environment of this stage")
        self._parser = TaxonomyParser(schema_version=0, message_format=TaxonomyMessageFormat.STANDARD)
        # Lines come from our own reading of the file.
        self._parser.yq_available = False

    def judge(self, path: str, data: bytes, lines: Lines) -> tuple[int, list[Fault], list[str]]:
        """The schema version the file was judged by, its faults, and its warnings."""
        top = "knowledge" if path.startswith("knowledge/") else "compositional_skills"
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder).resolve() / top / "qna.yaml"
            copy.parent.mkdir()
            copy.write_bytes(data)
            said = io.StringIO()
            try:
                with contextlib.redirect_stdout(said):
                    taxonomy = self._parser.parse(copy)
            except TaxonomyReadingException as error:
                return 0, [Fault(path, f"cannot be read: {error.__cause__ or error}")], []
            return taxonomy.version, *_messages(path, said.getvalue().replace(f"{taxonomy.rel_path}:", ""), lines)


def _messages(path: str, said: str, lines: Lines) -> tuple[list[Fault], list[str]]:
    faults, warnings = [], []
    for message in _START.split(said):
        match = _MESSAGE.match(message)
        if match is None:
            continue
        place = match["path"]
        line = int(match["line"]) if place is None else lines.of(place)
        text = match["text"].strip() if place in (None, ".", "") else f"{place.lstrip('.')}: {match['text'].strip()}"
        fault = Fault(path, text, line)
        if match[1] == "ERROR":
            faults.append(fault)
        else:
            warnings.append(str(fault))
    return faults, warnings
