"""A process of ours that is followed: what it prints is made fit for the log, and it never outlives its turn."""

import contextlib
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ilab_models.log import say

from .tether import PARENT

_TICK = 0.5
_KEPT = 400
# Between SIGTERM and SIGKILL.
_PATIENCE = 30.0
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# Bars redraw their line, and what is printed next stands right behind; progress is told by the driver.
_BAR = re.compile(r"^.*?(?:\d+%\||: \d+ examples )[^\[]*\[[^\]]*\]")
_PADDING = re.compile(r" {3,}")


class Child:
    """Runs `python -m <module> <arguments>` with the Python of this process."""

    def __init__(self, module: str, arguments: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> None:
        self.last: deque[str] = deque(maxlen=_KEPT)
        """The end of what it printed."""
        self._rest = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**environment, PARENT: str(os.getpid())},
            cwd=folder,
            # A signal to the driver's group is the driver's to handle.
            start_new_session=True,
        )

    def follow(self, tick: Callable[[], None]) -> int:
        """Its exit code. `tick` is called twice a second; what it raises ends the child at once."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        os.set_blocking(descriptor, False)
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(descriptor, selectors.EVENT_READ)
                while self._process.poll() is None:
                    if selector.select(_TICK) and not self._read(descriptor):
                        # It closed its output, or is about to end.
                        with contextlib.suppress(subprocess.TimeoutExpired):
                            self._process.wait(_TICK)
                    tick()
            while self._read(descriptor):
                pass
            self._lines(final=True)
            tick()
            return self._process.returncode
        finally:
            self._kill()

    def terminate(self) -> None:
        """Asks it to end, and makes it when it does not."""
        self._process.terminate()
        deadline = time.monotonic() + _PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_TICK)
        self._kill()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self, descriptor: int) -> bool:
        try:
            data = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return False
        self._rest += data
        self._lines()
        return bool(data)

    def _lines(self, *, final: bool = False) -> None:
        parts = re.split(rb"[\r\n]+", self._rest)
        self._rest = b"" if final else parts.pop()
        for part in parts:
            line = _PADDING.sub("  ", _BAR.sub("", _COLOUR.sub("", part.decode("utf-8", "replace")))).strip()
            if line:
                self.last.append(line)
                say(line)
