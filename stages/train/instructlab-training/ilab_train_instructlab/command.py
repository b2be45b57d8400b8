"""The command line of upstream's training script, `instructlab.training.main_ds` of 0.16.2."""

from collections.abc import Sequence
from pathlib import Path

from ilab_stage import BadInput

from .nodes import Nodes
from .settings import Settings

_WORKER = "ilab_train_instructlab.worker"


def torchrun_arguments(settings: Settings, nodes: Nodes) -> list[str]:
    # Who tries again is decided outside. --standalone: a free port, no meeting point. Several machines: torchrun reads from
    # PET_* which one this is and where the first one listens.
    alone = ["--standalone"] if nodes.count == 1 else []
    return [*alone, f"--nproc-per-node={settings.gpus}", "--max-restarts=0", "-m", _WORKER]


def script_arguments(
    settings: Settings, *, model: Path, data: Path, output: Path, steps: int, flash_attention: bool
) -> list[str]:
    """`steps`: of the whole phase. Raises BadInput where the user's further arguments repeat one of these."""
    ours = [
        f"--model_name_or_path={model}",
        f"--data_path={data}",
        f"--output_dir={output}",
        f"--num_epochs={settings.epochs}",
        f"--effective_batch_size={settings.batch_size}",
        f"--max_batch_len={settings.max_batch_len}",
        f"--learning_rate={settings.learning_rate}",
        f"--num_warmup_steps={min(settings.warmup_steps, steps // 2)}",
        f"--seed={settings.seed}",
        # Upstream fails without a number.
        f"--save_samples={settings.save_samples}",
        "--checkpoint_at_epoch",
        f"--distributed_training_framework={settings.backend}",
        f"--fsdp_sharding_strategy={settings.sharding}",
    ]
    if settings.full_state:
        ours += ["--accelerate_full_state_at_epoch", "--on_demand_checkpointing"]
    if not flash_attention:
        ours.append("--disable_flash_attn")
    if settings.cpu_offload:
        ours.append("--cpu_offload_params_fsdp" if settings.backend == "fsdp" else "--cpu_offload_optimizer")
    if settings.fine_tune_type == "lora":
        ours += [
            f"--lora_r={settings.lora_rank}",
            f"--lora_alpha={settings.lora_alpha}",
            f"--lora_dropout={settings.lora_dropout}",
        ]
    _refuse_repeated(ours, settings.arguments)
    return [*ours, *settings.arguments]


def _refuse_repeated(ours: Sequence[str], further: Sequence[str]) -> None:
    names = [argument.split("=")[0] for argument in ours]
    for argument in further:
        name = argument.split("=")[0]
        # The script takes the beginning of a name for the name.
        if name.startswith("--") and any(own.startswith(name) for own in names):
            raise BadInput(f"parameter instructlabTraining.arguments holds {name}, which this engine sets by itself")
