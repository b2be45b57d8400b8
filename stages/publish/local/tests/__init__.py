import sys
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ENGINE), str(ENGINE.parents[1] / "_lib")]
