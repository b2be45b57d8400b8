#!/usr/bin/env bash
# A node reports so many nvidia.com/gpu, which the scheduler counts; there is no device behind them. Usage: gpus.sh NODE COUNT
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_rig
node=n$(node_number "${1:-}") count=${2:-}
case $count in '' | *[!0-9]*) fail 'usage: gpus.sh NODE COUNT (npm run cluster:gpus -- n1 4)' ;; esac
echo "$count" >"$RIG/$node/gpus"
patch() {
  local part
  for part in capacity allocatable; do
    echo "{\"op\":\"add\",\"path\":\"/status/$part/nvidia.com~1gpu\",\"value\":\"$count\"}"
  done | paste -sd,
}
kubectl patch node "$node" --subresource=status --type=json -p "[$(patch)]" >/dev/null
