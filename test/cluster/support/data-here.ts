import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { diskSourceFiles } from '../../../src/adapters/files/disk-source-files.ts';
import type { ByteStream, KubeApi, ProxyRequest } from '../../../src/adapters/kubernetes/api/kube-api.ts';
import { ClusterArtifactStore } from '../../../src/adapters/kubernetes/data/cluster-artifact-store.ts';
import { type ClusterData, DATA_LIMITS } from '../../../src/adapters/kubernetes/data/cluster-data.ts';
import { ClusterSourceStore } from '../../../src/adapters/kubernetes/data/cluster-source-store.ts';
import { workspaceObjects } from '../../../src/config/workspace-objects.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { PinnedSource, SourceRequest } from '../../../src/ports/source-store.ts';
import type { WorkspaceObjects } from '../../../src/ports/workspace-objects.ts';
import { PACKAGE_ROOT } from '../../config/harness.ts';
import { programImage } from './program-image.ts';

export type PinnedFolder = Extract<PinnedSource, { kind: 'folder' }>;

/** What happens to the answer of one request to the pod proxy. */
export type Fate = { readonly cutAfter: number } | 'lost' | undefined;

interface Surroundings {
  readonly pod: JsonObject;
  readonly image: string;
}

/** This machine as one that sends to and takes from the claim of a namespace. */
export class DataHere {
  readonly top = mkdtempSync(join(tmpdir(), 'ilab-data-'));
  readonly folder = join(this.top, 'taxonomy');
  readonly sources: ClusterSourceStore;
  readonly artifacts: ClusterArtifactStore;
  readonly said: string[] = [];
  /** Every object that was to be made, in order. */
  readonly created: JsonObject[] = [];
  readonly pod: JsonObject;
  /** Of the program: the transfer pods' own. */
  readonly image: string;
  /** Decides what happens to each request to the pod proxy. */
  fate: (request: ProxyRequest) => Fate = () => undefined;

  readonly #objects: WorkspaceObjects;

  constructor(api: KubeApi, data: Omit<ClusterData, 'api' | 'say' | 'image'>, { pod, image }: Surroundings) {
    this.pod = pod;
    this.image = image;
    this.#objects = data.objects;
    const cut: KubeApi = Object.create(api, {
      proxy: {
        value: async (name: string, request: ProxyRequest, signal: AbortSignal): Promise<ByteStream> => {
          const fate = this.fate(request);
          const answer = await api.proxy(name, request, signal);
          if (fate === undefined) return answer;
          return { ...answer, body: cutBody(answer.body, fate === 'lost' ? 0 : fate.cutAfter) };
        },
      },
      // Private fields belong to the real one.
      ...Object.fromEntries(
        ['get', 'list', 'replace', 'delete', 'watch', 'mayI'].map((name) => [
          name,
          { value: (api[name as keyof KubeApi] as (...args: unknown[]) => unknown).bind(api) },
        ]),
      ),
      create: {
        value: (...args: Parameters<KubeApi['create']>) => {
          this.created.push(args[1]);
          return api.create(...args);
        },
      },
      place: { value: api.place },
    }) as KubeApi;
    const whole: ClusterData = {
      ...data,
      image: async () => image,
      api: cut,
      say: (message) => this.said.push(message),
    };
    this.sources = new ClusterSourceStore(whole, {
      cwd: this.top,
      hub: () => Promise.reject(new Error('no hub here')),
      objects: () => Promise.reject(new Error('no object storage here')),
    });
    this.artifacts = new ClusterArtifactStore(whole, async () => pod);
  }

  static async open(api: KubeApi, pod: JsonObject = {}): Promise<DataHere> {
    const shared = await diskSourceFiles().readFolder(join(PACKAGE_ROOT, 'templates/_shared'), 'templates/_shared');
    const clock = {
      now: () => new Date(),
      sleep: (seconds: number, signal: AbortSignal) => delay(seconds * 1000, undefined, { signal }),
    };
    const image = await programImage();
    const objects = workspaceObjects(shared);
    return new DataHere(api, { clock, objects, limits: { ...DATA_LIMITS, start: 60 } }, { pod, image });
  }

  write(files: Readonly<Record<string, string | Uint8Array>>): this {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), content);
    }
    return this;
  }

  request(): SourceRequest {
    return { input: 'taxonomy', location: this.folder, builtin: [] };
  }

  async pin(): Promise<PinnedFolder> {
    return (await this.sources.pin(this.request(), AbortSignal.timeout(60_000))) as PinnedFolder;
  }

  place(source: PinnedFolder): Promise<void> {
    return this.sources.place(source, this.request(), { pod: this.pod, signal: AbortSignal.timeout(600_000) });
  }

  /** The Job as it is made to do this. */
  transferJob(mode: string): readonly JsonObject[] {
    const pieces = mode === 'unpack' ? [{ configMap: 'piece', path: '0000' }] : [];
    const values = {
      name: `look-${mode}`,
      mode,
      key: mode,
      image: 'x:1',
      args: [mode],
      deadline: 60,
      keep: 60,
      port: 8484,
    };
    const token = mode === 'serve' ? { tokenSha256: '0'.repeat(64) } : {};
    return this.#objects.transfer({ ...values, ...token, pieces }, this.pod);
  }

  remove(): void {
    rmSync(this.top, { recursive: true, force: true });
  }
}

async function* cutBody(body: AsyncIterable<Uint8Array>, after: number): AsyncIterable<Uint8Array> {
  let left = after;
  for await (const bytes of body) {
    yield bytes.subarray(0, left);
    left -= bytes.length;
    if (left < 0) throw new Error('the test cut the connection');
  }
}
