#!/usr/bin/env bash
# Builds the rig's two programs from published Go modules, or finds them built: `kube` (every Kubernetes component, etcd,
# kubectl, our provisioner of volumes) and `dns` (CoreDNS). Prints the folder they are in.
# Finished programs are kept outside of the clone by the hash of their sources and flags; without that they are built anew.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cache=${ILAB_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ilab-backend-rig}
PATH=$PATH:/usr/local/go/bin
cd "$HERE/programs"

# What /version and kubectl say; without it a client sees v0.0.0-master.
version=$(sed -n 's#^\s*k8s.io/kubernetes \(v[0-9.]*\)$#\1#p' go.mod)
IFS=. read -r major minor _ <<<"${version#v}"
flags='-s -w'
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  for pair in "gitVersion=$version" "gitMajor=$major" "gitMinor=$minor" gitTreeState=clean gitCommit=module buildDate=1970-01-01T00:00:00Z; do
    flags+=" -X $package.$pair"
  done
done

key=$({ uname -m; echo "CGO_ENABLED=0 -trimpath $flags"; cat go.mod go.sum ./*/*.go; } | sha256sum | cut -c1-16)
folder=$cache/$key
is_built() { [ -x "$folder/kube" ] && [ -x "$folder/dns" ]; }

build() {
  # Of the environment only where modules come from may matter, not a workspace or flags of whoever builds.
  export GOWORK=off GOFLAGS=-mod=readonly CGO_ENABLED=0
  go list -m >/dev/null 2>&1 ||
    fail "Go >= 1.26 is needed once, to build Kubernetes from its modules; found: $(go version 2>/dev/null || echo none). See https://go.dev/dl"
  say "building Kubernetes $version; minutes the first time, then it is kept in $folder"
  local new
  new=$(mktemp -d "$cache/.new-XXXXXX")
  go build -trimpath -buildvcs=false -ldflags "$flags" -o "$new/" ./kube ./dns >&2 || {
    rm -rf "$new"
    fail 'Kubernetes could not be built'
  }
  chmod 755 "$new"
  rm -rf "$folder"
  mv "$new" "$folder"
}

mkdir -p "$cache"
exec 7>"$cache/$key.lock"
is_built || { flock 7; is_built || build; } # whoever waits here finds the other's work
echo "$folder"
