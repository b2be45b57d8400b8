#!/bin/sh
':' /*
# One file in two languages. sh runs the lines down to "exec", which replaces the shell by a Node that is new enough:
# the process id stays, so whoever ends the launcher ends the program. To Node those lines are a comment, which is why
# none of them may hold a star followed by a slash. To sh the rest is a here-document, so `sh -n` accepts the file.

self=$0
[ "${self%/*}" != "$self" ] || self=./$self
while [ -h "$self" ]; do # npm and people start the program through links
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=${self%/*}/$link ;;
  esac
done
root=$(CDPATH='' cd -P -- "${self%/*}/.." && pwd -P) || exit 2
. "$root/bin/find-node.sh"
start=$root/dist/main.js
[ -f "$start" ] || start=$root/bin/ilab-backend.js # which says what is missing
# A driver waits most of its life, and what it does not need would wait with it: 20 MiB of uncollected garbage, so the young
# generation is small; 5 MiB that glibc keeps apart for each thread that ever asked it for memory.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}"
exec "$node" --max-semi-space-size=2 "$start" "$@"
: <<'// end'
*/;

import { existsSync } from 'fs';
import { dirname } from 'path';
import { fileURLToPath } from 'url';

const self = fileURLToPath(import.meta.url);
const main = new URL('../dist/main.js', import.meta.url);

function refuse(message) {
  process.stderr.write(`ilab-backend: ${message}\n`);
  process.exitCode = 2;
}

if (Number.parseInt(process.versions.node, 10) < 24) {
  refuse(`needs Node >= 24, this is ${process.version} (${process.execPath}); start ${self} itself, it looks for a Node`);
} else if (!existsSync(main)) {
  refuse(`not built yet: type \`npm run build\` in ${dirname(dirname(self))}`);
} else {
  await import(main.href);
}
// end
