"""Downloads a revision as users do, and prints what has arrived: `download.py REPO REVISION` -> {path: [size, sha256]}."""

import hashlib
import json
import sys
from pathlib import Path

from huggingface_hub import snapshot_download

repo, revision = sys.argv[1:]
folder = Path(snapshot_download(repo, revision=revision))
files = {}
for path in sorted(folder.rglob("*")):
    if path.is_file():
        content = path.read_bytes()
        files[path.relative_to(folder).as_posix()] = [len(content), hashlib.sha256(content).hexdigest()]
print(json.dumps(files))
