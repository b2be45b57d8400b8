#!/usr/bin/env bash
# Builds a controller from its published Go module, or finds it built, and prints the folder it is in: `manager`, the
# program, and `manifests.yaml`, the module's own objects as kustomize puts them together. Usage: build.sh NAME
# Each has a module of its own: they are compiled from other versions of Kubernetes' libraries than the rig's programs.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
name=${1:-}
cache=${ILAB_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ilab-backend-rig}
PATH=$PATH:/usr/local/go/bin
[ -f "$HERE/controllers/$name/go.mod" ] || fail "no such controller: '$name' ($(cd "$HERE/controllers" && echo */))"
cd "$HERE/controllers/$name"

# The folder of the module that kustomize begins at, and where in it.
case $name in
  kueue) module=sigs.k8s.io/kueue part=config overlay=default ;;
  jobset) module=sigs.k8s.io/jobset part=config overlay=default ;;
  trainer) module=github.com/kubeflow/trainer/v2 part=manifests overlay=overlays/manager ;;
  training-operator) module=github.com/kubeflow/training-operator part=manifests overlay=overlays/standalone ;;
esac
package=$(sed -n 's/^tool //p' go.mod)
flags=(-trimpath -buildvcs=false -ldflags '-s -w')
key=$({ uname -m; echo "${flags[@]}"; cat go.mod go.sum "$HERE/controllers/build.sh"; } | sha256sum | cut -c1-16)
folder=$cache/$name-$key
is_built() { [ -x "$folder/manager" ] && [ -s "$folder/manifests.yaml" ]; }

manifests() { # manifests TO: kustomize reads below a plain name: it takes a path that begins with a host for a remote one
  local copy
  copy=$(mktemp -d)
  cp -r "$(go list -m -f '{{.Dir}}' "$module")/$part" "$copy/src"
  chmod -R u+w "$copy"
  # Trainer's overlay fetches JobSet from the network; here it is installed by itself.
  sed -i '/third-party\/jobset/d' "$copy/src/$overlay/kustomization.yaml"
  ln -s "$("$HERE/build.sh")/kube" "$copy/kubectl" # no rig has to be up
  (cd "$copy/src" && "$copy/kubectl" kustomize "./$overlay" 2>/dev/null) >"$1"
  rm -rf "$copy"
}
build() {
  export GOWORK=off GOFLAGS=-mod=readonly CGO_ENABLED=0
  go list -m >/dev/null 2>&1 || fail "Go >= 1.26 is needed once, to build $name from its module. See https://go.dev/dl"
  say "building $name $(go list -m -f '{{.Version}}' "$module"); minutes the first time, then it is kept in $folder"
  local new
  new=$(mktemp -d "$cache/.new-XXXXXX")
  { go build "${flags[@]}" -o "$new/manager" "$package" >&2 && manifests "$new/manifests.yaml"; } || {
    rm -rf "$new"
    fail "$name could not be built"
  }
  chmod 755 "$new"
  rm -rf "$folder"
  mv "$new" "$folder"
}

mkdir -p "$cache"
exec 7>"$cache/$name-$key.lock"
is_built || { flock 7; is_built || build; }
echo "$folder"
