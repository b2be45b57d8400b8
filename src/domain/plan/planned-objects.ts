import { isJsonObject, type JsonObject } from '../json.ts';
import { PREVIEW_RUN } from '../pipeline/bindings.ts';

/** Something that a run would create. */
export interface PlannedObject {
  /** As Kubernetes has it; on this machine `Environment`, `Process` and `Folder`. */
  readonly kind: string;
  /** With `RUN` where the name of the run comes, and `N` where there may be several. */
  readonly name: string;
  /** It is made only where it is not there. */
  readonly ifAbsent?: true;
  /** How many packages are installed into it, of an environment. */
  readonly packages?: number;
  /** What is written into it, of a folder. */
  readonly holds?: 'outputs' | 'logs';
}

/** What stands for the name of a run that has none yet. */
export const RUN = 'RUN';

/** What the first attempt of a stage would create. `objects`: rendered with placeholders. */
export function objectsOfStage(
  target: 'local' | 'kubernetes',
  stage: string,
  objects: readonly JsonObject[],
): readonly PlannedObject[] {
  if (target === 'local') return [{ kind: 'Process', name: `${RUN}-${stage}-1` }];
  return objects.map((object) => {
    const metadata = object['metadata'];
    const name = isJsonObject(metadata) ? String(metadata['name'] ?? '') : '';
    const named = name.startsWith(`${PREVIEW_RUN}-`) ? `${RUN}${name.slice(PREVIEW_RUN.length)}` : name;
    return { kind: String(object['kind'] ?? 'object'), name: named };
  });
}

/** What every run of a cluster has beside its stages: its record, and the claim of all runs (docs/cluster.md). */
export function objectsOfRun(target: 'local' | 'kubernetes', pod: JsonObject): readonly PlannedObject[] {
  if (target === 'local') return [];
  return [
    { kind: 'ConfigMap', name: `${RUN}-run` },
    { kind: 'ConfigMap', name: `${RUN}-sources-N` },
    { kind: 'Lease', name: `${RUN}-run` },
    { kind: 'PersistentVolumeClaim', name: String(pod['workspaceClaim'] ?? ''), ifAbsent: true },
  ];
}
