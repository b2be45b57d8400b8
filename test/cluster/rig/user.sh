#!/usr/bin/env bash
# Makes a user of the cluster, known by a client certificate, without any right; prints the path of their kubeconfig.
# Usage: user.sh NAME [GROUP...]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$HERE/certificates.sh"
need_rig
[ $# -ge 1 ] || fail 'usage: user.sh NAME [GROUP...]'
subject=
for group in "${@:2}"; do subject+=/O=$group; done
for word in "$@"; do case $word in '' | */* | *\"*) fail "a name may hold no / and no \": '$word'" ;; esac; done
# The same name in other groups is another user.
file=user-$(printf '%s\n' "$@" | sha256sum | cut -c1-16)
mkdir -p "$RIG/users"
lock
cd "$RIG/pki"
certificate "$file" "$subject/CN=$1" clientAuth
kubeconfig "$file" "$1" >"$RIG/users/$file.new"
mv "$RIG/users/$file.new" "$RIG/users/$file.kubeconfig"
echo "$RIG/users/$file.kubeconfig"
