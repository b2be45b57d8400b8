"""A driver on a content folder: as a program, or in this process, where importing its packages takes most of the time."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ilab_stage import Stage, run_stage


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The sentence a failed driver ends with."""
        return self.err.strip().splitlines()[-1].removeprefix("error: ")


def content_environment(content: Path) -> dict[str, str]:
    return {"ILAB_CONTENT": str(content), "ILAB_TERMINATION_LOG": str(content / "termination-log")}


def start_program(program: Path, content: Path, **environment: str) -> subprocess.Popen[str]:
    own = {"PATH": os.environ["PATH"], "HOME": str(content), **content_environment(content)}
    return subprocess.Popen(
        [sys.executable, str(program)],
        env=own | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_program(program: Path, content: Path, **environment: str) -> Ended:
    process = start_program(program, content, **environment)
    out, err = process.communicate()
    return Ended(process.returncode, out, err)


def run_here(
    main: Callable[[Stage], None], content: Path, *, out: io.StringIO | None = None, **environment: str
) -> Ended:
    """The stage in this process; `out` takes what it prints."""
    out, err = out or io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_stage(main, content_environment(content) | environment)
    return Ended(code, out.getvalue(), err.getvalue())


def processes_of(content: Path) -> list[int]:
    """Every living process whose command line names the content folder."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and str(content).encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def write_lines(file: Path, content: Iterable[Mapping[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(one) + "\n" for one in content), encoding="utf-8")


def artifact(content: Path, path: str) -> Any:
    return json.loads((content / "artifacts" / path).read_text(encoding="utf-8"))


def artifact_rows(content: Path, path: str) -> list[dict[str, Any]]:
    """Of a JSON Lines file; empty when it is not there."""
    file = content / "artifacts" / path
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def result(content: Path) -> dict[str, Any]:
    found: dict[str, Any] = artifact(content, "result.json")
    return found
