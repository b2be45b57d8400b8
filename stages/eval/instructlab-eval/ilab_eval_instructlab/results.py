"""What was measured, a file each, kept until the stage has its result: a killed try measures nothing twice."""

import json
from pathlib import Path
from typing import Any

from ilab_stage.result import write_atomically

from .models import Model


class Results:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, model: Model, benchmark: str) -> dict[str, Any] | None:
        """None when it was not measured yet. `{"absent": why}` where it cannot be."""
        try:
            found: dict[str, Any] = json.loads(self.place(model, benchmark).read_text(encoding="utf-8"))
            return found
        except FileNotFoundError:
            return None

    def place(self, model: Model, benchmark: str) -> Path:
        """Where `keep` writes, with its parent folder."""
        place = self._folder / model.key / f"{benchmark}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


def keep(place: Path, content: dict[str, Any]) -> None:
    """`content` may hold numbers of numpy."""
    write_atomically(place, json.dumps(content, ensure_ascii=False, default=float) + "\n")
