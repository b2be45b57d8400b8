"""The parameters of a stage: `params.json`, or a section of it."""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .failure import BadInput

_REQUIRED: Any = object()


class Params:
    """Typed access by name. An absent parameter and `null` are the same; without a default it is a BadInput."""

    def __init__(self, values: dict[str, Any], prefix: str = "") -> None:
        self._values = values
        self._prefix = prefix

    @staticmethod
    def read(path: Path) -> "Params":
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise BadInput(f"{path} is missing") from error
        except (ValueError, OSError) as error:
            raise BadInput(f"{path} cannot be read: {error}") from error
        if not isinstance(values, dict):
            raise BadInput(f"{path} holds no JSON object")
        return Params(values)

    def text(self, name: str, default: Any = _REQUIRED, *, choices: Iterable[str] = ()) -> Any:
        value = self._get(name, default, str, "a text")
        allowed = tuple(choices)
        if allowed and value is not default and value not in allowed:
            raise self._wrong(name, f"one of {', '.join(allowed)}")
        return value

    def integer(self, name: str, default: Any = _REQUIRED, *, minimum: int | None = None) -> Any:
        value = self._values.get(name)
        if isinstance(value, float) and value.is_integer():
            self._values[name] = int(value)
        value = self._get(name, default, int, "a whole number")
        if minimum is not None and value is not default and value < minimum:
            raise self._wrong(name, f"at least {minimum}")
        return value

    def number(
        self, name: str, default: Any = _REQUIRED, *, minimum: float | None = None, maximum: float | None = None
    ) -> Any:
        value = self._get(name, default, (int, float), "a number")
        if value is default:
            return value
        if not math.isfinite(value):
            raise self._wrong(name, "a finite number")
        if minimum is not None and value < minimum:
            raise self._wrong(name, f"at least {minimum}")
        if maximum is not None and value > maximum:
            raise self._wrong(name, f"at most {maximum}")
        return float(value)

    def flag(self, name: str, default: Any = _REQUIRED) -> Any:
        return self._get(name, default, bool, "true or false")

    def texts(self, name: str, default: Any = _REQUIRED) -> Any:
        value = self._get(name, default, list, "a list of texts")
        if value is not default and not all(isinstance(item, str) for item in value):
            raise self._wrong(name, "a list of texts")
        return value

    def section(self, name: str) -> "Params":
        """An object inside the parameters; empty when absent."""
        value = self._get(name, {}, dict, "an object")
        return Params(value, f"{self._prefix}{name}.")

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def as_json(self) -> dict[str, Any]:
        return dict(self._values)

    def _get(self, name: str, default: Any, kind: Any, wanted: str) -> Any:
        value = self._values.get(name)
        if value is None:
            if default is _REQUIRED:
                raise BadInput(f"parameter {self._prefix}{name} is missing: it must be {wanted}")
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self._wrong(name, wanted)
        return value

    def _wrong(self, name: str, wanted: str) -> BadInput:
        shown = json.dumps(self._values.get(name))
        return BadInput(f"parameter {self._prefix}{name} is {shown[:60]}: it must be {wanted}")
