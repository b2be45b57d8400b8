"""Writes one report: `program.py PLAN`, as `report` makes it. The only place that imports wandb."""

import json
import sys
from pathlib import Path
from typing import Any

from ilab_process.tether import tether

# Seconds. Without an answer wandb would wait for a minute and a half, and then try on.
_LONGEST_START = 60


def send(plan: dict[str, Any]) -> None:
    import wandb

    where, report = plan["wandb"], plan["report"]
    settings = wandb.Settings(
        init_timeout=_LONGEST_START,
        # What the figures are made of is ours to say: no code, no console, no machine, no git.
        save_code=False,
        disable_git=True,
        disable_code=True,
        console="off",
        x_disable_meta=True,
        x_disable_stats=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
        **({"base_url": where["url"]} if where["url"] else {}),
    )
    run = wandb.init(
        project=where["project"],
        entity=where["entity"],
        id=f"{where['id']}-{report['stage']}",
        name=f"{where['name']}-{report['stage']}",
        group=where["name"],
        job_type=report["stage"],
        config=report["config"],
        mode="offline" if where["offline"] else "online",
        # It cannot know, offline, what was there before.
        resume=None if where["offline"] else "allow",
        dir=plan["folder"],
        settings=settings,
    )
    # No tables: their rows lie outside of the run's folder, where nobody finds them who sends it later.
    for row in report["history"]:
        run.log(row)
    run.summary.update(report["summary"])
    run.finish()


if __name__ == "__main__":
    tether()
    try:
        send(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
