#!/usr/bin/env bash
# Ends all of the rig and takes its links, routes, groups and namespaces away. Data stays and up.sh goes on with it; with
# --purge the rig's whole folder goes (the built programs are kept elsewhere). Usage: down.sh [--purge]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
case ${1:-} in '' | --purge) ;; *) fail "no such option: $1 (down.sh [--purge])" ;; esac
need_root cluster:down
[ -z "$PUBLISH" ] || rm -f "$PUBLISH/kubeconfig" "$PUBLISH/rig.json"
[ -d "$RIG" ] || exit 0
lock
if [ -f "$RIG/id" ]; then
  need_rig
  for i in 1 2 3 4; do [ ! -d "$RIG/n$i" ] || "$HERE/node-down.sh" "$i"; done
  # A graceful end of the API server waits for every open watch; nothing here needs it.
  for name in registry dns provisioner kube-scheduler kube-controller-manager kube-apiserver; do stop "$name" KILL; done
  stop etcd TERM
fi
# What has no record any more is known by its mark.
marked() { grep -lzFx "ILAB_RIG_PROCESS=$RIG" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3; }
for pid in $(marked); do kill -s KILL "$pid" 2>/dev/null || true; done
[ ! -f "$RIG/id" ] || [ "$(cat "/sys/class/net/$P/ifalias" 2>/dev/null)" != "$RIG" ] || ip link del "$P" # its routes go with it
if [ "${1:-}" = --purge ] && [ -f "$RIG/.ilab-backend-rig" ]; then
  rm -rf --one-file-system "$RIG"
fi
