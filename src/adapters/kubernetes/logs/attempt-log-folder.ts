import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredLog } from '../../logs/read-stored-logs.ts';
import type { PodState } from './pod-state.ts';

/**
 * The stored logs of an attempt: `<pod uid>[.<label>]/<container>.<restart>.log`, with `.end` beside a log that is over and `complete` at the top
 * when all are.
 */
export class AttemptLogFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** There once every log of the attempt is on the disk as far as it can be had. */
  get complete(): string {
    return join(this.root, 'complete');
  }

  log(pod: Pick<PodState, 'uid' | 'label'>, container: string, restart: number): string {
    const folder = pod.label === undefined ? pod.uid : `${pod.uid}.${pod.label}`;
    return join(this.root, folder, `${container}.${restart}.log`);
  }

  isComplete(): boolean {
    return existsSync(this.complete);
  }

  /** The folders of pods that are there now. */
  pods(): readonly string[] {
    return entries(this.root).filter((name) => name !== 'locks' && name !== 'complete');
  }

  /** The logs that are there now; `container`: only those of containers called so, `label/name` of one pod's. */
  files(container?: string): readonly StoredLog[] {
    return this.pods().flatMap((pod) => {
      const label = /\.(.+)$/.exec(pod)?.[1];
      return entries(join(this.root, pod)).flatMap((file) => {
        const name = /^([^.]+)\.\d+\.log$/.exec(file)?.[1];
        if (name === undefined) return [];
        const shown = label === undefined ? name : `${label}/${name}`;
        if (container !== undefined && container !== name && container !== shown) return [];
        return [{ path: join(this.root, pod, file), container: shown }];
      });
    });
  }
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort(inOrder);
  } catch {
    return []; // nothing has begun
  }
}

const { compare: inOrder } = new Intl.Collator('en', { numeric: true });
