"""The environment of Python processes that import big packages on a driver's behalf."""

import os
from collections.abc import Mapping
from pathlib import Path

_LIBRARY = Path(__file__).resolve().parents[1]


def library_environment(own: Mapping[str, str], *, engine: Path, cache: Path) -> dict[str, str]:
    """Ours, with the packages of the engine's folder to be found; caches go below `cache`: HOME may not be writable."""
    defaults = {
        "HF_HOME": str(cache),
        "TOKENIZERS_PARALLELISM": "false",
        # Two busy cores would fight; torchrun sets it likewise for several processes.
        "OMP_NUM_THREADS": "1",
    }
    ours = {
        "PYTHONPATH": os.pathsep.join([str(engine), str(_LIBRARY), *filter(None, [own.get("PYTHONPATH")])]),
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # Log lines would be broken at 80 columns.
        "COLUMNS": "400",
        "NO_COLOR": "1",
    }
    return {**defaults, **own, **ours}
