#!/usr/bin/env bash
# `npm run s3:server`: builds the S3 server of the tests (versitygw) from its published Go module, once for each machine.
set -euo pipefail
PATH=$PATH:/usr/local/go/bin

version=$(<"$(dirname "${BASH_SOURCE[0]}")/versitygw-version")
home=${ILAB_TEST_CACHE:-$HOME/.cache/ilab-backend-rig}/versitygw-$version
[ ! -x "$home/versitygw" ] || exit 0
command -v go >/dev/null || { echo 'the S3 server of the tests is built with Go, and there is none on the PATH' >&2; exit 1; }
mkdir -p "$(dirname "$home")"
making=$(mktemp -d "$home.XXXXXX")
trap 'rm -rf "$making"' EXIT
# Without C it runs in any image too.
CGO_ENABLED=0 GOBIN=$making go install "github.com/versity/versitygw/cmd/versitygw@$version"
# Who was first has it.
mv -T "$making" "$home" 2>/dev/null || [ -x "$home/versitygw" ]
