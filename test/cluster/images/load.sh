#!/usr/bin/env bash
# Builds the images that the tests and the profile kind-cpu need, those that are not built, and brings them to the rig's nodes.
# Built images are kept as archives by content outside of the clone; without a rig that is all that is done.
# Usage: load.sh (npm run cluster:images)
set -euo pipefail
shopt -s inherit_errexit # a build that fails ends it all
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
project=$(cd "$here/../../.." && pwd -P)
cache=${ILAB_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ilab-backend-rig}
say() { printf 'cluster images: %s\n' "$*" >&2; }

missing=()
for pair in buildah:buildah mmdebstrap:mmdebstrap busybox:busybox-static; do
  command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || { say "missing: ${missing[*]} (Debian's names)"; exit 1; }
  say "installing ${missing[*]}"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >&2
fi

busybox=$("$here/base.sh" busybox)
python=$("$here/base.sh" python)
node=$("$here/base.sh" node)
# Content tags say nothing of the base: archives on other bases lie in other folders.
archives=$cache/images-${node##*:}
images() { # images PIPELINE ARGUMENT...: prints the archives, one a line
  local pipeline=$1
  shift
  "$project/bin/ilab-backend.js" images build --project "$project" --pipeline "$pipeline" "$@" --engine buildah \
    --load "archive:$archives" -o json |
    sed -n 's/^ *"contentTag": "[^"]*\/\([^":]*\):\([^"]*\)".*/\1-\2.tar/p'
}
names=$(
  images hello greet count --base "busybox=$busybox"
  images instructlab --profile kind-cpu --base "python=$python" --base "node=$node"
  images instructlab datagen --project "$project/test/cluster/h100x4" --base "python=$python"
)

# Old ones go, but for the last one of each: somebody may go back a commit.
keep() { # keep FOLDER: of each image those named now and the newest other
  local name file
  for name in $names; do
    find "$1" -maxdepth 1 -name "${name%-src-*}-src-*.tar" ! -name "$name" -printf '%T@ %p\n' 2>/dev/null |
      sort -rn | tail -n +2 | cut -d' ' -f2- | while read -r file; do rm -f "$file"; done
  done
}
keep "$archives"

rig=${ILAB_TEST_RIG:-$(sed -n 's/.*"root": "\([^"]*\)".*/\1/p' "$project/.cluster/rig.json" 2>/dev/null || true)}
if [ -z "$rig" ] || [ ! -d "$rig/images" ]; then
  say "no rig is up: the archives are in $archives"
  exit 0
fi
new=()
for name in $names; do
  # load.sh of the rig keeps a copy: one that is younger than the archive is that of the archive.
  [ "$rig/images/$name" -nt "$archives/$name" ] || new+=("$archives/$name")
done
say "${#new[@]} of $(wc -w <<<"$names") images are new to the nodes"
# Without an archive too: a node may have been away when they came.
ILAB_TEST_RIG=$rig "$project/test/cluster/rig/load.sh" "${new[@]}" >&2
keep "$rig/images"
