"""What the package wandb wrote offline, read by the package itself.

usage: wandb_log.py FILE.wandb        prints a line of JSON for each record
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def read_records(file: Path) -> str:
    # In a process of its own: the package is not imported where the driver's tests run.
    return subprocess.run([sys.executable, __file__, str(file)], check=True, capture_output=True, text=True).stdout


def values(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {item.get("key") or "/".join(item["nested_key"]): json.loads(item["value_json"]) for item in items}


def _print(file: str) -> None:
    from google.protobuf.json_format import MessageToDict
    from wandb.proto import wandb_internal_pb2
    from wandb.sdk.internal.datastore import DataStore

    store = DataStore()
    store.open_for_scan(file)
    while (data := store.scan_data()) is not None:
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        print(json.dumps(MessageToDict(record, preserving_proto_field_name=True)))


if __name__ == "__main__":
    _print(sys.argv[1])
