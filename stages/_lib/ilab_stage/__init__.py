"""The stage contract (docs/stage-contract.md) for drivers written in Python: standard library only, Python >= 3.11."""

from .digest import (
    Artifact,
    Difference,
    Refused,
    check_listing,
    digest_file,
    digest_folder,
    digest_path,
    list_folder,
)
from .failure import BadInput, Stopped, TryLater
from .inputs import Input, Pull, Source
from .params import Params
from .stage import Stage, run_stage
from .text import one_line

__all__ = [
    "Artifact",
    "BadInput",
    "Difference",
    "Input",
    "Params",
    "Pull",
    "Refused",
    "Source",
    "Stage",
    "Stopped",
    "TryLater",
    "check_listing",
    "digest_file",
    "digest_folder",
    "digest_path",
    "list_folder",
    "one_line",
    "run_stage",
]
