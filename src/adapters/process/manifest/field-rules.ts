import { type FieldRules, only } from './field-judge.ts';

/** What every object carries. */
const OBJECT_FIELDS = {
  apiVersion: 'honoured',
  kind: 'honoured',
  metadata: 'moot',
} as const satisfies FieldRules;

export const CONFIG_MAP_FIELDS: FieldRules = {
  ...OBJECT_FIELDS,
  data: 'honoured',
  binaryData: 'honoured',
  immutable: 'moot',
};

export const JOB_FIELDS: FieldRules = { ...OBJECT_FIELDS, spec: 'honoured' };

export const JOB_SPEC_FIELDS: FieldRules = {
  template: 'honoured',
  activeDeadlineSeconds: 'honoured',
  // Whether and how often a stage is tried again is decided by the pipeline's `retry`, for every target.
  backoffLimit: only(0),
  completions: only(1),
  parallelism: only(1),
  completionMode: only('NonIndexed'),
  // Whose turn it is in a queue is a matter of the cluster that has it.
  suspend: 'limit',
  podFailurePolicy: 'moot',
  podReplacementPolicy: 'moot',
  ttlSecondsAfterFinished: 'moot',
};

export const TEMPLATE_FIELDS: FieldRules = { metadata: 'moot', spec: 'honoured' };

export const POD_FIELDS: FieldRules = {
  containers: 'honoured',
  initContainers: 'honoured',
  volumes: 'honoured',
  terminationGracePeriodSeconds: 'honoured',
  activeDeadlineSeconds: 'honoured',
  restartPolicy: only('Never'),
  automountServiceAccountToken: 'moot',
  enableServiceLinks: 'moot',
  imagePullSecrets: 'moot',
  os: 'moot',
  overhead: 'moot',
  preemptionPolicy: 'moot',
  priority: 'moot',
  schedulerName: 'moot',
  dnsPolicy: only('ClusterFirst', 'Default'),
  hostIPC: only(false),
  hostNetwork: only(false),
  hostPID: only(false),
  shareProcessNamespace: only(false),
  affinity: 'limit',
  nodeName: 'limit',
  nodeSelector: 'limit',
  priorityClassName: 'limit',
  resources: 'limit',
  runtimeClassName: 'limit',
  securityContext: 'limit',
  serviceAccount: 'limit',
  serviceAccountName: 'limit',
  tolerations: 'limit',
  topologySpreadConstraints: 'limit',
};

export const CONTAINER_FIELDS: FieldRules = {
  name: 'honoured',
  image: 'honoured',
  command: 'honoured',
  args: 'honoured',
  env: 'honoured',
  workingDir: 'honoured',
  volumeMounts: 'honoured',
  imagePullPolicy: 'moot',
  ports: 'moot',
  readinessProbe: 'moot',
  terminationMessagePath: 'moot',
  terminationMessagePolicy: 'moot',
  stdin: only(false),
  stdinOnce: only(false),
  tty: only(false),
  livenessProbe: 'limit',
  resources: 'limit',
  securityContext: 'limit',
};

export const INIT_FIELDS: FieldRules = { ...CONTAINER_FIELDS, restartPolicy: 'honoured' };
export const SIDECAR_FIELDS: FieldRules = { ...INIT_FIELDS, startupProbe: 'honoured' };

export const MOUNT_FIELDS: FieldRules = {
  name: 'honoured',
  mountPath: 'honoured',
  subPath: 'honoured',
  readOnly: 'limit',
  recursiveReadOnly: 'limit',
};
