"""A content root in a temporary folder with a taxonomy, and the engine run on it: as a process, or in this one."""

import contextlib
import io
import os
import subprocess
import sys
from typing import Any

from ilab_datagen_sdg.driver import generate_data
from ilab_stage import run_stage
from ilab_testing.program import content_environment
from ilab_testing.taxonomies import TaxonomyContent, knowledge

from . import ENGINE
from .completions_teacher import CompletionsTeacher

KEY = "sk-very-secret-key"
KNOWLEDGE = knowledge()


class Attempt(TaxonomyContent):
    def __init__(self, teacher: CompletionsTeacher, **params: Any) -> None:
        own = {"url": teacher.url, "model": "mock", "timeoutSeconds": 60, "retries": 0, **params.pop("teacher", {})}
        sdg = {"pipeline": "simple", "instructions": 2, "workers": 2, "batchSize": 4, **params.pop("sdg", {})}
        super().__init__(teacher=own, instructlabSdg=sdg, **params)
        self.write_params()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            **content_environment(self.content),
            "TEACHER_API_KEY": KEY,
            # What a killed process leaves behind goes with the attempt.
            "TMPDIR": str(self.content),
        }

    def start(self, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(ENGINE / "bin" / "datagen")], env=self.environment | environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def run(self, **environment: str) -> tuple[int, str]:
        """Exit code and what was printed."""
        process = self.start(**environment)
        printed, _ = process.communicate(timeout=900)
        return process.returncode, printed

    def run_here(self) -> tuple[int, str]:
        """The same without a new process, which would take long to import upstream."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = run_stage(generate_data, self.environment)
        return code, printed.getvalue()
