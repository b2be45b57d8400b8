"""A model made ready to learn: which parameters move, one step of the optimizer, and both written down and read back.

The command of mlx-lm leaves the embeddings frozen in a full tuning; its loop drops the last rows of an epoch, cuts long
ones and cannot go on in the middle. So the loop is ours; models, LoRA layers and gradient checkpointing are mlx-lm's.
"""

import hashlib
import json
import math
from functools import partial
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optimizers
from mlx.utils import tree_unflatten
from mlx_lm.tuner.trainer import grad_checkpoint
from mlx_lm.tuner.utils import linear_to_lora_layers

from ilab_mlx.loading import by_name, flat_weights, load_model, save_model
from ilab_mlx.loss import batch_loss

from .settings import Settings

_OPTIMIZER = "optimizer.safetensors"
_ADAPTERS = "adapters.safetensors"


class Diverged(Exception):
    """The loss or its gradient is no number any more."""


class Tuning:
    """One phase's model and optimizer; `start` is the folder the phase starts from.

    Chance is drawn anew for each step from `key` and the step's number, so a resumed training needs no random state.
    """

    def __init__(self, start: Path, settings: Settings, *, key: str) -> None:
        self._start = start
        self._settings = settings
        self._key = key
        _draw(f"{key}/start")
        self._model = load_model(start)
        if settings.fine_tune_type == "lora":
            self._model.freeze()
            linear_to_lora_layers(self._model, self._lora_layers(), self._lora())
        else:
            self._model.unfreeze()
        if settings.grad_checkpoint:
            _checkpoint_activations(self._model.layers[0])
        self._optimizer = optimizers.AdamW(
            settings.learning_rate, betas=[0.9, 0.95], weight_decay=settings.weight_decay, bias_correction=True
        )
        self._optimizer.init(self._model.trainable_parameters())
        self._model.train()
        self._compiled: Any = None

    def step(self, number: int, tokens: mx.array, counted: mx.array, rate: float) -> tuple[float, int]:
        """The batch's loss before the step, in nats per counted token, and their number; `Diverged` when it is none."""
        _draw(f"{self._key}/step/{number}")
        self._optimizer.learning_rate = rate
        if self._compiled is None:
            self._compiled = self._compile()
        loss, count, norm = self._compiled(tokens, counted)
        mx.eval(self._state(), loss, count, norm)
        if not math.isfinite(loss.item()) or not math.isfinite(norm.item()):
            raise Diverged(f"the loss is {loss.item():.3g}, the norm of its gradient {norm.item():.3g}")
        return loss.item(), int(count.item())

    def trainable(self) -> tuple[int, int]:
        """How many numbers are learned, and of how many."""
        learned = sum(value.size for value in by_name(self._model.trainable_parameters()).values())
        return learned, sum(value.size for value in by_name(self._model.parameters()).values())

    def save_model(self, folder: Path) -> None:
        """The model as it is now, as a whole folder in Hugging Face format."""
        save_model(folder, flat_weights(self._model), self._start)

    def save_state(self, folder: Path) -> None:
        """What `load_state` needs: of a full tuning a whole model folder, of LoRA an adapter folder of mlx-lm."""
        if self._settings.fine_tune_type == "lora":
            mx.save_safetensors(str(folder / _ADAPTERS), by_name(self._model.trainable_parameters()))
            config = {"fine_tune_type": "lora", "num_layers": self._lora_layers(), "lora_parameters": self._lora()}
            (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
        else:
            self.save_model(folder)
        mx.save_safetensors(str(folder / _OPTIMIZER), by_name(self._optimizer.state))

    def load_state(self, folder: Path) -> None:
        lora = self._settings.fine_tune_type == "lora"
        files = [folder / _ADAPTERS] if lora else sorted(folder.glob("model*.safetensors"))
        for file in files:
            self._model.load_weights(str(file), strict=False)
        state: Any = mx.load(str(folder / _OPTIMIZER))
        self._optimizer.state = tree_unflatten(list(state.items()))
        mx.eval(self._state())
        self._compiled = None

    def _state(self) -> list[Any]:
        return [self._model.state, self._optimizer.state, mx.random.state]

    def _compile(self) -> Any:
        value_and_grad = nn.value_and_grad(self._model, batch_loss)
        most = self._settings.max_grad_norm or math.inf

        @partial(mx.compile, inputs=self._state(), outputs=self._state())
        def step(tokens: mx.array, counted: mx.array) -> tuple[mx.array, mx.array, mx.array]:
            (loss, count), gradients = value_and_grad(self._model, tokens, counted)
            gradients, norm = optimizers.clip_grad_norm(gradients, most)
            self._optimizer.update(self._model, gradients)
            return loss, count, norm

        return step

    def _lora_layers(self) -> int:
        wanted = self._settings.lora_layers
        return len(self._model.layers) if wanted == -1 else wanted

    def _lora(self) -> dict[str, float]:
        rank = self._settings.lora_rank
        return {"rank": rank, "scale": self._settings.lora_alpha / rank, "dropout": self._settings.lora_dropout}


def _checkpoint_activations(layer: Any) -> None:
    # mlx-lm changes the layer's class, which the next phase's model shares: a second time would compute all twice more.
    kind = type(layer)
    if not hasattr(kind, "_ilab_checkpointed"):
        grad_checkpoint(layer)
        kind._ilab_checkpointed = True


def _draw(key: str) -> None:
    mx.random.seed(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]))
