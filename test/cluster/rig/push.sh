#!/usr/bin/env bash
# Puts a small image of its own into the rig's registry, under each name: push.sh NAME:TAG...
# It is a new one each time, so that pods have to fetch it. Its files are those of rig.local/busybox:1, but it is another image:
# a kubelet that has pulled an image by one name lets nobody use the same image by the name of an archive any more (it asks that
# name's registry for leave).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root cluster:up
need_rig
running=$(running_nodes)
[ -n "$running" ] || fail "no node runs; type: npm run cluster:up"
node=n${running%%$'\n'*}
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
mkdir "$t/root"
tar -xOf "$RIG/images/busybox.tar" layer.tar | tar -x -C "$t/root"
# In a namespace that the kubelet's side of containerd does not look into, and would keep things of.
in_node() { "$HERE/in-node.sh" "$node" ctr -n push images "$@" >/dev/null; }
for name in "$@"; do
  "$HERE/image.sh" "$REGISTRY/$name" "$t/root" "$t/image.tar" "[\"/bin/sh\",\"-c\",\"# $name $(date +%s%N)\"]"
  in_node import "$t/image.tar"
  in_node push --plain-http "$REGISTRY/$name"
  in_node rm --sync "$REGISTRY/$name" # a pod has to pull it
done
