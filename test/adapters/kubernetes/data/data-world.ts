import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { diskSourceFiles } from '../../../../src/adapters/files/disk-source-files.ts';
import { ClusterArtifactStore } from '../../../../src/adapters/kubernetes/data/cluster-artifact-store.ts';
import {
  type ClusterData,
  DATA_LIMITS,
  type DataLimits,
} from '../../../../src/adapters/kubernetes/data/cluster-data.ts';
import { ClusterSourceStore } from '../../../../src/adapters/kubernetes/data/cluster-source-store.ts';
import { workspaceObjects } from '../../../../src/config/workspace-objects.ts';
import type { PinnedSource, SourceRequest } from '../../../../src/ports/source-store.ts';
import { PACKAGE_ROOT } from '../../../config/harness.ts';
import { MemoryCluster } from '../../../fakes/memory-cluster/memory-cluster.ts';
import { TransferKubelet } from './transfer-kubelet.ts';

const shared = await diskSourceFiles().readFolder(`${PACKAGE_ROOT}/templates/_shared`, 'templates/_shared');
const objects = workspaceObjects(shared);

export type PinnedFolder = Extract<PinnedSource, { kind: 'folder' }>;
export const never = new AbortController().signal;

/** A cluster in memory whose transfer pods are real processes, and a machine with folders to send. */
export class DataWorld {
  readonly top = mkdtempSync(join(tmpdir(), 'ilab-data-'));
  /** What plays the claim. */
  readonly root: string;
  readonly cluster = new MemoryCluster();
  readonly kubelet: TransferKubelet;
  readonly said: string[] = [];
  readonly folder = join(this.top, 'taxonomy');

  constructor(root?: string) {
    this.root = root ?? join(this.top, 'claim');
    mkdirSync(this.root, { recursive: true });
    this.kubelet = new TransferKubelet(this.cluster, { root: this.root, scratch: join(this.top, 'pieces') });
  }

  /** What one program works with. */
  data(limits: Partial<DataLimits> = {}): ClusterData {
    return {
      api: this.cluster.client(),
      clock: {
        now: () => new Date(),
        // Waiting for a pod that comes is not shortened; pauses are.
        sleep: (seconds, signal) =>
          new Promise((done, failed) => {
            const timer = setTimeout(done, seconds > 10 ? seconds * 1000 : 1);
            signal.addEventListener('abort', () => {
              clearTimeout(timer);
              failed(signal.reason as Error);
            });
          }),
      },
      objects,
      image: async () => 'ilab-backend/program:src-test',
      say: (message) => this.said.push(message),
      limits: { ...DATA_LIMITS, ...limits },
    };
  }

  sources(limits: Partial<DataLimits> = {}): ClusterSourceStore {
    return new ClusterSourceStore(this.data(limits), {
      cwd: this.top,
      hub: () => Promise.reject(new Error('no hub here')),
      objects: () => Promise.reject(new Error('no object storage here')),
    });
  }

  artifacts(limits: Partial<DataLimits> = {}): ClusterArtifactStore {
    return new ClusterArtifactStore(this.data(limits), async () => ({}));
  }

  write(files: Readonly<Record<string, string | Uint8Array>>, folder = this.folder): this {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    return this;
  }

  request(change: Partial<SourceRequest> = {}): SourceRequest {
    return { input: 'taxonomy', location: this.folder, builtin: [], ...change };
  }

  /** Every file of the claim's folder, by path. */
  placed(subPath: string): Readonly<Record<string, string>> {
    return treeOf(join(this.root, subPath));
  }

  async close(): Promise<void> {
    await this.kubelet.stop();
    rmSync(this.top, { recursive: true, force: true });
  }
}

/** Contents by path. */
export function treeOf(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}
