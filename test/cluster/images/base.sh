#!/usr/bin/env bash
# Makes a base image in the store of buildah where no public registry can be had, and prints its name: busybox for stages of
# sh, python (Debian's, with git) for the others, python-build (with a compiler, which upstream's engines want without a
# GPU), node for the program. Kept by content outside of the clone.
# Usage: base.sh busybox|python|python-build|node
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
project=$(cd "$here/../../.." && pwd -P)
cache=${ILAB_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ilab-backend-rig}/bases
mkdir -p "$cache"
kind=$1

suite=bookworm
# The least that has an interpreter, venv, TLS and git; libstdc++6 is what the wheels want from the system.
packages=base-files,dash,coreutils,sed,grep,findutils,python3,python3-venv,ca-certificates,libstdc++6,git,openssh-client
[ "$kind" != python-build ] || packages+=,gcc,binutils,libc6-dev

recipe() { # prints all that decides what the base is
  case $kind in
    busybox) sha256sum <"$(command -v busybox)" ;;
    python | python-build) echo "$suite $packages" ;;
    node) "$0" python && sha256sum <"$(node_binary)" ;;
    *) echo "no such base: $kind (busybox, python, python-build, node)" >&2; exit 2 ;;
  esac
  cat "$here/base.sh"
}
node_binary() { # the same Node that runs the program here
  (root=$project && . "$project/bin/find-node.sh" && echo "$node")
}
key=$(recipe | sha256sum | cut -c1-12)
name=localhost/ilab-backend-base/$kind:$key

# Never `latest`, and never asked of a registry: it is there or it is made.
if buildah images -q "$name" >/dev/null 2>&1; then
  echo "$name"
  exit 0
fi
exec 7>"$cache/$kind.lock"
flock -w 900 7
archive=$cache/$kind-$key.tar
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

pack() { # pack LAYER: one layer as an archive that every engine reads
  local diff arch
  diff=$(sha256sum "$1" | cut -d' ' -f1)
  case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
  [ "$1" = "$t/layer.tar" ] || mv "$1" "$t/layer.tar"
  cat >"$t/config.json" <<JSON
{"architecture":"$arch","os":"linux","created":"1970-01-01T00:00:00Z",
"config":{"Cmd":["/bin/sh"],"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"WorkingDir":"/"},
"rootfs":{"type":"layers","diff_ids":["sha256:$diff"]},"history":[{"created":"1970-01-01T00:00:00Z"}]}
JSON
  echo "[{\"Config\":\"config.json\",\"RepoTags\":[\"$name\"],\"Layers\":[\"layer.tar\"]}]" >"$t/manifest.json"
  rm -rf "$t/root"
  tar -C "$t" -cf "$archive.new" manifest.json config.json layer.tar
  mv "$archive.new" "$archive"
}

make_busybox() {
  local box=$t/root busybox applet
  busybox=$(command -v busybox)
  mkdir -p "$box"/{bin,etc,tmp,usr}
  chmod 1777 "$box/tmp"
  install -m 755 "$busybox" "$box/bin/busybox"
  for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln -s busybox "$box/bin/$applet"; done
  ln -s ../bin "$box/usr/bin"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$box/etc/passwd"
  echo 'root:x:0:' >"$box/etc/group"
  tar -C "$box" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$t/layer.tar" .
  pack "$t/layer.tar"
}

make_python() {
  local root=$t/root
  # "extract" unpacks and runs no package's script: a third of the time and of the size of a bootable system. What the
  # scripts would have made is written by hand.
  mmdebstrap --quiet --variant=extract --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    "$suite" "$root" >&2
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
  mkdir -p "$root/etc/ssl/certs"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*
  tar -C "$root" --sort=name --mtime=@0 --numeric-owner -cf "$t/layer.tar" .
  pack "$t/layer.tar"
}

if [ "$kind" = node ]; then
  mkdir "$t/context"
  install -m 755 "$(node_binary)" "$t/context/node"
  printf 'FROM %s\nCOPY node /usr/local/bin/node\n' "$("$0" python)" >"$t/context/Containerfile"
  buildah build --quiet --tag "$name" "$t/context" >&2
else
  [ -f "$archive" ] || "make_${kind%-build}"
  buildah pull --quiet "docker-archive:$archive" >&2
fi
echo "$name"
