"""Running flows of sdg-hub such that our own client asks: upstream's would neither keep answers nor end at once."""

import contextlib
import io
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ilab_stage import BadInput, TryLater, one_line
from ilab_teacher.client import TeacherClient, Unanswered
from ilab_teacher.remembered import Remembered
from ilab_teacher.threads import in_threads

from .samples import Sample, distinct

_OWN = Path(__file__).resolve().parent / "flows"
_CONFIGURATION = {"model", "api_key", "api_base", "timeout", "num_retries", "drop_params", "async_mode", "n"}


def prepare(scratch: Path) -> None:
    """Before anything of upstream is imported: its caches lie in `scratch`, nothing is downloaded, errors alone are said."""
    os.environ |= {name: str(scratch / name.lower()) for name in ("HF_HOME", "XDG_CACHE_HOME")}
    os.environ |= {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LOG_LEVEL": "ERROR",
    }
    # All of ours is loaded. Of upstream's modules the next process finds what this one has compiled.
    sys.dont_write_bytecode = False
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")


class Flows:
    """The flows of a run. `counts` has requests, answers that were known, and prompts that the teacher refused."""

    def __init__(self, client: TeacherClient, remembered: Remembered, workers: int) -> None:
        self._client, self._remembered, self._workers = client, remembered, workers
        self._loaded: dict[Path, Any] = {}
        self.counts = remembered.counts

    def skills(self, name: str, samples: Sequence[Sample]) -> list[Sample]:
        return self._run(_OWN / name, samples)

    def knowledge(self, name: str, samples: Sequence[Sample]) -> list[Sample]:
        import sdg_hub

        flows = Path(sdg_hub.__file__).parent / "flows" / "knowledge_infusion" / "enhanced_multi_summary_qa"
        return self._run(flows / name, samples)

    def _run(self, folder: Path, samples: Sequence[Sample]) -> list[Sample]:
        """Rows of the flow; none where none passed its filters."""
        import pandas as pd
        from sdg_hub.core.utils.error_handling import EmptyDatasetError

        flow = self._loaded.get(folder) or self._load(folder)
        self._loaded[folder] = flow
        try:
            # Upstream draws tables of what it does.
            with contextlib.redirect_stdout(io.StringIO()):
                rows = flow.generate(pd.DataFrame(distinct(samples)))
        except EmptyDatasetError:
            return []
        except Exception as error:
            raise _cause(error) from error
        return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]

    def _load(self, folder: Path) -> Any:
        from sdg_hub import Flow

        flow = Flow.from_yaml(str(folder / "flow.yaml"))
        flow = Flow(blocks=[self._asking(block) for block in flow.blocks], metadata=flow.metadata)
        if flow.is_model_config_required():
            flow.set_model_config(model="openai/teacher")
        return flow

    def _asking(self, block: Any) -> Any:
        """The same block, but that we ask."""
        from sdg_hub.core.blocks.llm import LLMChatBlock

        if not isinstance(block, LLMChatBlock):
            return block
        answers, workers = self._answers, self._workers

        class Asking(LLMChatBlock):  # type: ignore[misc]
            def generate(self, samples: Any, **_settings: Any) -> Any:
                asked = samples[self.input_cols[0]].tolist()
                extra = self.model_extra or {}
                options = {key: value for key, value in extra.items() if key not in _CONFIGURATION}
                many = extra.get("n") or 1
                done = dict(in_threads(lambda messages: answers(messages, many, options), asked, workers))
                written = samples.copy()
                written[self.output_cols[0]] = [done[number] for number in range(len(asked))]
                return written

        return Asking(**block.model_dump(exclude_unset=True))

    def _answers(self, messages: Any, many: int, options: dict[str, Any]) -> list[dict[str, str]]:
        """A prompt that is refused gets an answer without a word: it gives no row."""
        plain = [{"role": str(message["role"]), "content": str(message["content"])} for message in messages]
        texts = []
        for _ in range(many):
            try:
                texts.append(self._remembered.answered([plain, options], lambda: self._client.ask(plain, **options)))
            except Unanswered:
                self._remembered.count("refused")
                texts.append("")
        return [{"role": "assistant", "content": str(text)} for text in texts]


def _cause(error: Exception) -> Exception:
    """Upstream wraps what a block raises."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, BadInput | TryLater):
            return inner
        inner = inner.__cause__
    return RuntimeError(f"sdg-hub: {one_line(error, 300)}")
