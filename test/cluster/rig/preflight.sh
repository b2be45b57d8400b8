#!/usr/bin/env bash
# Looks for what the rig needs of this machine. Missing Debian packages are installed; what cannot be, is said, all of it at once.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root cluster:up

# COMMAND:PACKAGE
wanted='containerd:containerd ctr:containerd runc:runc busybox:busybox-static iptables:iptables conntrack:conntrack
ethtool:ethtool socat:socat ip:iproute2 openssl:openssl flock:util-linux unshare:util-linux nsenter:util-linux
sysctl:procps mount:mount tar:tar'
cni_folder() {
  local folder
  for folder in /usr/lib/cni /opt/cni/bin; do [ ! -x "$folder/host-local" ] || { echo "$folder"; return; }; done
  return 1
}
busybox_is_static() { ! ldd "$(command -v busybox)" >/dev/null 2>&1; }
missing_packages() {
  local pair
  for pair in $wanted; do command -v "${pair%:*}" >/dev/null || echo "${pair#*:}"; done | sort -u
  cni_folder >/dev/null || echo containernetworking-plugins
  ! command -v busybox >/dev/null || busybox_is_static || echo busybox-static
}

missing=$(missing_packages | tr '\n' ' ')
if [ -n "$missing" ] && command -v apt-get >/dev/null; then
  say "installing $missing"
  # shellcheck disable=SC2086
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >&2
  missing=$(missing_packages | tr '\n' ' ')
fi
[ -z "$missing" ] || fail "missing on this machine: $missing(Debian's names); install them and try again"

for module in bridge veth overlay br_netfilter nf_conntrack; do modprobe -q "$module" 2>/dev/null || true; done
problems=()
grep -qw overlay /proc/filesystems || problems+=('the kernel has no overlay file system')
unshare --mount --pid --net --uts --ipc --fork true 2>/dev/null || problems+=('namespaces cannot be made here (unshare is refused)')
# Tried in a network namespace of its own: nothing is left of it.
unshare --net sh -c 'ip link add rigtry type bridge && ip link add rigtry1 type veth peer name rigtry2' 2>/dev/null ||
  problems+=('links of type bridge and veth cannot be made here')
unshare --net iptables -t nat -L -n >/dev/null 2>&1 || problems+=('iptables does not work here')
[ -d /sys/fs/cgroup/memory ] || [ "$(stat -fc %T /sys/fs/cgroup 2>/dev/null)" = cgroup2fs ] || problems+=('no control groups in /sys/fs/cgroup')
[ "$(awk '/MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)" -ge 1000 ] || problems+=('less than 1000 MiB of memory is free')
for problem in "${problems[@]}"; do say "$problem"; done
[ ${#problems[@]} -eq 0 ] || fail 'a cluster cannot be started here'
