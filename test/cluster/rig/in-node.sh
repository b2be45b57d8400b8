#!/usr/bin/env bash
# Runs a command inside a node: in-node.sh n1 ctr -n k8s.io images ls
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_rig
node=n$(node_number "$1")
shift
pid=$(alive_pid "$node") || fail "node $node does not run"
# The recorded process stands outside of the process namespace it made; its only child is that namespace's process 1.
# The kernel writes no line end there, which `read` takes for a failure.
read -r init _ <"/proc/$pid/task/$pid/children" || [ -n "$init" ]
exec nsenter -t "$init" --mount --net --uts --ipc --pid "$@"
