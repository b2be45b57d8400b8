"""Run with the Python of the engine's environment; what needs its packages says so when they are not there."""

import sys
import tempfile
import unittest
from importlib.util import find_spec
from pathlib import Path

_ENGINE = Path(__file__).resolve().parent.parent
LIBRARY = _ENGINE.parent.parent / "_lib"
sys.path[:0] = [str(LIBRARY)]

HAS_PACKAGES = all(find_spec(name) for name in ("mlx", "mlx_lm", "transformers"))
needs_packages = unittest.skipUnless(HAS_PACKAGES, "mlx, mlx-lm and transformers are not installed here")

if HAS_PACKAGES:
    from ilab_mlx import runtime

    runtime.prepare(threads=1, scratch=Path(tempfile.gettempdir()))
