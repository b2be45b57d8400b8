"""The parameters of this engine, with their defaults."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ilab_stage import BadInput, Params

# Upstream's rate for its 7B models; LoRA wants more, and the tiny model starts from noise.
_RATES = {"full": 2e-5, "lora": 1e-4}
_TINY_RATE = 5e-3
_STRATEGIES = ("FULL_SHARD", "HYBRID_SHARD", "SHARD_GRAD_OP", "NO_SHARD")


@dataclass(frozen=True)
class Settings:
    epochs: int
    learning_rate: float
    warmup_steps: int
    """Steps of each phase in which the rate rises; at most a half of the phase."""
    batch_size: int
    """Rows a step, over all GPUs."""
    max_seq_len: int
    """Tokens of the longest row that is kept."""
    seed: int
    fine_tune_type: str
    """`full` (every parameter) or `lora`."""
    lora_rank: int
    lora_alpha: int
    lora_dropout: float
    gpus: int
    max_batch_len: int
    """Tokens that one GPU computes at once."""
    backend: str
    """`fsdp` or `deepspeed`."""
    sharding: str
    cpu_offload: bool
    flash_attention: bool | None
    """None: where the package is installed."""
    save_samples: int
    """A checkpoint beside those at the epochs' ends after every so many rows; 0 = none."""
    full_state: bool
    """Whether there is something to go on from inside a phase."""
    collective_timeout: int
    """Seconds that a GPU waits for the others before it gives up."""
    arguments: tuple[str, ...]
    """Further ones, handed to upstream's main_ds as they are."""

    @staticmethod
    def read(params: Params, *, tiny: bool, longest: int) -> "Settings":
        """`tiny`: the built-in model is tuned; `longest`: the longest row in tokens."""
        own = params.section("instructlabTraining")
        kind = params.text("fineTuneType", "full", choices=("full", "lora"))
        full_state = own.flag("fullState", kind == "full")
        if full_state and kind == "lora":
            raise BadInput(
                "parameter instructlabTraining.fullState is true, but upstream keeps no full state of a LoRA tuning: "
                "leave it out"
            )
        max_batch_len = own.integer("maxBatchLen", minimum=1)
        if max_batch_len < longest:
            raise BadInput(
                f"parameter instructlabTraining.maxBatchLen is {max_batch_len}, less than a row of maxSeqLen {longest}"
                ": raise the one or lower the other"
            )
        return Settings(
            epochs=params.integer("epochs", 2, minimum=1),
            learning_rate=params.number(
                "learningRate", _TINY_RATE if tiny and kind == "full" else _RATES[kind], minimum=0
            ),
            warmup_steps=params.integer("warmupSteps", 25, minimum=0),
            batch_size=params.integer("batchSize", 128, minimum=1),
            max_seq_len=longest,
            seed=params.integer("seed", 42),
            fine_tune_type=kind,
            lora_rank=params.integer("loraRank", 4, minimum=1),
            lora_alpha=round(params.number("loraAlpha", 32, minimum=0)),
            lora_dropout=params.number("loraDropout", 0.1, minimum=0, maximum=0.99),
            gpus=own.integer("gpus", minimum=1),
            max_batch_len=max_batch_len,
            backend=own.text("distributedBackend", "fsdp", choices=("fsdp", "deepspeed")),
            sharding=own.text("fsdpShardingStrategy", "SHARD_GRAD_OP", choices=_STRATEGIES),
            cpu_offload=own.flag("cpuOffload", False),
            flash_attention=own.flag("flashAttention", None),
            save_samples=own.integer("saveSamples", 0, minimum=0),
            full_state=full_state,
            collective_timeout=own.integer("collectiveTimeoutSeconds", 1800, minimum=1),
            arguments=tuple(own.texts("arguments", [])),
        )

    @property
    def machine(self) -> str:
        """How it is computed, for people."""
        sharding = f" {self.sharding}" if self.backend == "fsdp" else ""
        return f"{self.gpus} GPU{'' if self.gpus == 1 else 's'}, {self.backend}{sharding}"

    def as_json(self) -> Mapping[str, Any]:
        """Those that decide what is made, for comparing with an earlier try."""
        return {name: value for name, value in asdict(self).items() if name != "collective_timeout"}
