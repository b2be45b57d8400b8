"""Settings of the numeric libraries: made before any of them is imported, because that is when they are read."""

import os
import sys
from pathlib import Path

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
)
_NUMERIC_PACKAGES = ("mlx", "numpy", "tokenizers")


def prepare(*, threads: int, scratch: Path) -> None:
    """Limits each library to `threads` threads and keeps what they cache below `scratch`: HOME may not be writable."""
    loaded = [name for name in _NUMERIC_PACKAGES if name in sys.modules]
    if loaded:
        raise RuntimeError(f"{', '.join(loaded)} was imported before its threads were limited")
    os.environ.update({name: str(threads) for name in _THREAD_VARIABLES})
    os.environ["TOKENIZERS_PARALLELISM"] = "false" if threads == 1 else "true"
    os.environ.setdefault("HF_HOME", str(scratch / "huggingface"))
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Progress bars redraw their line; the driver reports progress by itself.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if sys.platform != "darwin":
        # On a CPU mlx compiles kernels with the machine's g++: many seconds for nothing, other rounding without one.
        os.environ["MLX_DISABLE_COMPILE"] = "1"


def load() -> None:
    """
    Imports the packages that take seconds. Nothing of ours is ever compiled into a file, but of their hundreds of modules
    the next process finds what this one has compiled, where the environment may be written to.
    """
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = False
    try:
        import mlx_lm.utils  # noqa: F401
        from transformers import AutoTokenizer  # noqa: F401
    finally:
        sys.dont_write_bytecode = before
