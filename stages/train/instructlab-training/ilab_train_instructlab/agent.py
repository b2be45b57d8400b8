"""torchrun, tied to the driver. usage: agent [--midway STATE STEPS] TORCHRUN-ARGUMENTS"""

import sys
from pathlib import Path

from ilab_process.tether import tether


def _go_on_after(state: Path, steps: int) -> None:
    import torch

    # Written by an on-demand checkpoint with the number of its step since the process began, whether or not that step
    # was taken. What reads it counts from the beginning of the epoch and skips the step itself: too many steps, whole
    # epochs after the first, would be left out.
    place = state / "training_metadata.json"
    torch.save({**torch.load(place), "global_step": steps}, place)


if __name__ == "__main__":
    tether()
    arguments = sys.argv[1:]
    if arguments[0] == "--midway":
        _go_on_after(Path(arguments[1]), int(arguments[2]))
        arguments = arguments[3:]
    from torch.distributed.run import main

    main(arguments)
