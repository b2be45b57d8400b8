"""A folder of pipelines that whoever runs this brought: looked through before the teacher is asked anything."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ilab_datagen.leaves import GROUNDED, KNOWLEDGE, Leaf
from ilab_stage import BadInput, Stage, digest_folder, one_line

INPUT = "sdgPipelines"
_FILES = {KNOWLEDGE: ("knowledge",), GROUNDED: ("grounded_skills", "freeform_skills")}


def own_pipelines(stage: Stage, location: str | None) -> Path | None:
    """The folder `inputs/sdgPipelines`; None when nobody brought one."""
    found = stage.optional_input(INPUT)
    if found is not None and found.path.is_dir():
        return found.path
    if location is not None:
        raise BadInput(f"the pipelines at {one_line(location, 120)} cannot be read: give a folder")
    return None


def folder_digest(folder: Path) -> str:
    return digest_folder(folder)[0]


def check_pipelines(folder: Path, leaves: Sequence[Leaf], context: Any) -> None:
    """Raises one BadInput that names every pipeline that is missing or that upstream cannot build."""
    faults = [fault for name in _needed(leaves) if (fault := _fault(folder / f"{name}.yaml", context)) is not None]
    if faults:
        raise BadInput(f"the pipelines of {INPUT} cannot be used: {faults[0]}", faults[1:])


def _needed(leaves: Sequence[Leaf]) -> list[str]:
    names = []
    for leaf in leaves:
        own = _FILES.get(leaf.kind, ("freeform_skills",))
        if leaf.kind == GROUNDED and all(example.context for example in leaf.examples):
            own = own[:1]
        names += own
    return sorted(set(names))


def _fault(file: Path, context: Any) -> str | None:
    from instructlab.sdg.pipeline import Pipeline
    from instructlab.sdg.registry import BlockRegistry

    if not file.is_file():
        return f"{file.name} is missing"
    step = ""
    try:
        pipeline = Pipeline.from_file(context, str(file))
        if not pipeline.chained_blocks:
            return f"{file.name} has no block"
        for number, block in enumerate(pipeline.chained_blocks, 1):
            step = f", block {number}"
            name = str(block["name"])
            step = f", block {one_line(name, 60)}"
            kind = BlockRegistry.get_registry().get(block["type"])
            if kind is None:
                return f"{file.name}{step}: there is no block type {one_line(block['type'], 60)}"
            if block["type"] == "LLMMessagesBlock":
                return (
                    f"{file.name}{step}: LLMMessagesBlock asks for chat completions, this engine for text completions"
                )
            kind(context, pipeline, name, **block["config"])
    except Exception as error:
        # Whatever upstream stumbles over, it is the file's: its own message says most.
        shown = f"{error} is missing" if isinstance(error, KeyError) else str(error) or type(error).__name__
        return f"{file.name}{step}: {one_line(shown.replace(f'{file.parent}/', ''), 300)}"
    return None
