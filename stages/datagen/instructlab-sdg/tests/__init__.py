import importlib.util
import sys
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[1]
STAGES = ENGINE.parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ENGINE), str(STAGES / "_lib")]

NEEDS_PACKAGES = "SKIPPED: instructlab-sdg is not here; run with the Python of the engine's environment"


def has_packages() -> bool:
    try:
        return (
            importlib.util.find_spec("instructlab.schema") is not None and importlib.util.find_spec("torch") is not None
        )
    except ModuleNotFoundError:
        return False
