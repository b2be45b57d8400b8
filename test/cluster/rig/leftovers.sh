#!/usr/bin/env bash
# Lists all that a rig has made on this machine outside of its folder, one a line: process, mount, namespace, link, route,
# group, rule, setting. Exit code 1 when there is any. Usage: leftovers.sh [ID]; the ID is needed after down.sh --purge.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
if [ -n "${1:-}" ]; then set_addresses "$1"; else need_rig; fi

processes() { grep -lzFx "ILAB_RIG_PROCESS=$RIG" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true; }
in_groups() { # processes of pods have another environment, but stand in the nodes' groups
  find /sys/fs/cgroup -path "*/$P-n*" -name cgroup.procs -exec cat {} + 2>/dev/null || true
}
network_namespaces() { # those of our processes, other than this one
  local pid
  for pid in $(processes) $(in_groups); do readlink "/proc/$pid/ns/net" 2>/dev/null || true; done |
    sort -u | grep -vFx "$(readlink /proc/self/ns/net)" || true
}
routes() {
  local range
  for range in "10.250.$RIG_ID.0/24" "$SERVICE_CIDR" "$POD_CIDR"; do ip -4 route show root "$range"; done
}
rules() { # those of services and pods belong into the nodes' own network
  { iptables-save 2>/dev/null || true; } | grep KUBE- || true
}
labelled() { sed "s/^/$1 /"; }

found=$(
  processes | labelled process
  in_groups | labelled process-of-pod
  network_namespaces | labelled namespace
  { grep -F " $RIG/" /proc/self/mountinfo || true; } | labelled mount
  { ip -brief link | grep -E "^$P(-|@| )" || true; } | labelled link
  routes | labelled route
  find /sys/fs/cgroup -type d -path "*/$P-n*" 2>/dev/null | labelled group
  rules | labelled rule
)
[ -z "$found" ] || { echo "$found"; exit 1; }
