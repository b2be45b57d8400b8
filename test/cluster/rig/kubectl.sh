#!/usr/bin/env bash
# kubectl of the rig, as its administrator: kubectl.sh get nodes
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_rig
exec "$RIG/bin/kubectl" "$@"
