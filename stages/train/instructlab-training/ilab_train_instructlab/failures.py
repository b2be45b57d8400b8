"""Why torchrun failed, from the end of what it printed."""

import re
from collections.abc import Sequence

from ilab_stage import BadInput, TryLater

_ERROR = re.compile(r"(?:\[rank\d+\]:\s*)?((?:\w+\.)*\w*(?:Error|Exception)\b: .+)")
# What the launcher says of a rank's failure tells nothing of its cause.
_LAUNCHER = ("ChildFailedError", "SignalException")
_MEMORY = ("CUDA out of memory", "OutOfMemoryError", "HIP out of memory")
_WAITED = ("Watchdog caught collective operation timeout", "Timed out waiting", "Wait timeout", "Read timeout")
_DISK = ("No space left on device", "Disk quota exceeded")


def failure(title: str, code: int, lines: Sequence[str], *, timeout: int) -> Exception:
    """What the stage ends with."""
    text = "\n".join(lines)
    if any(mark in text for mark in _MEMORY):
        return BadInput(
            f"{title}: a GPU has too little memory: lower instructlabTraining.maxBatchLen or maxSeqLen, "
            "set cpuOffload, or take more GPUs"
        )
    if any(mark in text for mark in _DISK):
        return TryLater(f"{title}: no room is left where checkpoints are written")
    if any(mark in text for mark in _WAITED):
        return RuntimeError(
            f"{title}: a rank waited longer than {timeout} s for the others "
            "(instructlabTraining.collectiveTimeoutSeconds)"
        )
    told = [match[1] for line in lines if (match := _ERROR.search(line)) and not match[1].startswith(_LAUNCHER)]
    named = [one for one in told if not any(mark in one for mark in _LAUNCHER)]
    return RuntimeError(f"{title}: torchrun ended with {code}: {named[-1] if named else 'its log says why'}")
