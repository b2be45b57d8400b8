import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { PIECES_MOUNT, TRANSFER_PORT, WORKSPACE_MOUNT } from '../data/wire.ts';
import { asFault, TransferFault } from './fault.ts';
import { removePaths } from './remove.ts';
import { TransferServer } from './server.ts';
import { unpackPieces } from './unpack.ts';

/*
 * The program of the transfer pod (templates/_shared/transfer.yaml): `serve`, `unpack DIGEST`, `fetch URI`, `remove PATH...`.
 * It reaches the workspace, and with `fetch` the object storage, and nothing else. What went wrong is its last line on stderr, which the cluster keeps as the pod's message.
 */

const options = {
  root: { type: 'string', default: WORKSPACE_MOUNT },
  pieces: { type: 'string', default: PIECES_MOUNT },
  host: { type: 'string', default: '' },
  port: { type: 'string', default: String(TRANSFER_PORT) },
  idle: { type: 'string', default: '60' },
  'older-than': { type: 'string', default: '0' },
} as const;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [mode, ...rest] = positionals;
  switch (mode) {
    case 'serve':
      return serve(values);
    case 'unpack':
      return unpackPieces(values.root, rest[0] ?? '', values.pieces);
    case 'fetch':
      return fetchObject(values.root, rest[0] ?? '');
    case 'remove':
      return removePaths(rest, { root: values.root, olderThan: Number(values['older-than']), now: new Date() });
    default:
      throw new TransferFault('bad-request', 'say serve, unpack, fetch or remove');
  }
}

interface ServeValues {
  readonly root: string;
  /** Empty = every address, of whichever family the pod has. */
  readonly host: string;
  readonly port: string;
  readonly idle: string;
}

async function serve({ root, host, port, idle }: ServeValues): Promise<void> {
  const tokenSha256 = process.env['ILAB_TRANSFER_TOKEN_SHA256'] ?? '';
  const server = new TransferServer({ root, host, port: Number(port), tokenSha256, idle: Number(idle) });
  process.on('SIGTERM', () => server.stop());
  console.log(`listening on port ${await server.listen()}`);
  await server.ended();
}

/** Of an artifact; the client of the storage is loaded here only. */
async function fetchObject(root: string, uri: string): Promise<void> {
  const { fetchInPod } = await import('./fetch.ts');
  const size = await fetchInPod(root, uri, { env: process.env, say: (line) => console.log(line) });
  // Best effort: outside a pod there is no such file.
  await writeFile('/dev/termination-log', String(size)).catch(() => undefined);
}

main().catch((error: unknown) => {
  const { code, message } = asFault(error);
  console.error(`${code}: ${message}`);
  process.exitCode = 1;
});
