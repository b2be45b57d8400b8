import { execa } from 'execa';
import { UserError } from '../../domain/errors.ts';
import type { Say } from '../../ports/image-builder.ts';

/** Enough to see what failed, few enough to read. */
const SHOWN_LINES = 15;
const MAX_LINE = 2000;

/** How an engine is called: the caller's environment, which is where such tools are configured. */
export interface EngineHost {
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface EngineCall {
  /** What is done, for the message: `ilab-backend/train-mlx:src-... cannot be built`. */
  readonly failure: string;
  readonly say: Say;
  readonly signal: AbortSignal;
}

/** Runs the engine, telling each line as it comes. Throws `cannot-start` with the last ones when it fails. */
export async function runEngine(host: EngineHost, args: readonly string[], call: EngineCall): Promise<string> {
  const lines: string[] = [];
  const child = execa(host.program, args, {
    all: true,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: host.env,
    cancelSignal: call.signal,
  });
  for await (const line of child.iterable({ from: 'all' })) {
    const text = line.slice(0, MAX_LINE).trimEnd();
    if (text === '') continue;
    lines.push(text);
    if (lines.length > SHOWN_LINES) lines.shift();
    call.say(text);
  }
  const result = await child;
  call.signal.throwIfAborted();
  if (!result.failed) return lines.join('\n');
  if (lines.length === 0) lines.push(result.shortMessage ?? 'it said nothing');
  const said = lines.map((line) => `  | ${line}`).join('\n');
  throw new UserError('cannot-start', `${call.failure}:\n${said}`, { hint: hintFor(host.program, lines.join('\n')) });
}

/** What the engine prints on stdout; undefined when it ends with a fault. */
export async function askEngine(
  host: EngineHost,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const result = await execa(host.program, args, {
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: host.env,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  return result.failed ? undefined : result.stdout;
}

const CAUSES: readonly (readonly [RegExp, string])[] = [
  [
    /Could not find a version|CERTIFICATE_VERIFY_FAILED|SSLError|Connection.*(refused|timed out)/i,
    'the packages could not be fetched: pip takes the index, the proxy and the CA of PIP_INDEX_URL, HTTPS_PROXY and PIP_CERT, or of pip.conf',
  ],
  [
    /pinging container registry|short-name|pull access|manifest unknown|dial tcp|no such host|server misbehaving/i,
    'the base image could not be had: name one that is within reach with `--base IMAGE`',
  ],
  [
    /unshare|clone.*operation not permitted|PID from pipe|creating new .*namespace|crun|runc/i,
    'the engine cannot start containers here; with buildah as root: set BUILDAH_ISOLATION=chroot (and STORAGE_DRIVER=vfs where overlay is not to be had)',
  ],
  [/Cannot connect to the Docker daemon/i, 'start the docker daemon, or choose another engine with `--engine`'],
  [/unauthorized|authentication required|denied/i, 'log in first: `buildah login`, `podman login` or `docker login`'],
  [/no space left/i, 'free space: an image of a stage takes up to 1 GB while it is built'],
];

function hintFor(program: string, said: string): string {
  const known = CAUSES.find(([pattern]) => pattern.test(said));
  return known?.[1] ?? `mend what ${program} names, then try again; what was built before is kept`;
}
