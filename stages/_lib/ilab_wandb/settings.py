"""The parameters `wandb.*`."""

from dataclasses import dataclass

from ilab_stage import Params

MODES = ("online", "offline")


@dataclass(frozen=True)
class Wandb:
    project: str
    entity: str | None
    """A user or a team; None: the key's own."""
    url: str | None
    """Of a server of one's own."""
    offline: bool
    id: str
    """Further tries of a stage write to the same run."""
    name: str

    @staticmethod
    def read(params: Params) -> "Wandb | None":
        """None where no project is named: nothing is logged."""
        own = params.section("wandb")
        project = own.text("project", None)
        if project is None:
            return None
        return Wandb(
            project=project,
            entity=own.text("entity", None),
            url=own.text("url", None),
            offline=own.text("mode", "online", choices=MODES) == "offline",
            id=own.text("id"),
            name=own.text("name"),
        )
