"""A content root in a temporary folder, and the driver run on it as a process."""

import os
import subprocess
import sys
from pathlib import Path

from ilab_testing.program import content_environment
from ilab_testing.taxonomies import FISH, TaxonomyContent, sentence

from . import STAGES

DRIVER = STAGES / "datagen" / "seed" / "bin" / "datagen"


def quoted(name: str) -> str:
    """Fifteen words of the sentence, and then something else."""
    return " ".join(sentence(name).split()[:15]) + " caught by night."


HANDBOOK = "# Ponds\n\nPonds are small.\n\n"
HANDBOOK += "\n\n".join(f"## {name}\n\n{sentence(name)}\n\n{quoted(name)}" for name in FISH)


class Attempt(TaxonomyContent):
    def run(self, driver: Path = DRIVER, **environment: str) -> subprocess.CompletedProcess[str]:
        self.write_params()
        env = {"PATH": os.environ["PATH"], **content_environment(self.content)}
        return subprocess.run(
            [sys.executable, str(driver)], env=env | environment, capture_output=True, text=True, timeout=120
        )


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
