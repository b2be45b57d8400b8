#!/usr/bin/env bash
# Process 1 of a node, started by node-up.sh: lays out the node's own /run and /var, then keeps its three services running.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_rig
i=$1 node=n$1 d=$RIG/n$1
hostname "$node"
cd /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib # so that no folder has to be made on the host to mount on
mkdir -p /run/lock
for folder in kubelet containerd cni; do
  mkdir -p "$d/$folder" "/var/lib/$folder"
  mount --bind "$d/$folder" "/var/lib/$folder"
done
mkdir -p "$d/log" "$d/etc/cni"
mount --bind "$d/log" /var/log
# The kubelet wants these settings, which are those of the whole host: it is shown what it wants to see.
for pair in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  mkdir -p "/run/sysctl/${pair%/*}"
  echo "${pair#*=}" >"/run/sysctl/${pair%=*}"
  [ ! -f "/proc/sys/${pair%=*}" ] || mount --bind "/run/sysctl/${pair%=*}" "/proc/sys/${pair%=*}"
done
mount --make-rshared /

ip link set lo up
await 60 eth0 ip link show eth0
ip addr add "$(node_ip "$i")/24" dev eth0
ip link set eth0 up
ip route add default via "$HOST_IP"
for j in 1 2 3 4; do [ "$j" = "$i" ] || ip route add "$(pod_cidr "$j")" via "$(node_ip "$j")"; done
sysctl -qw net.ipv4.ip_forward=1
sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true # without it a pod does not reach itself through its service

. "$HERE/node-config.sh"

# keep NAME COMMAND...: starts it again whenever it ends; the file run/NAME.NODE.off holds it back (kill.sh, start.sh).
keep() {
  local name=$1
  shift
  while :; do
    if [ ! -e "$RIG/run/$name.$node.off" ]; then
      "$@" >>"$RIG/log/$name.$node.log" 2>&1 &
      echo $! >"$d/$name.new" && mv "$d/$name.new" "$d/$name.nspid"
      wait $! || true
    fi
    sleep 0.2
  done
}
keep containerd containerd --config "$d/etc/containerd.toml" &
await 120 containerd ctr version
"$HERE/import.sh" "$node" || true # a bad archive is in the log and no reason to have no node
keep kubelet kubelet --config "$d/etc/kubelet.yaml" --kubeconfig "$RIG/etc/$node.kubeconfig" --hostname-override "$node" \
  --node-ip "$(node_ip "$i")" --root-dir /var/lib/kubelet --node-labels "rig.local/node=$node" &
keep kube-proxy kube-proxy --config "$d/etc/kube-proxy.yaml" &
# As process 1 it inherits orphans (the containers' shims) and must take their exit codes.
while :; do
  wait || true
  sleep 1
done
