#!/usr/bin/env bash
# Packs a root file system as an image archive that load.sh and `ctr images import` take; the same input gives the same bytes.
# Usage: [ENTRYPOINT=JSON] [IMAGE_PATH=FOLDER:] image.sh NAME:TAG ROOTFS OUT.tar [CMD_JSON [USER]]
set -euo pipefail
name=$1 rootfs=$2 out=$3 cmd=${4:-'["/bin/sh"]'} user=${5:-}
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
case $(uname -m) in x86_64) architecture=amd64 ;; aarch64) architecture=arm64 ;; *) architecture=$(uname -m) ;; esac
fixed=(--sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner)
tar -C "$rootfs" "${fixed[@]}" -cf "$t/layer.tar" .
layer=$(sha256sum "$t/layer.tar" | cut -d' ' -f1)
path=${IMAGE_PATH:-}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cat >"$t/config.json" <<JSON
{"architecture":"$architecture","os":"linux","created":"1970-01-01T00:00:00Z",
"config":{"Entrypoint":${ENTRYPOINT:-null},"Cmd":$cmd,"User":"$user","Env":["PATH=$path"],"WorkingDir":"/"},
"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]},"history":[{"created":"1970-01-01T00:00:00Z"}]}
JSON
echo "[{\"Config\":\"config.json\",\"RepoTags\":[\"$name\"],\"Layers\":[\"layer.tar\"]}]" >"$t/manifest.json"
tar -C "$t" "${fixed[@]}" -cf "$out.new" manifest.json config.json layer.tar
mv "$out.new" "$out"
