#!/usr/bin/env bash
# Cuts a node off from everything, or joins it again; what runs on it runs on. Usage: partition.sh NODE on|off
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root cluster:up
need_rig
node=n$(node_number "${1:-}")
case ${2:-} in
  on) ip link set "$P-$node" down ;;
  off) ip link set "$P-$node" up ;;
  *) fail 'usage: partition.sh NODE on|off' ;;
esac
