import * as z from 'zod';
import { sha256 } from '../../../domain/data/digest.ts';
import { UserError } from '../../../domain/errors.ts';
import type { ClusterData } from './cluster-data.ts';
import { changed, type FolderPack, readPack } from './pack-folder.ts';
import { PodAway, PodFault, textOf } from './pod-answer.ts';
import { Patience, TooLarge, type TransferSession } from './transfer-session.ts';
import { HEADER, type IntakeState, ROUTE } from './wire.ts';

const STATE_MAX = 4096;
const LEAST_CHUNK = 64 * 1024;
const TELL_MS = 10_000;

const stateSchema = z.object({ kind: z.enum(['partial', 'present']), offset: z.int().min(0) });

/** Sends what has not arrived yet, chunk by chunk, each with its digest. Returns when the folder is in its place. */
export async function sendPack(
  data: ClusterData,
  session: TransferSession,
  { pack, hex }: { readonly pack: FolderPack; readonly hex: string },
  signal: AbortSignal,
): Promise<void> {
  const patience = new Patience();
  const progress = new Progress(data, pack);
  let size = data.limits.chunk;
  let state: IntakeState | undefined;
  while (state?.kind !== 'present') {
    try {
      if (state === undefined) {
        state = await askState(session, hex, signal);
        continue;
      }
      const before = state.offset;
      state = await sendChunk(session, { pack, hex, offset: before, size }, signal);
      if (state.kind === 'present' || state.offset > before) patience.gotOn();
      else throw new PodAway('it does not take what is sent');
      progress.tell(state.offset);
    } catch (error) {
      // Nobody knows what arrived of it: the pod is asked.
      state = undefined;
      if (error instanceof TooLarge && size > LEAST_CHUNK) size /= 2;
      else await session.recover(judged(error, pack), patience, signal);
    }
  }
}

async function askState(session: TransferSession, hex: string, signal: AbortSignal): Promise<IntakeState> {
  const headers = { [HEADER.digest]: hex };
  return parseState((await session.ask({ method: 'GET', path: ROUTE.intake, headers }, signal)).body);
}

async function sendChunk(
  session: TransferSession,
  {
    pack,
    hex,
    offset,
    size,
  }: { readonly pack: FolderPack; readonly hex: string; readonly offset: number; readonly size: number },
  signal: AbortSignal,
): Promise<IntakeState> {
  const body = await readPack(pack, offset, size);
  const headers = {
    'content-type': 'application/octet-stream',
    [HEADER.digest]: hex,
    [HEADER.offset]: String(offset),
    [HEADER.sha256]: sha256(body),
  };
  return parseState((await session.ask({ method: 'POST', path: ROUTE.intake, headers, body }, signal)).body);
}

async function parseState(body: AsyncIterable<Uint8Array>): Promise<IntakeState> {
  const text = await textOf(body, STATE_MAX);
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new PodAway('its answer cannot be read', { cause: error });
  }
}

/** What the pod refuses, as what is to be done about it. */
function judged(error: unknown, { input, folder }: FolderPack): unknown {
  if (!(error instanceof PodFault)) return error;
  switch (error.code) {
    case 'wrong-offset':
    case 'damaged':
      return new PodAway(error.message, { cause: error });
    case 'wrong-data':
      return changed(input, folder, error);
    default:
      return workspaceFault(error, `${input} cannot be placed`);
  }
}

/** What is wrong with the workspace itself; `what` begins the sentence. */
export function workspaceFault(error: PodFault, what: string): UserError {
  switch (error.code) {
    case 'no-space':
      return new UserError('cannot-start', `${what}: the workspace claim is full`, {
        cause: error,
        hint: 'free some of it: `ilab-backend prune --older-than 30d`, or enlarge the claim',
      });
    case 'denied':
      return new UserError('cannot-start', `${what}: the workspace claim refuses: ${error.message}`, {
        cause: error,
        hint: 'give the pods a group that may write there: `pod: { fsGroup: 1000 }` in the project file',
      });
    case 'absent':
      return new UserError('not-found', `${what}: it is not in the workspace claim`, { cause: error });
    default:
      return new UserError('cannot-start', `${what}: ${error.code}: ${error.message}`, { cause: error });
  }
}

class Progress {
  readonly #data: ClusterData;
  readonly #pack: FolderPack;
  #told: number;

  constructor(data: ClusterData, pack: FolderPack) {
    this.#data = data;
    this.#pack = pack;
    this.#told = data.clock.now().getTime();
  }

  tell(offset: number): void {
    const now = this.#data.clock.now().getTime();
    if (now - this.#told < TELL_MS) return;
    this.#told = now;
    const { input, head } = this.#pack;
    this.#data.say(`${input}: ${Math.floor((100 * offset) / head.total)} % of ${mebibytes(head.total)} MiB sent`);
  }
}

/** Bytes for people. */
export function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0);
}
