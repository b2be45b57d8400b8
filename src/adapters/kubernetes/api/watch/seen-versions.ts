import type { KubeObject } from '../kube-api.ts';

interface Seen {
  readonly version: string;
  readonly gone: boolean;
}

/** Which version of each object was told last, so that what comes twice or late is told once. */
export class SeenVersions {
  readonly #seen = new Map<string, Seen>();

  /** After a list: it is the whole truth of its moment. */
  reset(items: readonly KubeObject[]): void {
    this.#seen.clear();
    for (const item of items) this.isNews(item, false);
  }

  isNews({ metadata }: KubeObject, gone: boolean): boolean {
    const known = this.#seen.get(metadata.uid);
    const version = metadata.resourceVersion;
    const isEnd = gone && known?.gone === false; // an end counts whatever its version
    if (known !== undefined && !isEnd && !isNewer(version, known.version)) return false;
    this.#seen.set(metadata.uid, { version, gone });
    return true;
  }
}

/** Versions of one server are numbers that grow; of those that are none only equality is known. */
function isNewer(version: string, known: string): boolean {
  if (!/^[1-9]\d*$/.test(version) || !/^[1-9]\d*$/.test(known)) return version !== known;
  return version.length === known.length ? version > known : version.length > known.length;
}
