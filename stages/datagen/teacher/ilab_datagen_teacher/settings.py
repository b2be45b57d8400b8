"""The parameters below `teacher` that say what is asked."""

from dataclasses import dataclass

from ilab_stage import Params


@dataclass(frozen=True)
class TeacherSettings:
    rows_per_leaf: int
    """How many rows a skill asks for."""
    rows_per_prompt: int
    passages_per_leaf: int
    """How many passages of a knowledge leaf are asked about, spread evenly over its documents."""
    temperature: float
    max_tokens: int

    @staticmethod
    def read(params: Params) -> "TeacherSettings":
        own = params.section("teacher")
        return TeacherSettings(
            rows_per_leaf=own.integer("rowsPerLeaf", 30, minimum=1),
            rows_per_prompt=own.integer("rowsPerPrompt", 5, minimum=1),
            passages_per_leaf=own.integer("passagesPerLeaf", 40, minimum=1),
            temperature=own.number("temperature", 0.7, minimum=0, maximum=2),
            max_tokens=own.integer("maxTokens", 2048, minimum=16),
        )
