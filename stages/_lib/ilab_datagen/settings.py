"""The parameters of datagen."""

from dataclasses import dataclass

from ilab_stage import Params

from .git import DEFAULT_HOSTS, Limits


@dataclass(frozen=True)
class Settings:
    folders: tuple[str, ...]
    """The top folders of the taxonomy that are read."""
    changed_since: str | None
    """A git ref: only leaves changed since it."""
    held_out: float
    """The part of a leaf's seed examples that is held out; at least one."""
    unchanged_examples: int
    """With `changed_since`: the most examples of each other leaf that are scored too."""
    seed: int
    """Decides, with the text of an example, whether it is held out."""
    rows_per_leaf: int
    """A leaf with fewer training rows repeats them up to this number."""
    passage_characters: int
    passages_per_leaf: int
    system_prompt: str
    taxonomy_uri: str | None
    limits: Limits

    @staticmethod
    def read(params: Params) -> "Settings":
        hosts = params.texts("gitHosts", list(DEFAULT_HOSTS))
        return Settings(
            folders=tuple(params.texts("folders", ["compositional_skills", "knowledge", "foundational_skills"])),
            changed_since=params.text("changedSince", None),
            held_out=params.number("heldOut", 0.2, minimum=0.01, maximum=0.9),
            unchanged_examples=params.integer("unchangedExamples", 0, minimum=0),
            seed=params.integer("seed", 42),
            rows_per_leaf=params.integer("rowsPerLeaf", 24, minimum=1),
            passage_characters=params.integer("passageCharacters", 600, minimum=80),
            passages_per_leaf=params.integer("passagesPerLeaf", 400, minimum=1),
            system_prompt=params.text("systemPrompt", ""),
            taxonomy_uri=params.text("taxonomyUri", None),
            limits=Limits(
                hosts=tuple(host.lower() for host in hosts), megabytes=params.integer("gitMegabytes", 512, minimum=1)
            ),
        )

    def as_json(self) -> dict[str, object]:
        """What decides the rows, for the manifest."""
        return {
            "folders": list(self.folders),
            "changedSince": self.changed_since,
            "heldOut": self.held_out,
            "unchangedExamples": self.unchanged_examples,
            "seed": self.seed,
            "rowsPerLeaf": self.rows_per_leaf,
            "passageCharacters": self.passage_characters,
            "passagesPerLeaf": self.passages_per_leaf,
            "systemPrompt": self.system_prompt,
        }
