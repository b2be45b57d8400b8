# The stage contract (docs/stage-contract.md) for drivers in POSIX sh: sourced, never run. Needs sha256sum or shasum.
# A driver calls stage_begin, writes below $artifacts, calls stage_artifact for each output and stage_finish at the end.

content=${ILAB_CONTENT:-/content}
artifacts=$content/artifacts
termination_log=${ILAB_TERMINATION_LOG:-/dev/termination-log}
stage_artifacts=
stage_child=

# The result of an earlier try must not outlive the start of this one.
stage_begin() {
  trap stage_stopped TERM
  mkdir -p "$artifacts" && rm -f "$artifacts/result.json" || stage_fail 1 "$artifacts cannot be written"
}

# stage_fail CODE MESSAGE: 64 = input or parameters at fault, 75 = try again later, others = a crash
stage_fail() {
  printf 'error: %s\n' "$2" >&2
  stage_tell "$2"
  exit "$1"
}

stage_stopped() {
  [ -z "$stage_child" ] || kill "$stage_child" 2>/dev/null
  stage_fail 143 'stopped on request (SIGTERM)'
}

# Waits without being deaf to SIGTERM.
stage_sleep() {
  sleep "$1" &
  stage_child=$!
  wait "$stage_child" || stage_fail 64 "cannot wait for $1 seconds"
  stage_child=
}

# stage_progress MESSAGE FRACTION: for display only; the message is ours and needs no escaping
stage_progress() {
  printf 'ilab-progress: {"message":"%s","fraction":%s}\n' "$1" "$2"
}

# stage_artifact NAME FILE: declares a file below $artifacts and writes its listing beside it
stage_artifact() {
  stage_sha=$(stage_sha256 "$artifacts/$2") || stage_fail 1 "no digest of $2: sha256sum or shasum is needed"
  stage_size=$(wc -c <"$artifacts/$2" | tr -d ' ')
  stage_write "$artifacts/$2.listing" "$stage_sha  $stage_size  ${2##*/}"
  stage_artifacts="$stage_artifacts${stage_artifacts:+,}{\"name\":\"$1\",\"path\":\"$2\",\"digest\":\"sha256:$stage_sha\",\"size\":$stage_size}"
}

# stage_finish METRICS: the members of a JSON object; writes the termination log, then result.json, the last thing of all
stage_finish() {
  stage_result="{\"version\":1,\"metrics\":{$1},\"artifacts\":[$stage_artifacts]}"
  stage_tell "$stage_result"
  stage_write "$artifacts/result.json" "$stage_result"
}

# Whole or not at all, and on the disk as far as this system lets a shell ask for it.
stage_write() {
  printf '%s\n' "$2" >"$1.tmp" && sync "$1.tmp" 2>/dev/null
  mv -f "$1.tmp" "$1" || stage_fail 1 "$1 cannot be written"
}

# Best effort: outside a container there may be no such file.
stage_tell() {
  { printf '%s\n' "$1" >"$termination_log"; } 2>/dev/null || :
}

stage_sha256() {
  if command -v sha256sum >/dev/null 2>&1; then
    stage_line=$(sha256sum <"$1")
  else
    stage_line=$(shasum -a 256 <"$1")
  fi || return 1
  printf '%s' "${stage_line%% *}"
}
