"""The parameters below `sdgHub`, and those below `teacher` that say how much a skill asks for."""

from dataclasses import dataclass

from ilab_stage import BadInput, Params, one_line

FLOWS = ("doc_direct_qa", "key_facts", "extractive_summary", "detailed_summary")


@dataclass(frozen=True)
class HubSettings:
    flows: tuple[str, ...]
    """Upstream's flows that documents go through, by their folders."""
    chunk_characters: int
    """Longest part of a document that is shown at a time."""
    workers: int
    """Requests at a time."""
    rows_per_leaf: int
    """How many rows a skill asks for."""
    rows_per_prompt: int
    """How many of them one prompt asks for."""

    @staticmethod
    def read(params: Params) -> "HubSettings":
        own, teacher = params.section("sdgHub"), params.section("teacher")
        flows = tuple(own.texts("flows", ["doc_direct_qa"]))
        if not flows or len(set(flows)) < len(flows) or not set(flows) <= set(FLOWS):
            shown = one_line(", ".join(flows), 120) or "empty"
            raise BadInput(f"parameter sdgHub.flows is {shown}: it must name some of {', '.join(FLOWS)}, each once")
        return HubSettings(
            flows=flows,
            chunk_characters=own.integer("chunkCharacters", 4000, minimum=200),
            workers=own.integer("workers", 10, minimum=1),
            rows_per_leaf=teacher.integer("rowsPerLeaf", 30, minimum=1),
            rows_per_prompt=teacher.integer("rowsPerPrompt", 5, minimum=1),
        )

    def as_json(self) -> dict[str, object]:
        """What decides the rows, for the manifest."""
        return {
            "flows": list(self.flows),
            "chunkCharacters": self.chunk_characters,
            "rowsPerLeaf": self.rows_per_leaf,
            "rowsPerPrompt": self.rows_per_prompt,
        }
