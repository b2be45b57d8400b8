"""The parameters of this engine, with their defaults."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from ilab_stage import BadInput, Params

# Upstream's rate for its 7B models; LoRA wants more, and the tiny model starts from noise.
_RATES = {"full": 2e-5, "lora": 1e-4}
_TINY_RATE = 5e-3
# A window that is shorter reports noise, one that is longer keeps people waiting.
_LOG_STEPS = 5


@dataclass(frozen=True)
class Settings:
    epochs: int
    learning_rate: float
    batch_size: int
    """Rows a step."""
    seed: int
    fine_tune_type: str
    """`full` (every parameter) or `lora`."""
    lora_rank: int
    lora_alpha: float
    lora_dropout: float
    lora_layers: int
    """How many blocks, counted from the last, get LoRA layers; -1 = all."""
    warmup_steps: int
    """Steps of each phase in which the rate rises; at most a half of the phase."""
    weight_decay: float
    max_grad_norm: float
    """0 = gradients are not clipped."""
    save_steps: int
    """A resumable state every so many steps beside the one at each epoch's end; 0 = only there."""
    log_steps: int
    grad_checkpoint: bool
    """Computes activations twice to keep fewer of them."""

    @staticmethod
    def read(params: Params, *, tiny: bool) -> "Settings":
        """`tiny`: the built-in model is tuned, whose rate would ruin any other."""
        kind = params.text("fineTuneType", "full", choices=("full", "lora"))
        layers = params.integer("loraLayers", -1)
        if layers == 0 or layers < -1:
            raise BadInput(f"parameter loraLayers is {layers}: it must be -1 (all) or at least 1")
        rank = params.integer("loraRank", 8, minimum=1)
        rate = params.number("learningRate", _TINY_RATE if tiny and kind == "full" else _RATES[kind], minimum=0)
        dropout = params.number("loraDropout", 0.0, minimum=0, maximum=1)
        if dropout >= 1:
            raise BadInput("parameter loraDropout is 1: nothing would be learned")
        return Settings(
            epochs=params.integer("epochs", 2, minimum=1),
            learning_rate=rate,
            batch_size=params.integer("batchSize", 4, minimum=1),
            seed=params.integer("seed", 42),
            fine_tune_type=kind,
            lora_rank=rank,
            lora_alpha=params.number("loraAlpha", 2.0 * rank, minimum=0),
            lora_dropout=dropout,
            lora_layers=layers,
            warmup_steps=params.integer("warmupSteps", 10, minimum=0),
            weight_decay=params.number("weightDecay", 0.0, minimum=0),
            max_grad_norm=params.number("maxGradNorm", 1.0, minimum=0),
            save_steps=params.integer("saveSteps", 25, minimum=0),
            log_steps=params.integer("logSteps", _LOG_STEPS, minimum=1),
            grad_checkpoint=params.flag("gradCheckpoint", False),
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def rate_at(self, step: int, steps: int) -> float:
        """The learning rate of step 0..steps-1: a linear rise, then half a cosine down to a tenth."""
        warmup = min(self.warmup_steps, steps // 2)
        if step < warmup:
            return self.learning_rate * (step + 1) / warmup
        done = (step - warmup) / max(1, steps - warmup)
        return self.learning_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))
