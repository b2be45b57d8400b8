#!/usr/bin/env bash
# Tells where the cluster is: rig.json beside the kubeconfig, and both in .cluster/ of the clone when the rig is the clone's own.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_rig
cat >"$RIG/rig.json.new" <<JSON
{"root": "$RIG", "scripts": "$HERE", "id": $RIG_ID, "hostIp": "$HOST_IP", "registry": "$REGISTRY", "kubectl": "$RIG/bin/kubectl"}
JSON
mv "$RIG/rig.json.new" "$RIG/rig.json"
[ -n "$PUBLISH" ] || exit 0
mkdir -p "$PUBLISH"
for file in rig.json kubeconfig; do
  install -m 600 "$RIG/$file" "$PUBLISH/$file.new"
  mv "$PUBLISH/$file.new" "$PUBLISH/$file"
done
# Under sudo the clone is somebody's, and so are these.
[ -z "${SUDO_UID:-}" ] || chown -R "$SUDO_UID:${SUDO_GID:-0}" "$PUBLISH"
