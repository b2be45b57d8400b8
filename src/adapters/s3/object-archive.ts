import { UserError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ArtifactArchive } from '../../ports/artifact-archive.ts';
import { createObjectStore } from './s3-object-store.ts';
import { patienceHere, type StorageHere, storageHere, toldHere } from './storage-here.ts';
import { ChangedFile, storeAttempt } from './store-attempt.ts';

/** The object storage that pod settings name, reached from this machine. Throws `bad-config`. */
export function openObjectArchive(pod: JsonObject, here: StorageHere): ArtifactArchive {
  const { place, settings } = storageHere(pod, here);
  const store = createObjectStore(settings, place.bucket);
  return {
    store: (attempt, reader, signal) =>
      toldHere(() => storeAttempt({ store, place, patience: patienceHere(here, signal) }, attempt, reader)).catch(
        (error: unknown) => {
          if (!(error instanceof ChangedFile)) throw error;
          const hint = `see what else differs: \`ilab-backend artifacts ${attempt.run} --verify\``;
          throw new UserError('storage-failed', `${attempt.stage} of ${attempt.run}: ${error.message}`, {
            cause: error,
            hint,
          });
        },
      ),
    close: () => store.close(),
  };
}
