import type { JsonObject } from '../../../src/domain/json.ts';

/** Static busybox, on every node of the rig. */
export const BUSYBOX = 'rig.local/busybox:1';

/** A pod specification of one container `main` that runs a shell script; `container` and `spec` are merged over it. */
export function scriptPod(
  script: string,
  { container = {}, spec = {} }: { container?: JsonObject; spec?: JsonObject } = {},
): JsonObject {
  const main = {
    name: 'main',
    image: BUSYBOX,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', script],
    ...container,
  };
  return { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [main], ...spec };
}

export function pod(name: string, spec: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec };
}

/** A Job that tries once. */
export function job(name: string, spec: JsonObject): JsonObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { backoffLimit: 0, template: { spec } } };
}

export interface ClaimOptions {
  readonly mode?: 'ReadWriteOnce' | 'ReadWriteMany';
  /** Absent: the cluster's default. */
  readonly storageClass?: string;
}

export function claim(name: string, { mode = 'ReadWriteOnce', storageClass }: ClaimOptions = {}): JsonObject {
  const resources = { requests: { storage: '1Gi' } };
  const chosen = storageClass === undefined ? {} : { storageClassName: storageClass };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: [mode], resources, ...chosen },
  };
}

/** What a pod specification needs to have a claim at a path. */
export function mounted(
  claimName: string,
  path: string,
): { readonly container: JsonObject; readonly volumes: readonly JsonObject[] } {
  return {
    container: { volumeMounts: [{ name: 'data', mountPath: path }] },
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
  };
}
