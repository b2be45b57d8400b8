#!/usr/bin/env bash
# Brings a real Kubernetes up, or what is missing of it, and waits until it can be used. May be repeated, also after any
# unclean end. Usage: up.sh [--nodes 1..4] [--gpus COUNT]; without --nodes as many as last time, at first one.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
nodes='' gpus=''
while [ $# -gt 0 ]; do
  case $1 in
    --nodes) nodes=${2:-} && shift 2 ;;
    --gpus) gpus=${2:-} && shift 2 ;;
    *) fail "no such option: $1 (up.sh [--nodes 1..4] [--gpus COUNT])" ;;
  esac
done
case $nodes in '' | [1-4]) ;; *) fail "--nodes is 1 to 4, not '$nodes'" ;; esac
need_root cluster:up
[ ! -e "$RIG" ] || [ -O "$RIG" ] || fail "$RIG belongs to somebody else"
[ -d "$RIG" ] || mkdir -p "$RIG"
chmod 700 "$RIG"
lock
"$HERE/preflight.sh"
programs=$("$HERE/build.sh")

"$HERE/claim.sh"
need_rig
mkdir -p "$RIG"/{bin,run,log,data,etc,users}
touch "$RIG/.ilab-backend-rig"
if [ "$(cat "$RIG/programs" 2>/dev/null || true)" != "$programs" ]; then
  # Another version: what runs is ended first, its data stays.
  [ ! -f "$RIG/programs" ] || { "$HERE/down.sh" && "$HERE/claim.sh"; }
  ln -sfn "$programs/kube" "$RIG/bin/kube"
  ln -sfn "$programs/dns" "$RIG/bin/dns"
  echo "$programs" >"$RIG/programs"
fi
for name in etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl provisioner; do
  ln -sfn kube "$RIG/bin/$name"
done

# Each log that is followed and each kubelet takes some; the usual 128 are soon gone ("too many open files"). Only raised.
watchers=/proc/sys/fs/inotify/max_user_instances
[ "$(cat $watchers)" -ge 1024 ] || echo 1024 >$watchers

nodes=${nodes:-$(cat "$RIG/nodes" 2>/dev/null || echo 1)}
echo "$nodes" >"$RIG/nodes"
"$HERE/pki.sh" "$nodes"
"$HERE/images.sh"
# shellcheck disable=SC2086
"$HERE/start.sh" $CONTROL_PLANE
kubectl apply -f "$HERE/manifests" >/dev/null
for i in 1 2 3 4; do
  if [ "$i" -le "$nodes" ]; then
    for service in $NODE_SERVICES; do "$HERE/start.sh" "$service@$i"; done
    if alive "n$i"; then "$HERE/partition.sh" "$i" off; fi
    "$HERE/node-up.sh" "$i"
    [ -z "$gpus" ] || "$HERE/gpus.sh" "$i" "$gpus"
  elif [ -d "$RIG/n$i" ]; then
    "$HERE/node-down.sh" "$i"
    kubectl delete node "n$i" --ignore-not-found >/dev/null
    rm -rf --one-file-system "${RIG:?}/n$i"
  fi
done
await 180 'the first service account' kubectl -n default get serviceaccount default
"$HERE/publish.sh"
"$HERE/status.sh"
