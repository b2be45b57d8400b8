"""The parameters below `instructlabSdg`."""

from dataclasses import dataclass

from ilab_stage import Params


@dataclass(frozen=True)
class SdgSettings:
    pipeline: str
    """A name of upstream's packaged pipelines."""
    instructions: int
    """How many answers the pipelines ask for where they leave it open."""
    workers: int
    """Batches that are in work at a time."""
    batch_size: int
    """Rows in one request; 0 = all rows of a leaf, one request after the other."""
    model_family: str
    """Which prompt template the teacher takes."""
    max_tokens: int
    """Longest answer of the block that writes knowledge."""
    own_pipelines: str | None
    """Where a folder of the user's own pipelines is from, instead of `pipeline`."""

    @staticmethod
    def read(params: Params) -> "SdgSettings":
        own = params.section("instructlabSdg")
        return SdgSettings(
            pipeline=own.text("pipeline", "full", choices=("simple", "full")),
            instructions=own.integer("instructions", 30, minimum=1),
            workers=own.integer("workers", 10, minimum=1),
            batch_size=own.integer("batchSize", 8, minimum=0),
            model_family=own.text("modelFamily", "mixtral", choices=("granite", "merlinite", "mistral", "mixtral")),
            max_tokens=params.section("teacher").integer("maxTokens", 2048, minimum=16),
            own_pipelines=own.text("pipelineFolder", None),
        )

    def as_json(self) -> dict[str, object]:
        """What decides the rows, for the manifest."""
        return {
            "pipeline": self.pipeline,
            "instructions": self.instructions,
            "batchSize": self.batch_size,
            "modelFamily": self.model_family,
            "maxTokens": self.max_tokens,
        }
