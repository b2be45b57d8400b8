#!/usr/bin/env bash
# Starts a node: a mount, process and network namespace that holds containerd, kubelet and kube-proxy. Ending its one parent
# process ends everything in it; the kernel then takes its mounts, interfaces and rules away.
# Usage: node-up.sh NODE [SETTING=VALUE...]; settings of the kubelet: LOG_MAX_SIZE, LOG_MAX_FILES, LOG_MONITOR_INTERVAL (3s is
# the least), SYNC_FREQUENCY. They last until the node goes down.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$HERE/groups.sh"
need_root cluster:up
need_rig
lock
i=$(node_number "${1:-}") node=n$i
shift
for setting in "$@"; do
  case $setting in
    LOG_MAX_SIZE=* | LOG_MAX_FILES=* | LOG_MONITOR_INTERVAL=* | SYNC_FREQUENCY=*) export "${setting?}" ;;
    *) fail "no such setting: $setting" ;;
  esac
done

if ! alive "$node"; then
  mkdir -p "$RIG/$node"
  rm -f "$RIG/run/"*".$node.off" "$RIG/$node/"*.nspid
  remove_groups "$node" # of an unclean end
  make_groups "$node"
  spawn "$node" unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc --propagation private \
    "$HERE/node-init.sh" "$i"
  pid=$(alive_pid "$node")
  own_network() { [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
  await 60 "the namespaces of $node" own_network
  ip link del "$P-$node" 2>/dev/null || true
  ip link add "$P-$node" type veth peer name eth0 netns "$pid"
  ip link set "$P-$node" master "$P" up
fi
ip route replace "$(pod_cidr "$i")" via "$(node_ip "$i")"
# Services are reached from this host, so also webhooks by the API server, through the first node.
[ "$i" != 1 ] || ip route replace "$SERVICE_CIDR" via "$(node_ip 1)"

if alive kube-apiserver && api_ready >/dev/null 2>&1; then
  serves() { kubectl get --raw "/api/v1/nodes/$node/proxy/healthz" --request-timeout=5s; }
  await 300 "node $node" serves || {
    tail -n 15 "$RIG/log/kubelet.$node.log" "$RIG/log/$node.log" >&2
    fail "node $node does not come up; logs: $RIG/log"
  }
  kubectl wait --for=condition=Ready "node/$node" --timeout=180s >/dev/null
  # A kubelet that starts forgets resources that no device plugin announces.
  [ ! -f "$RIG/$node/gpus" ] || "$HERE/gpus.sh" "$node" "$(cat "$RIG/$node/gpus")"
fi
