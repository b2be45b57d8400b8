import { ObjectFault } from '../../domain/data/object-fault.ts';
import { UserError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Patience } from './patience.ts';
import { STORAGE_VARIABLES, storageFromEnvironment, storageOf } from './settings.ts';

/** What this machine offers beside the settings of a run. */
export interface StorageHere {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
  readonly clock: Clock;
  readonly say: (message: string) => void;
}

/** How long this program itself waits for a storage that is away. Seconds. */
const PATIENCE_S = 5 * 60;

/**
 * The storage that pod settings name, as it is reached from this machine: with the credentials they refer to when those
 * are of this machine, else with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: no Secret of a cluster is ever read. Throws
 * `bad-config`.
 */
export function storageHere(pod: JsonObject, here: StorageHere): ReturnType<typeof storageFromEnvironment> {
  const storage = storageOf(pod);
  if (storage === undefined)
    throw new UserError('bad-config', 'no object storage is configured', {
      hint: 'say how it is reached: `pod.storage` in the project file, see docs/storage.md',
    });
  const of = (name: string): string | undefined => (typeof storage[name] === 'string' ? storage[name] : undefined);
  const secret = (name: string, standard: string): string | undefined =>
    secretHere(storage[name], here) ?? (here.env[standard] || undefined);
  const accessKey = secret('accessKey', 'AWS_ACCESS_KEY_ID');
  const secretKey = secret('secretKey', 'AWS_SECRET_ACCESS_KEY');
  if (accessKey === undefined || secretKey === undefined)
    throw new UserError('bad-config', 'this machine has no credentials for the object storage', {
      hint: 'export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; an input needs none where its digest is named: s3://BUCKET/KEY@sha256:...',
    });
  const caFile = of('caFile') ?? here.env['SSL_CERT_FILE'];
  const variables: Record<string, string | undefined> = {
    [STORAGE_VARIABLES.url]: of('url'),
    [STORAGE_VARIABLES.endpoint]: of('endpoint'),
    [STORAGE_VARIABLES.region]: of('region'),
    [STORAGE_VARIABLES.pathStyle]: String(storage['pathStyle'] === true),
    [STORAGE_VARIABLES.caFile]: caFile,
    [STORAGE_VARIABLES.accessKey]: accessKey,
    [STORAGE_VARIABLES.secretKey]: secretKey,
    [STORAGE_VARIABLES.sessionToken]: secret('sessionToken', 'AWS_SESSION_TOKEN'),
  };
  return storageFromEnvironment({ ...here.env, ...variables }, here.readFile);
}

/** Waits for a storage that is away, and says so. */
export function patienceHere({ clock, say }: StorageHere, signal: AbortSignal): Patience {
  return {
    ...{ clock, signal, seconds: PATIENCE_S },
    onAway: (fault) => say(`${fault.message}; it is tried again`),
    onBack: () => say('the object storage answers again'),
  };
}

/** What the storage does not do, as a fault the person can mend. */
export async function toldHere<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ObjectFault)) throw error;
    const code = error.kind === 'away' ? 'unreachable' : error.kind === 'absent' ? 'not-found' : 'bad-config';
    throw new UserError(code, error.message, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

/** Undefined for a Secret of a cluster. */
function secretHere(reference: Json | undefined, { env, readFile }: StorageHere): string | undefined {
  if (!isJsonObject(reference)) return undefined;
  const { name, key } = reference;
  if (typeof key !== 'string') return undefined;
  if (name === 'env') return env[key] || undefined;
  if (name !== 'file') return undefined;
  try {
    return readFile(key).replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}
