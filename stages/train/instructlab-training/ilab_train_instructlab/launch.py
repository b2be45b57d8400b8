"""Starting torchrun for a phase."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ilab_process.child import Child

from .command import script_arguments, torchrun_arguments
from .environment import checkpoint_trigger
from .nodes import First, Nodes, train_order
from .plan import Course, Phase
from .settings import Settings
from .states import State


@dataclass(frozen=True)
class Launch:
    """What all phases are started with."""

    settings: Settings
    environment: Mapping[str, str]
    flash_attention: bool
    nodes: Nodes = Nodes(1, 0)
    first: First | None = None
    """Who tells the other machines, where there are any."""

    @property
    def trigger(self) -> Path:
        """The file whose presence asks upstream for a checkpoint."""
        return checkpoint_trigger(self.environment)

    def start(self, phase: Phase, course: Course, model: Path, state: State | None) -> Child:
        """`model`: the folder the phase starts from; `state`: the one it goes on from."""
        script = script_arguments(
            self.settings,
            model=model,
            data=phase.data,
            output=phase.output,
            steps=course.steps,
            flash_attention=self.flash_attention,
        )
        arguments = [*torchrun_arguments(self.settings, self.nodes), *script]
        if self.first is not None:
            trigger = self.trigger if self.settings.full_state else None
            timeout = self.settings.collective_timeout
            self.first.order(train_order(arguments, trigger=trigger, timeout=timeout, title=phase.title))
        if state is not None and not state.ends_epoch:
            steps = course.steps_at(state.samples) - state.epoch * course.epoch_steps
            arguments = ["--midway", str(state.folder), str(steps), *arguments]
        return Child("ilab_train_instructlab.agent", arguments, environment=self.environment, folder=phase.folder)
