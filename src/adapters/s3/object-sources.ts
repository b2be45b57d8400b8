import type { ObjectStore } from '../../ports/object-store.ts';
import type { ObjectSources } from '../sources/pin-source.ts';
import { findArtifact } from './fetch-artifact.ts';
import { fetchIntoWorkspace } from './fetch-into.ts';
import { createObjectStore } from './s3-object-store.ts';
import { patienceHere, type StorageHere, storageHere, toldHere } from './storage-here.ts';

/** Data in object storage, reached from this machine. */
export function createObjectSources(here: StorageHere): ObjectSources {
  const using = async <T>(
    { pod, bucket }: { readonly pod: Parameters<typeof storageHere>[0]; readonly bucket: string },
    work: (store: ObjectStore) => Promise<T>,
  ): Promise<T> => {
    const store = createObjectStore(storageHere(pod, here).settings, bucket);
    return toldHere(() => work(store)).finally(() => store.close());
  };
  return {
    digest: (uri, pod, signal) =>
      using({ pod, bucket: uri.bucket }, async (store) => {
        const { digest } = await findArtifact(store, uri, patienceHere(here, signal));
        return digest;
      }),
    fetch: async (uri, workspace, { pod, signal }) => {
      const bucket = /^s3:\/\/([^/]+)/.exec(uri)?.[1] ?? '';
      await using({ pod, bucket }, (store) => fetchIntoWorkspace(store, uri, workspace, patienceHere(here, signal)));
    },
  };
}
