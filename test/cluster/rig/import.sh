#!/usr/bin/env bash
# Run inside a node: imports the kept image archives that this node has not imported yet. Usage: import.sh NODE
set -euo pipefail
. "$(dirname "$0")/lib.sh"
done_folder=$RIG/$1/imported
mkdir -p "$done_folder"
status=0
for archive in "$RIG"/images/*.tar; do
  mark=$done_folder/${archive##*/}
  state=$(stat -c '%i %Y %s' "$archive")
  [ "$(cat "$mark" 2>/dev/null)" != "$state" ] || continue
  if ctr -n k8s.io images import "$archive"; then echo "$state" >"$mark"; else status=1; fi
done
exit "$status"
