"""Where an engine keeps what the next attempt of the stage can use."""

import tempfile
from pathlib import Path

from ilab_stage import Stage

from .log import say


def scratch_folder(stage: Stage, name: str) -> Path:
    """`<content>/work/<name>`; where nothing can be written there, a folder that does not outlive this try."""
    place = stage.content / "work" / name
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            return place
    except OSError as error:
        say(f"{place} cannot be written ({error.strerror}): a try that is killed starts anew")
        return Path(tempfile.mkdtemp(prefix=f"ilab-{name}-"))
