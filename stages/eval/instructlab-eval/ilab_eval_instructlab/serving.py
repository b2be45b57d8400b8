"""The model under test behind an OpenAI-compatible endpoint: a process beside ours, for as long as it is asked."""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence

from ilab_models.log import say
from ilab_stage import BadInput

# Where eval is said to serve the candidate; taken only while nobody else has it.
_PORT = 8000
_PAUSE = 0.2
_PATIENCE = 60
_PR_SET_PDEATHSIG = 1
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextlib.contextmanager
def served(command: Sequence[str], *, model: str, name: str, gpus: int, seconds: int) -> Iterator[str]:
    """The root of the endpoint, e.g. `http://127.0.0.1:8000/v1`, once the model is there by its name."""
    port = _free_port()
    values = {"model": model, "name": name, "port": str(port), "gpus": str(gpus)}
    filled = [_fill(part, values) for part in command]
    say(f"serves {name}: {' '.join(filled)}")
    try:
        process = subprocess.Popen(filled, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)
    except FileNotFoundError as error:
        raise BadInput(
            f"{filled[0]} is not installed here: parameter instructlabEval.serve names the command that serves a model"
        ) from error
    root = f"http://127.0.0.1:{port}/v1"
    try:
        _wait(process, root, name, seconds)
        yield root
    finally:
        _end(process)


def _wait(process: subprocess.Popen[bytes], root: str, name: str, seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while not _lists(root, name):
        try:
            code = process.wait(_PAUSE)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} was not served within {seconds} s") from None
        else:
            raise RuntimeError(f"{name} cannot be served: the server ended with {code}")


def _lists(root: str, name: str) -> bool:
    """Ready is who lists the model by its name, not who accepts connections."""
    try:
        with _DIRECT.open(f"{root}/models", timeout=5) as answer:
            return name in [model["id"] for model in json.load(answer)["data"]]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _fill(part: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        part = part.replace(f"{{{name}}}", value)
    return part


def _free_port() -> int:
    for port in (_PORT, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise RuntimeError("no port is free")


def _die_with_parent() -> None:
    # Weights on a GPU must not outlive whoever asks.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() == 1:
        os._exit(1)
