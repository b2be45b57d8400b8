#!/usr/bin/env bash
# Shows what runs. Exit code: 0 all of it, 3 some of it, 4 nothing.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
[ -f "$RIG/id" ] || { echo "no rig in $RIG (npm run cluster:up)"; exit 4; }
need_rig
up=0 down=0
line() { # line NAME: of a recorded process
  local pid
  if pid=$(alive_pid "$1"); then
    up=$((up + 1))
    printf '  %-24s pid %-8s %5d MiB\n' "$1" "$pid" $(($(awk '/^VmRSS/ {print $2}' "/proc/$pid/status") / 1024))
  else
    down=$((down + 1))
    printf '  %-24s down\n' "$1"
  fi
}
echo "rig $RIG_ID in $RIG"
for name in $CONTROL_PLANE; do line "$name"; done
for i in $(seq "$(cat "$RIG/nodes" 2>/dev/null || echo 0)"); do line "n$i"; done
if [ "$up" -eq 0 ]; then exit 4; fi
if api_ready >/dev/null 2>&1; then
  kubectl get nodes -o 'custom-columns=NODE:.metadata.name,READY:.status.conditions[?(@.type=="Ready")].status,VERSION:.status.nodeInfo.kubeletVersion,GPUS:.status.allocatable.nvidia\.com/gpu' | sed 's/^/  /'
  kubectl get nodes -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' | grep -qv True && down=$((down + 1))
else
  echo '  the API server does not answer'
  down=$((down + 1))
fi
printf '  %-24s %s\n' 'API server' "$API" registry "$REGISTRY (in pods also registry.rig.local)" kubeconfig "${PUBLISH:-$RIG}/kubeconfig" logs "$RIG/log"
[ "$down" -eq 0 ] || exit 3
