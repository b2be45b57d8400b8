import { readFileSync } from 'node:fs';
import { ObjectFault } from '../../../domain/data/object-fault.ts';
import { parseObjectUri } from '../../../domain/data/object-uri.ts';
import { UserError } from '../../../domain/errors.ts';
import { systemClock } from '../../clock/system-clock.ts';
import { fetchIntoWorkspace } from '../../s3/fetch-into.ts';
import { createObjectStore } from '../../s3/s3-object-store.ts';
import { storageFromEnvironment } from '../../s3/settings.ts';
import { TransferFault } from './fault.ts';

/** How long a storage may be away. Seconds. */
const PATIENCE_S = 30 * 60;

/** Fetches an artifact into the workspace; returns its size in bytes. Throws `TransferFault` for what no repetition mends. */
export async function fetchInPod(
  root: string,
  uri: string,
  { env, say }: { readonly env: Readonly<Record<string, string | undefined>>; readonly say: (line: string) => void },
): Promise<number> {
  try {
    const { settings } = storageFromEnvironment(env, (path) => readFileSync(path, 'utf8'));
    const store = createObjectStore(settings, parseObjectUri(uri)?.bucket ?? '');
    return await fetchIntoWorkspace(store, uri, root, {
      clock: systemClock,
      signal: new AbortController().signal,
      seconds: PATIENCE_S,
      onAway: (fault) => say(`${fault.message}; it is tried again`),
      onBack: () => say('the object storage answers again'),
    }).finally(() => store.close());
  } catch (error) {
    if (error instanceof UserError || error instanceof ObjectFault)
      throw new TransferFault('bad-request', error.message);
    throw error;
  }
}
