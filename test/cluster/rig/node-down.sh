#!/usr/bin/env bash
# Ends a node at once, as a power cut would; its data stays and node-up.sh starts it again. Usage: node-down.sh NODE
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$HERE/groups.sh"
need_root cluster:down
need_rig
lock
node=n$(node_number "${1:-}")
init=''
if pid=$(alive_pid "$node"); then read -r init _ <"/proc/$pid/task/$pid/children" || true; fi
stop "$node" KILL
# Taking this end away takes both; the kernel frees a dead namespace in its own time.
ip link del "$P-$node" 2>/dev/null || true
# Process 1 of the node goes last: then all that was in it is gone, and its files may be used again.
init_gone() { ! start_time "$init"; }
[ -z "$init" ] || await 30 "the last process of $node" init_gone
remove_groups "$node"
