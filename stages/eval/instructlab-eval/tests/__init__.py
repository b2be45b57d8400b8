"""Run with the Python of the engine's environment; what needs its packages says so when they are not there."""

import sys
import unittest
from importlib.util import find_spec
from pathlib import Path

ENGINE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ENGINE), str(ENGINE.parent.parent / "_lib")]

needs_packages = unittest.skipUnless(find_spec("lm_eval"), "instructlab-eval is not installed here")
