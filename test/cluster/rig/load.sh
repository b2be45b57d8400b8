#!/usr/bin/env bash
# Brings image archives (docker-archive or OCI, as `buildah push docker-archive:` writes them) to every node. They are kept, so
# that nodes that come later have them too; one of the same file name is replaced. Usage: load.sh ARCHIVE...
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root cluster:up
need_rig
lock
for archive in "$@"; do
  [ -f "$archive" ] || fail "no such archive: $archive"
  name=${archive##*/}
  name=${name%.tar}.tar
  cp --reflink=auto "$archive" "$RIG/images/$name.new"
  mv "$RIG/images/$name.new" "$RIG/images/$name"
done
for i in $(running_nodes); do "$HERE/in-node.sh" "$i" "$HERE/import.sh" "n$i"; done
