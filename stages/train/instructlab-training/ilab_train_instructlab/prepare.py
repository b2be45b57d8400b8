"""What has to be known and made before the first step: GPUs, packages, rows as tokens.

usage: prepare PLAN.json, `{"gpus", "model", "processes", "data": [{"rows", "folder"}]}`. Writes REPORT.json beside it:
`{"fault"}`, a sentence for whoever asked for the stage, or `{"flash_attention", "deepspeed"}`. Each `folder` gets
upstream's data.jsonl with the rows of every length.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ilab_process.tether import tether

# Upstream only logs which rows are too long; the driver counts and names them.
_ANY_LENGTH = 2**31 - 1


def _prepare(plan: dict[str, Any]) -> dict[str, Any]:
    import torch

    gpus = torch.cuda.device_count()
    if gpus < plan["gpus"]:
        return {"fault": _too_few(gpus, plan["gpus"])}
    fault = _process(plan) if plan["data"] else None
    if fault is not None:
        return {"fault": fault}
    return {"flash_attention": find_spec("flash_attn") is not None, "deepspeed": find_spec("deepspeed") is not None}


def _process(plan: dict[str, Any]) -> str | None:
    from instructlab.training.data_process import process_data

    for data in plan["data"]:
        try:
            process_data(
                data_path=data["rows"],
                data_output_path=data["folder"],
                max_seq_len=_ANY_LENGTH,
                model_path=plan["model"],
                num_cpu_procs=plan["processes"],
            )
        except ValueError as error:
            return f"{Path(data['rows']).name} cannot be made into tokens of this model: {error}"
    return None


def _too_few(found: int, wanted: int) -> str:
    if found == 0:
        return (
            "there is no GPU that torch can use: instructlab-training computes on GPUs only; give the stage some "
            "(nvidia.com/gpu in train.resources.limits), or take the engine mlx"
        )
    return f"parameter instructlabTraining.gpus is {wanted}, but the stage has {found}"


if __name__ == "__main__":
    tether()
    place = Path(sys.argv[1])
    report = _prepare(json.loads(place.read_text(encoding="utf-8")))
    place.with_name("report.json").write_text(json.dumps(report), encoding="utf-8")
