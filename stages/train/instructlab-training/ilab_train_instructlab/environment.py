"""The environment of the processes that import upstream's packages."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from ilab_process.environment import library_environment

ENGINE = Path(__file__).resolve().parent.parent
TIMEOUT = "INSTRUCTLAB_NCCL_TIMEOUT_MS"
_TRIGGER = "CHECKPOINT_TRIGGER_FILENAME"
# Upstream looks nowhere else.
_TRIGGERS = Path("/dev/shm")


def child_environment(own: Mapping[str, str], *, scratch: Path, collective_timeout: int) -> dict[str, str]:
    """Ours, whatever a site put there for NCCL or its loggers included."""
    ours = {
        # Without it ranks that wait for each other wait for ever.
        TIMEOUT: own.get(TIMEOUT) or str(collective_timeout * 1000),
        # All that is needed is here by now.
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        # Two runs on one machine share /dev/shm: neither may stop the other.
        _TRIGGER: f"ilab-checkpoint-{hashlib.sha256(str(scratch).encode()).hexdigest()[:16]}",
    }
    return library_environment(own, engine=ENGINE, cache=scratch / "huggingface") | ours


def checkpoint_trigger(environment: Mapping[str, str]) -> Path:
    """The file whose presence asks upstream for a checkpoint."""
    return _TRIGGERS / environment[_TRIGGER]
