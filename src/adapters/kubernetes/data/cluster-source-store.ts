import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { formatListing } from '../../../domain/data/digest.ts';
import { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type {
  PinnedSource,
  PlaceContext,
  PlacedFolder,
  SourceRequest,
  SourceStore,
} from '../../../ports/source-store.ts';
import { type PinOptions, pinSource } from '../../sources/pin-source.ts';
import type { FolderContents } from '../../sources/read-folder.ts';
import { withPinned } from '../../sources/with-folder.ts';
import { RESOURCES } from '../api/kube-api.ts';
import { translated } from '../api/user-error.ts';
import type { ClusterData } from './cluster-data.ts';
import { fetchObject } from './fetch-job.ts';
import { type InputMarker, inputName, isMarked, listMarkers, writeMarker } from './input-marker.ts';
import { packHead } from './pack.ts';
import { type FolderPack, readPack } from './pack-folder.ts';
import { removeFromClaim } from './remove-job.ts';
import { mebibytes, sendPack } from './send-pack.ts';
import { TransferSession } from './transfer-session.ts';
import { unpackFolder } from './unpack-job.ts';
import { ensureWorkspaceClaim, type WorkspaceClaim } from './workspace-claim.ts';

const compress = promisify(gzip);
/** What is larger than so many times the limit is not even tried to be made smaller. */
const BEST_RATIO = 8;
const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** A folder on its way to a claim. */
interface Sending {
  readonly input: string;
  /** Of its digest. */
  readonly hex: string;
  readonly claim: WorkspaceClaim;
  readonly context: PlaceContext;
}

/** Data from outside on a cluster: folders of this machine are sent into the workspace claim, each once. */
export class ClusterSourceStore implements SourceStore {
  readonly #data: ClusterData;
  readonly #pins: PinOptions;
  readonly #claims = new Map<string, Promise<WorkspaceClaim>>();
  /** Markers that were seen: a run asks for each of its inputs again and again. */
  readonly #seen = new Set<string>();

  constructor(data: ClusterData, pins: PinOptions) {
    this.#data = data;
    this.#pins = pins;
  }

  pin(request: SourceRequest, signal: AbortSignal, pod: JsonObject = {}): Promise<PinnedSource> {
    return pinSource(this.#pins, request, signal, pod);
  }

  async place(source: PinnedSource, request: SourceRequest, context: PlaceContext): Promise<void> {
    const { api } = this.#data;
    await translated(
      api.place,
      async () => {
        // Stages mount the claim whether anything was sent or not.
        const claim = await this.#claim(context);
        if (source.kind !== 'folder' && source.kind !== 'object') return;
        const marker = inputName('input', claim, source.digest);
        if (this.#seen.has(marker)) return;
        if (!(await isMarked(api, claim, source.digest, context.signal))) {
          const reading = { cwd: this.#pins.cwd, signal: context.signal };
          const size =
            source.kind === 'object'
              ? await fetchObject(this.#data, { input: request.input, source, pod: context.pod, claim }, context.signal)
              : await withPinned(source, request, reading, (contents) =>
                  this.#send(contents, { hex: hexOf(source.digest), input: request.input, claim, context }),
                );
          await writeMarker(api, claim, { digest: source.digest, size, pod: context.pod }, context.signal);
        }
        this.#seen.add(marker);
      },
      `${request.input} cannot be placed`,
    );
  }

  async placed(): Promise<readonly PlacedFolder[]> {
    const { api } = this.#data;
    const markers = await translated(api.place, () => listMarkers(api), 'what was placed cannot be listed');
    return markers.map(({ digest, size, placedAt, claim }) => ({ digest, size, placedAt, claim }));
  }

  async free(
    folders: readonly PlacedFolder[],
    isNamed: (digests: readonly string[]) => Promise<ReadonlySet<string>>,
    context: PlaceContext,
  ): Promise<readonly PlacedFolder[]> {
    const { api } = this.#data;
    return translated(
      api.place,
      async () => {
        const wanted = new Set(folders.map((folder) => `${folder.claim} ${folder.digest}`));
        const markers = (await listMarkers(api)).filter(({ claim, digest }) => wanted.has(`${claim} ${digest}`));
        // The marker first: a run that begins now looks into the claim, and what it finds there is young by that.
        for (const { name, uid } of markers) await api.delete(RESOURCES.configMaps, name, { uid }, context.signal);
        this.#seen.clear();
        const named = await isNamed(markers.map((marker) => marker.digest));
        const free = markers.filter((marker) => !named.has(marker.digest));
        for (const [claim, inside] of Map.groupBy(free, (marker) => marker.claim)) {
          await this.#freeIn(claim, inside, context);
        }
        const freed = new Set(free.map((marker) => `${marker.claim} ${marker.digest}`));
        return folders.filter((folder) => freed.has(`${folder.claim} ${folder.digest}`));
      },
      'inputs cannot be freed',
    );
  }

  async #freeIn(name: string, markers: readonly InputMarker[], context: PlaceContext): Promise<void> {
    const found = await this.#data.api.get(RESOURCES.claims, name, context.signal);
    // What a claim held went with it.
    const inside = markers.filter((marker) => marker.claimUid === found?.metadata.uid);
    if (inside.length === 0) return;
    const pod = { ...context.pod, workspaceClaim: name };
    const claim = await this.#claim({ ...context, pod });
    const paths = inside.map(({ digest }) => `inputs/${hexOf(digest)}`);
    await removeFromClaim(this.#data, { paths, olderThan: RECENT, pod, claim }, context.signal);
  }

  #claim({ pod, signal }: PlaceContext): Promise<WorkspaceClaim> {
    const wanted = this.#data.objects.claim(pod);
    const name = JSON.stringify(wanted);
    const known = this.#claims.get(name);
    if (known !== undefined) return known;
    const claim = ensureWorkspaceClaim(this.#data.api, wanted, signal);
    this.#claims.set(name, claim);
    // A fault is not remembered.
    claim.catch(() => this.#claims.delete(name));
    return claim;
  }

  /** The bytes of the folder's pack. */
  async #send(contents: FolderContents, { hex, input, claim, context }: Sending): Promise<number> {
    const { signal, pod } = context;
    const { head, bytes } = packHead(formatListing(contents.files), contents.facts);
    const pack: FolderPack = { input, folder: contents.root, head, headBytes: bytes };
    const packed = await this.#packed(pack);
    if (packed !== undefined) {
      this.#data.say(`sending ${input} (${mebibytes(head.total)} MiB)`);
      const name = inputName('send', claim, `sha256:${hex}`);
      await unpackFolder(this.#data, { input, name, hex, packed, pod, claim }, signal);
    } else {
      await this.#serve(pack, { hex, claim, context });
    }
    return head.total;
  }

  /** Undefined when it is too large to travel in ConfigMaps. */
  async #packed(pack: FolderPack): Promise<Uint8Array | undefined> {
    const { inline } = this.#data.limits;
    if (pack.head.total > inline * BEST_RATIO) return undefined;
    const packed = await compress(await readPack(pack, 0, pack.head.total));
    return packed.length > inline ? undefined : packed;
  }

  async #serve(
    pack: FolderPack,
    { hex, claim, context }: { readonly hex: string; readonly claim: WorkspaceClaim; readonly context: PlaceContext },
  ): Promise<void> {
    const { signal, pod } = context;
    await this.#checkRights(pack, signal);
    this.#data.say(`sending ${pack.input} (${mebibytes(pack.head.total)} MiB) to claim ${claim.name}`);
    const name = inputName('send', claim, `sha256:${hex}`);
    const session = new TransferSession(this.#data, { name, purpose: `send/${hex}`, pod, claim });
    try {
      await sendPack(this.#data, session, { pack, hex }, signal);
    } finally {
      await session.close();
    }
  }

  async #checkRights({ input, head }: FolderPack, signal: AbortSignal): Promise<void> {
    const { api, limits } = this.#data;
    const missing: string[] = [];
    for (const verb of ['get', 'create']) {
      if (!(await api.mayI(verb, RESOURCES.pods, 'proxy', signal))) missing.push(verb);
    }
    if (missing.length === 0) return;
    const { namespace, context } = api.place;
    const size = `${mebibytes(head.total)} MiB, more than the ${mebibytes(limits.inline)} MiB that fit into a ConfigMap`;
    throw new UserError(
      'cannot-start',
      `${input} has ${size}, and ${missing.join(' and ')} pods/proxy is forbidden in namespace ${namespace} of ${context}`,
      {
        hint: 'ask for the rights that `ilab-backend rbac` prints, or put the data where a stage fetches it: a git URL, hf:org/name, object storage',
      },
    );
  }
}

/** Seconds in which a folder that somebody asked for again is not freed. */
const RECENT = 600;

function hexOf(digest: string): string {
  const [, hex] = DIGEST.exec(digest) ?? [];
  if (hex === undefined) throw new Error(`${digest} is no digest of a folder`);
  return hex;
}
