# The rule that chooses the Node of the program and of the npm scripts. Sourced with `root` set to the package's folder;
# sets `node`, or ends with one line and exit 2: the Node that came as a package of ours, else one >= 24 on the PATH.

node=''
for packaged in x64:/lib64/ld-linux-x86-64.so.2 arm64:/lib/ld-linux-aarch64.so.1; do
  # npm installs the one of this machine. No such loader: a Linux without glibc, where that Node cannot start.
  [ -e "${packaged#*:}" ] || continue
  folder=$root
  while :; do # our own node_modules, or that of a parent the installer put it in
    if [ -x "$folder/node_modules/node-linux-${packaged%%:*}/bin/node" ]; then
      node=$folder/node_modules/node-linux-${packaged%%:*}/bin/node
      break 2
    fi
    [ -n "$folder" ] || break
    folder=${folder%/*}
  done
done

node_on_path() ( # prints the first one that is new enough, else what was found and fails
  IFS=:
  set -f
  found=''
  for folder in $PATH; do
    candidate=${folder:-.}/node
    [ -f "$candidate" ] && [ -x "$candidate" ] || continue
    version=$("$candidate" --version 2>/dev/null </dev/null)
    major=${version#v}
    if [ "${major%%.*}" -ge 24 ] 2>/dev/null; then
      printf '%s\n' "$candidate"
      exit 0
    fi
    found="$found${found:+, }${version:-one that does not start} ($candidate)"
  done
  printf '%s\n' "${found:-none}"
  exit 1
)

if [ -z "$node" ] && ! node=$(node_on_path); then
  printf 'ilab-backend: needs Node >= 24; found on the PATH: %s; install Node 24, or type `npm install` in %s (brings one on Linux x64 and arm64)\n' \
    "$node" "$root" >&2
  exit 2
fi
