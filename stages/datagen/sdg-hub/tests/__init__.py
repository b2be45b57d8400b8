"""Run with the Python of the engine's environment; what needs its packages says so when they are not there."""

import sys
import unittest
from importlib.util import find_spec
from pathlib import Path

ENGINE = Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(ENGINE), str(ENGINE.parent.parent / "_lib")]

needs_packages = unittest.skipUnless(find_spec("sdg_hub"), "sdg-hub is not installed here")
