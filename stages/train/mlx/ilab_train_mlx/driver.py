"""The stage: inputs `train` and `model`, artifact `checkpoints`."""

import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ilab_mlx import runtime
from ilab_models.checkpoints import write_index
from ilab_models.configuration import fingerprints
from ilab_models.log import say
from ilab_models.model_source import find_model
from ilab_models.scratch import scratch_folder
from ilab_stage import Stage, Stopped, TryLater, digest_file

from .ledger import Ledger
from .settings import Settings


def main(stage: Stage) -> None:
    scratch = scratch_folder(stage, "train")
    runtime.prepare(threads=stage.params.integer("threads", 1, minimum=1), scratch=scratch)
    try:
        train(stage, scratch)
    except Stopped as error:
        raise TryLater("stopped on request (SIGTERM) before the first step: nothing is lost") from error
    shutil.rmtree(scratch, ignore_errors=True)


def train(stage: Stage, scratch: Path) -> None:
    # Their imports load mlx, whose threads are limited by now.
    runtime.load()
    from ilab_mlx.encoding import Encoder
    from ilab_mlx.loading import load_tokenizer

    from ilab_models.phases import training_files

    from .data import read_phases
    from .states import States
    from .training import Training

    data = stage.input("train").path
    files = training_files(data)
    model = find_model(stage, "model", scratch)
    settings = Settings.read(stage.params, tiny=model.is_tiny)
    longest = model.row_limit(stage.params)
    say(f"base model {model.uri}, {settings.fine_tune_type} tuning")
    encoder = Encoder(load_tokenizer(model.path))
    phases = read_phases(data, encoder, longest=longest, say=say)

    configuration = {
        "settings": settings.as_json() | {"max_seq_len": longest},
        "model": {"uri": model.uri, "files": fingerprints(model.path)},
        "data": {file.name: digest_file(file.resolve()).sha256 for file in files},
        "packages": {name: version(name) for name in ("mlx", "mlx-lm", "transformers")},
    }
    states = States(scratch, configuration, say)
    root = stage.output("checkpoints")
    root.mkdir(exist_ok=True)
    stage.defer_stop()
    kept = scratch / "checkpoints"
    ledger = Training(stage, settings, phases, states, base=model.path, root=root, kept=kept).run()

    write_index(root, model.uri, [one.as_json() for one in ledger.checkpoints])
    stage.add_artifact("checkpoints")
    stage.finish(
        {
            "checkpoints": len(ledger.checkpoints),
            "train_loss_first": ledger.first_loss or 0.0,
            "train_loss_last": ledger.last_loss or 0.0,
            "rows": sum(len(phase.rows) for phase in phases),
            "dropped_rows": sum(phase.dropped for phase in phases),
            "steps": sum(one.step for one in _last_of_phases(ledger)),
            "tokens": settings.epochs * sum(len(row.tokens) for phase in phases for row in phase.rows),
            # What it took where nobody said: whoever compares two runs needs it.
            "learning_rate": settings.learning_rate,
            "batch_size": settings.batch_size,
        }
    )


def _last_of_phases(ledger: Ledger) -> list[Any]:
    return list({one.phase: one for one in ledger.checkpoints}.values())
