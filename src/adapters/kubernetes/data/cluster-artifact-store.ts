import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { compareToListing, digestOfListing, LISTING_SUFFIX, parseListing } from '../../../domain/data/digest.ts';
import { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { outputsFolder } from '../../../domain/pipeline/bindings.ts';
import type { ArtifactStore } from '../../../ports/artifact-store.ts';
import type { AttemptRef } from '../../../ports/target.ts';
import { RESOURCES, textAt } from '../api/kube-api.ts';
import { translated } from '../api/user-error.ts';
import type { ClusterData } from './cluster-data.ts';
import { linesOf, PodAway, PodFault } from './pod-answer.ts';
import { removeFromClaim } from './remove-job.ts';
import { workspaceFault } from './send-pack.ts';
import { Patience, TransferSession } from './transfer-session.ts';
import { encodePath, HEADER, ROUTE } from './wire.ts';
import { ensureWorkspaceClaim, type WorkspaceClaim } from './workspace-claim.ts';

const RANDOM_BYTES = 8;
const RANGE = /^bytes (\d+)-\d+\/(\d+)$/;

type Artifact = Parameters<ArtifactStore['verify']>[1];

/** The pod settings that a run was stored with: which claim it used, and what a pod needs to reach it. */
export type PodSettingsOf = (run: string) => Promise<JsonObject>;

/** What attempts left in the workspace claim: looked at through a pod, and only when somebody asks for contents. */
export class ClusterArtifactStore implements ArtifactStore {
  readonly #data: ClusterData;
  readonly #settingsOf: PodSettingsOf;
  readonly #settings = new Map<string, Promise<JsonObject>>();
  /** By claim. */
  readonly #sessions = new Map<string, TransferSession>();

  constructor(data: ClusterData, settingsOf: PodSettingsOf) {
    this.#data = data;
    this.#settingsOf = settingsOf;
  }

  folder(): undefined {
    return undefined;
  }

  async files(): Promise<readonly string[]> {
    return [];
  }

  async verify(
    ref: AttemptRef,
    artifact: Artifact,
    { contents }: { readonly contents: boolean },
  ): Promise<readonly string[]> {
    if (!contents) return [];
    const never = new AbortController().signal;
    try {
      const listing = await this.#lines(ref, artifact.path, ROUTE.listing, never);
      const found = parseListing(await this.#lines(ref, artifact.path, ROUTE.contents, never)) ?? [];
      const entries = parseListing(listing);
      const isFolder = digestOfListing(listing) === artifact.digest;
      const isFile = entries?.length === 1 && `sha256:${entries[0]?.sha256}` === artifact.digest;
      if (entries === undefined || !(isFolder || isFile)) return [`${artifact.path}${LISTING_SUFFIX} changed`];
      return compareToListing(entries, found);
    } catch (error) {
      if (!(error instanceof PodFault)) throw error;
      if (error.code === 'absent') return [`${artifact.path} is missing`];
      if (error.code === 'no-file') return [error.message];
      throw workspaceFault(error, `${artifact.path} cannot be read`);
    }
  }

  async listing(ref: AttemptRef, path: string, signal: AbortSignal): Promise<string> {
    try {
      return await this.#lines(ref, path, ROUTE.listing, signal);
    } catch (error) {
      throw error instanceof PodFault ? workspaceFault(error, `${path} of ${ref.stage} cannot be read`) : error;
    }
  }

  async *read(ref: AttemptRef, path: string, from: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const session = await this.#session(ref.run, signal);
    const patience = new Patience();
    const headers = { [HEADER.path]: encodePath(placeOf(ref, path)) };
    let offset = from;
    for (;;) {
      try {
        const range = { ...headers, range: `bytes=${offset}-` };
        const { headers: told, body } = await session.ask({ method: 'GET', path: ROUTE.file, headers: range }, signal);
        const [, begin, total] = RANGE.exec(told['content-range'] ?? '') ?? [];
        if (Number(begin) !== offset) throw new PodAway('it sends another part than was asked for');
        for await (const bytes of body) {
          offset += bytes.length;
          patience.gotOn();
          yield bytes;
        }
        if (offset >= Number(total)) return;
        throw new PodAway('the answer was cut');
      } catch (error) {
        if (error instanceof PodFault) throw workspaceFault(error, `${path} of ${ref.stage} cannot be read`);
        await session.recover(error, patience, signal);
      }
    }
  }

  async discard(refs: readonly AttemptRef[], signal: AbortSignal): Promise<void> {
    const [first] = refs;
    if (first === undefined) return;
    const { api } = this.#data;
    await translated(
      api.place,
      async () => {
        const pod = await this.#podOf(first.run);
        const wanted = this.#data.objects.claim(pod);
        // A claim is not made for what was in it.
        if ((await api.get(RESOURCES.claims, textAt(wanted, 'metadata', 'name') ?? '', signal)) === undefined) return;
        const claim = await ensureWorkspaceClaim(api, wanted, signal);
        const outputs = refs.map(({ run, stage, attempt }) => outputsFolder(run, stage, attempt));
        const listings = outputs.map((path) => path + LISTING_SUFFIX);
        const kept = new Set(refs.map(({ run, stage }) => `work/${run}/${stage}`));
        await removeFromClaim(
          this.#data,
          { paths: [...outputs, ...listings, ...kept], olderThan: 0, pod, claim },
          signal,
        );
      },
      `outputs of ${first.run} cannot be deleted`,
    );
  }

  async release(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await session.close();
  }

  /** A whole listing, asked for again when it is cut. */
  async #lines(ref: AttemptRef, path: string, route: string, signal: AbortSignal): Promise<string> {
    const session = await this.#session(ref.run, signal);
    const patience = new Patience();
    const headers = { [HEADER.path]: encodePath(placeOf(ref, path)) };
    for (;;) {
      try {
        const { body } = await session.ask({ method: 'GET', path: route, headers }, signal);
        const lines: string[] = [];
        for await (const line of linesOf(body)) lines.push(`${line}\n`);
        return lines.join('');
      } catch (error) {
        if (error instanceof PodFault) throw error;
        await session.recover(error, patience, signal);
      }
    }
  }

  async #session(run: string, signal: AbortSignal): Promise<TransferSession> {
    const pod = await this.#podOf(run);
    const wanted = this.#data.objects.claim(pod);
    const name = textAt(wanted, 'metadata', 'name') ?? '';
    const known = this.#sessions.get(name);
    if (known !== undefined) return known;
    const claim = await this.#claimThatIs(name, wanted, signal);
    const own = randomBytes(RANDOM_BYTES).toString('hex');
    const session = new TransferSession(this.#data, { name: `ilab-read-${own}`, purpose: `read/${own}`, pod, claim });
    this.#sessions.set(name, session);
    return session;
  }

  /** A run's settings never change, and reading them is several requests. */
  #podOf(run: string): Promise<JsonObject> {
    const known = this.#settings.get(run) ?? this.#settingsOf(run);
    this.#settings.set(run, known);
    known.catch(() => this.#settings.delete(run));
    return known;
  }

  /** Reading makes no claim, and needs one right less. */
  async #claimThatIs(name: string, wanted: JsonObject, signal: AbortSignal): Promise<WorkspaceClaim> {
    const { api } = this.#data;
    return translated(
      api.place,
      async () => {
        const found = await api.get(RESOURCES.claims, name, signal);
        if (found === undefined) {
          const { namespace, context } = api.place;
          throw new UserError(
            'not-found',
            `there is no workspace claim ${name} in namespace ${namespace} of ${context}`,
            {
              hint: 'what it held went with it; name another with `pod: { workspaceClaim: NAME }`',
            },
          );
        }
        if (!(await api.mayI('get', RESOURCES.pods, 'proxy', signal))) {
          const { namespace, context } = api.place;
          throw new UserError('cannot-start', `get pods/proxy is forbidden in namespace ${namespace} of ${context}`, {
            hint: 'ask for the rights that `ilab-backend rbac` prints, or let a stage publish to object storage',
          });
        }
        return ensureWorkspaceClaim(api, wanted, signal);
      },
      'outputs cannot be read',
    );
  }
}

function placeOf({ run, stage, attempt }: AttemptRef, path: string): string {
  return posix.join(outputsFolder(run, stage, attempt), path).replace(/\/$/, '');
}
