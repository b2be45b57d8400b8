"""Importing instructlab-sdg, which takes seconds, so that it looks for nothing outside and says only what matters."""

import logging
import os
import sys
from pathlib import Path


def prepare(scratch: Path) -> None:
    """Before anything of upstream is imported: its caches lie in `scratch`, and nothing is downloaded."""
    caches = ("HF_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_DATA_DIRS", "NUMBA_CACHE_DIR", "MPLCONFIGDIR")
    os.environ |= {name: str(scratch / name.lower()) for name in caches}
    os.environ |= {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    # All of ours is loaded. Of upstream's hundreds of modules the next process finds what this one has compiled.
    sys.dont_write_bytecode = False
    # Only what reads PDFs would use a reader of scanned pages.
    logging.getLogger("instructlab.sdg.utils.chunkers").addFilter(lambda record: "Tesseract" not in record.getMessage())
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
