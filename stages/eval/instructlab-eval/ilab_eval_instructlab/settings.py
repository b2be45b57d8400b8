"""The parameters of this engine, with their defaults."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ilab_stage import BadInput, Params
from ilab_teacher.endpoint import Endpoint

MMLU, MMLU_BRANCH, MT_BENCH, MT_BENCH_BRANCH = "mmlu", "mmlu_branch", "mt_bench", "mt_bench_branch"
BENCHMARKS = (MMLU, MMLU_BRANCH, MT_BENCH, MT_BENCH_BRANCH)
# Upstream merges for judges whose names say so; those of the family refuse a system message.
_MISTRAL = ("mistral", "mixtral", "prometheus")
_SERVE = (
    "vllm",
    "serve",
    "{model}",
    "--served-model-name={name}",
    "--host=127.0.0.1",
    "--port={port}",
    "--tensor-parallel-size={gpus}",
)
# Upstream's bound, which it takes no account of without a number of GPUs.
_WORKERS_PER_GPU = 10


@dataclass(frozen=True)
class Settings:
    benchmarks: tuple[str, ...]
    few_shots: int
    """Answered questions before each of MMLU."""
    batch_size: int | str
    """Questions of MMLU at once; `auto`: as many as fit."""
    gpus: int
    """That the candidate is served on."""
    max_workers: int
    """Questions of MT-Bench at a time."""
    merge_system_message: bool
    first_questions: int | None
    """Of MT-Bench; None = all."""
    serve: tuple[str, ...]
    """The command that serves a model, `{model}`, `{name}`, `{port}` and `{gpus}` still in it."""
    serve_seconds: int
    """Longest wait until it answers."""
    judge: Endpoint | None
    """None where nothing is judged."""

    @staticmethod
    def read(params: Params) -> "Settings":
        own = params.section("instructlabEval")
        asked = own.texts("benchmarks", [MMLU_BRANCH, MT_BENCH_BRANCH, MT_BENCH])
        for name in asked:
            if name not in BENCHMARKS:
                raise BadInput(f"parameter instructlabEval.benchmarks holds {name!r}: it knows {', '.join(BENCHMARKS)}")
        if not asked:
            raise BadInput("parameter instructlabEval.benchmarks is empty: name what is to be measured")
        gpus = own.integer("gpus", 1, minimum=1)
        workers = min(gpus * _WORKERS_PER_GPU, len(os.sched_getaffinity(0)))
        judge = Endpoint.read(params, "judge") if {MT_BENCH, MT_BENCH_BRANCH} & set(asked) else None
        named_so = judge is not None and any(name in judge.model.lower() for name in _MISTRAL)
        serve = tuple(own.texts("serve", list(_SERVE)))
        if not serve:
            raise BadInput("parameter instructlabEval.serve is empty: it must be a command")
        return Settings(
            benchmarks=tuple(name for name in BENCHMARKS if name in asked),
            few_shots=params.integer("fewShots", 5, minimum=0),
            batch_size=params.integer("batchSize", "auto", minimum=1),
            gpus=gpus,
            max_workers=own.integer("maxWorkers", workers, minimum=1),
            merge_system_message=own.flag("mergeSystemMessage", named_so),
            first_questions=own.integer("firstQuestions", None, minimum=1),
            serve=serve,
            serve_seconds=own.integer("serveSeconds", 1800, minimum=1),
            judge=judge,
        )

    def as_json(self) -> Mapping[str, Any]:
        """Those that decide what is measured, for comparing with an earlier try."""
        free = ("benchmarks", "max_workers", "serve_seconds", "judge")
        judge = {"url": self.judge.url, "model": self.judge.model} if self.judge else None
        return {name: value for name, value in asdict(self).items() if name not in free} | {"judge": judge}
