import { WHO } from '../../machine/process-identity.ts';

/*
 * The runtime of one container: a shell that outlives the supervisor. Its folder is its memory; the files below all begin
 * with `$1`, the instance:
 *
 *   .start        how to become the container's command; written before by the supervisor
 *   .claim        who runs it; linked into place, so that of several shims only one ever does
 *   .pid          two lines: the container's main process and the shell that waits for it
 *   .out .err     what it wrote; `cat` appends, and the container has ordinary pipes
 *   .gaps         a byte each time a `cat` died, of a full disk say, with bytes in its hands
 *   .exit         its exit code, 128 + N for signal N
 *
 * A shell says "Killed" and the like of what it waits for; the shells here say it to nobody, so the container's stderr is
 * opened where nothing of ours waits. Every write that the disk refuses is tried again. SIGTERM, SIGINT and SIGHUP go to
 * the container's main process, never to these shells, which have to see it end.
 */

/** Waits before a write is tried again; where the folder itself is gone, nobody is left to write for. */
const AGAIN = `again() {
  [ -d "\${1%/*}" ] || exit 1
  sleep 1
}`;

/** Becomes the container's main process. The last thing of ours that runs in it is `env`, so no variable of a shell stays. */
const BECOME = `${WHO}
${AGAIN}
umask 077
until { who $$ && who $PPID; } >"$1.pid.tmp" && mv -f "$1.pid.tmp" "$1.pid"; do again "$1"; done 2>/dev/null
umask 022
. "$1.start"
`;

/** The files of the shim, below the runtime folder: \`sh shim.sh <instance>\` runs a container. */
export const SHIM_FILES: Readonly<Record<string, string>> = {
  'become.sh': BECOME,
  'shim.sh': `${WHO}
${AGAIN}
i=$1
umask 077
trap : TERM INT HUP
if who $$ >"$i.claim.$$" && ln "$i.claim.$$" "$i.claim"; then
  rm -f "$i.claim.$$"
else
  rm -f "$i.claim.$$"
  exit 0
fi
run() {
  trap : TERM INT HUP
  (exec 2>&5 5>&-; exec /bin/sh "\${0%/*}/become.sh" "$i")
  code=$?
  until printf '%s\n' "$code" >"$i.exit.tmp" && mv -f "$i.exit.tmp" "$i.exit"; do again "$i"; done
}
collect() {
  trap : TERM INT HUP
  until cat >>"$1"; do
    until printf . >>"$i.gaps"; do again "$i"; done
  done
}
{
  run 5>&1 1>&3 3>&- | collect "$i.err" 3>&- >/dev/null
} 3>&1 | collect "$i.out" >/dev/null
exit 0
`,
};

export interface StartOptions {
  readonly argv: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  /** Variables whose values are found in other variables of the shim's environment. */
  readonly secrets: readonly { readonly name: string; readonly from: string }[];
}

/** The text of `.start`: `exec`s the command with exactly this environment. No secret value is in it. */
export function startScript({ argv, env, secrets }: StartOptions): string {
  const lines = secrets.map(({ name, from }) => `${name}=$${from}\nexport ${name}\n`);
  // Without secrets the environment is made from nothing; with them, what the shells and the shim brought is taken out.
  const remove = [...SHELL_VARIABLES, ...new Set(secrets.map(({ from }) => from))];
  const clean = secrets.length === 0 ? ['-i'] : remove.flatMap((name) => ['-u', name]);
  const words = [
    'exec',
    'env',
    ...clean,
    '--',
    ...env.map(({ name, value }) => quote(`${name}=${value}`)),
    ...argv.map(quote),
  ];
  return `${lines.join('')}${words.join(' ')}\n`;
}

/** What shells put into the environment by themselves. */
const SHELL_VARIABLES = ['PWD', 'OLDPWD', 'SHLVL', '_'];

/** Names that shells give a meaning of their own, or cannot hold: no secret can travel in one. */
export function canCarrySecret(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !SPECIAL.test(name);
}

const SPECIAL =
  /^(_|BASH.*|CDPATH|COLUMNS|DIRSTACK|ENV|E?UID|FUNCNAME|GROUPS|HIST.*|HOME|HOST(NAME|TYPE)|IFS|ILAB_.*|LANG|LC_.*|LD_.*|DYLD_.*|LINENO|LINES|MACHTYPE|MAIL.*|OLDPWD|OPT(ARG|ERR|IND)|OSTYPE|PATH|PIPESTATUS|POSIXLY_CORRECT|PPID|PS[0-9]|PWD|RANDOM|SECONDS|SHELLOPTS|SHLVL|TERM|TMPDIR)$/;

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
