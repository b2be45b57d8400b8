"""Publishes a folder with Python's own client: `upload.py REPO FOLDER TAG` -> {user, role, commit}."""

import json
import sys
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi

repo, folder, tag = sys.argv[1:]
api = HfApi()
identity = api.whoami()
api.create_repo(repo, private=True, exist_ok=True)
api.create_repo(repo, private=True, exist_ok=True)
paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
made = api.create_commit(
    repo,
    [CommitOperationAdd(path.relative_to(folder).as_posix(), path) for path in paths],
    commit_message="From Python",
    commit_description="The other client",
)
api.create_tag(repo, tag=tag, revision=made.oid, tag_message="A tag")
api.create_tag(repo, tag=tag, revision=made.oid, exist_ok=True)
refs = api.list_repo_refs(repo)
print(
    json.dumps(
        {
            "user": identity["name"],
            "role": identity["auth"]["accessToken"]["role"],
            "commit": made.oid,
            "tags": {ref.name: ref.target_commit for ref in refs.tags},
            "titles": [commit.title for commit in api.list_repo_commits(repo)],
        }
    )
)
