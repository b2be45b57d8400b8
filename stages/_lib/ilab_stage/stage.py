"""The frame around a driver: parameters and inputs in, artifacts, result.json and an exit code out."""

import json
import os
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from . import failure
from .digest import LISTING_SUFFIX, Artifact, digest_path
from .failure import BadInput, Stopped, TryLater
from .inputs import Input, open_input
from .masking import MaskingStream, masked, secret_values
from .params import Params
from .result import (
    failure_text,
    result_document,
    sync_folder,
    termination_text,
    write_atomically,
    write_termination_log,
)
from .text import one_line

PROGRESS_PREFIX = "ilab-progress: "
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")


class Stage:
    """One attempt of one stage, as its driver sees it."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        env = os.environ if environment is None else environment
        self.content = Path(env.get("ILAB_CONTENT") or "/content")
        self.artifacts = self.content / "artifacts"
        self.termination_log = Path(env.get("ILAB_TERMINATION_LOG") or "/dev/termination-log")
        self.environment = env
        self.stop_requested = False
        """True once SIGTERM came, for a driver that called `defer_stop`."""
        self.finished = False
        self._defer = False
        self._made: dict[str, Artifact] = {}
        self._params: Params | None = None

    @property
    def params(self) -> Params:
        if self._params is None:
            self._params = Params.read(self.content / "params.json")
        return self._params

    def input(self, name: str) -> Input:
        """Raises BadInput when it is absent or is not what its producer made."""
        found = self.optional_input(name)
        if found is None:
            raise BadInput(f"input {name} is missing: {self.content / 'inputs' / name} does not exist")
        return found

    def optional_input(self, name: str) -> Input | None:
        contents = self.environment.get("ILAB_VERIFY") == "full" or self.params.text("verify", "") == "full"
        return open_input(self.content / "inputs", name, contents=contents)

    def output(self, path: str) -> Path:
        """`artifacts/<path>`, with its parent folder."""
        place = self.artifacts / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def fresh_folder(self, path: str) -> Path:
        """An empty folder below artifacts; what an ended try of the same attempt left there is removed."""
        place = self.output(path)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        return place

    def progress(
        self,
        message: str | None = None,
        *,
        fraction: float | None = None,
        step: int | None = None,
        steps: int | None = None,
        epoch: float | None = None,
        metrics: Mapping[str, float | Mapping[str, float]] | None = None,
    ) -> None:
        """A line for people's eyes. Of `steps` so many are done; `epoch`: epochs that are done, with their part."""
        line: dict[str, Any] = {}
        if message is not None:
            line["message"] = one_line(message)
        if fraction is not None:
            line["fraction"] = round(min(1.0, max(0.0, fraction)), 6)
        if step is not None:
            line["step"] = step
        if steps is not None:
            line["steps"] = steps
        if epoch is not None:
            line["epoch"] = round(epoch, 3)
        if metrics is not None:
            line["metrics"] = dict(metrics)
        print(PROGRESS_PREFIX + json.dumps(line, separators=(",", ":")), flush=True)

    def add_artifact(self, name: str, path: str | None = None) -> Artifact:
        """Declares `artifacts/<path>` (default: the name), a file or a folder, and writes its listing beside it."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of an artifact")
        place = self.artifacts / (path or name)
        digest, size, listing = digest_path(place, sync=True)
        write_atomically(place.with_name(place.name + LISTING_SUFFIX), listing.decode())
        artifact = Artifact(name, place.relative_to(self.artifacts).as_posix(), digest, size)
        self._made[name] = artifact
        return artifact

    def finish(self, metrics: Mapping[str, float], chosen: str | None = None) -> None:
        """Writes the termination log, then result.json: the last thing a stage does. Metrics that decide come first."""
        document = result_document(metrics, list(self._made.values()), chosen)
        text = termination_text(document)
        for folder in {(self.artifacts / artifact.path).parent for artifact in self._made.values()}:
            sync_folder(folder)
        write_termination_log(self.termination_log, text)
        write_atomically(self.output("result.json"), json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        self.finished = True

    def leave_result_to_another(self) -> None:
        """Ends well without a result: of several processes of one attempt another one hands it in."""
        self.finished = True

    def defer_stop(self) -> None:
        """From now on SIGTERM only sets `stop_requested`: the driver saves what it has and then calls `stop`."""
        self._defer = True

    def stop(self) -> None:
        """Ends the stage as stopped (exit 143)."""
        raise Stopped

    def on_sigterm(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop_requested = True
        if not self._defer:
            raise Stopped


def run_stage(main: Callable[[Stage], None], environment: Mapping[str, str] | None = None) -> int:
    """Runs a driver under the contract and returns its exit code; the caller passes it to sys.exit."""
    stage = Stage(environment)
    secrets = secret_values(stage.environment)
    out, err = sys.stdout, sys.stderr
    for stream in (out, err):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    masking_out, masking_err = MaskingStream(out, secrets), MaskingStream(err, secrets)
    sys.stdout, sys.stderr = masking_out, masking_err
    previous = signal.signal(signal.SIGTERM, stage.on_sigterm)
    try:
        return _run(main, stage, secrets)
    finally:
        signal.signal(signal.SIGTERM, previous)
        masking_out.finish()
        masking_err.finish()
        sys.stdout, sys.stderr = out, err


def _run(main: Callable[[Stage], None], stage: Stage, secrets: list[str]) -> int:
    def fail(code: int, message: str, details: tuple[str, ...] = ()) -> int:
        for detail in details:
            print(one_line(detail), file=sys.stderr)
        print(f"error: {one_line(message, 2000)}", file=sys.stderr)
        write_termination_log(stage.termination_log, masked(failure_text(message, details), secrets))
        return code

    try:
        # An earlier try's result must not outlive the start of this one.
        (stage.artifacts / "result.json").unlink(missing_ok=True)
        stage.artifacts.mkdir(parents=True, exist_ok=True)
        main(stage)
        if not stage.finished:
            raise RuntimeError("the driver returned without a result")
        return failure.DONE
    except BadInput as error:
        return fail(failure.BAD_INPUT, error.message, error.details)
    except TryLater as error:
        return fail(failure.TRY_LATER, str(error))
    except (Stopped, KeyboardInterrupt):
        return fail(failure.STOPPED, "stopped on request (SIGTERM)")
    except Exception as error:
        traceback.print_exc()
        return fail(failure.CRASH, f"{type(error).__name__}: {error}")
