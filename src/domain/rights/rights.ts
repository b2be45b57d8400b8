/*
 * The rights that the program needs in a namespace, from what it does: the kinds its templates render, and the objects
 * that a run's record is made of. Wildcards nowhere.
 */

/** Who shall be given rights. */
export type Persona =
  /** Reads runs and their logs. */
  | 'developer'
  /** Drives runs. */
  | 'owner'
  /** Installs: namespaces, quotas, roles, the detached driver's ServiceAccount; and all an owner may. */
  | 'administrator'
  /** The program inside the cluster (`run --detach`): deletes nothing. */
  | 'driver';

/** What may be done with a kind of object. */
export interface Right {
  /** Empty for the core group. */
  readonly group: string;
  /** As the API's paths name it; `pods/log` for a part. */
  readonly resource: string;
  readonly verbs: readonly string[];
  /** What does not work without it; absent = nothing does. */
  readonly lost?: string;
}

/** A kind of object that templates render. */
export interface RenderedKind {
  readonly apiVersion: string;
  readonly kind: string;
  /** Some of them wait in a queue of Kueue. */
  readonly isQueued?: true;
}

const READ = ['get', 'list', 'watch'];
/** `update`: to end an attempt is to write on its Job why. */
const WORK = [...READ, 'create', 'update'];
/** `patch`: what `kubectl apply` does to what is there. */
const INSTALL = [...WORK, 'patch', 'delete'];

/** The least rights of a persona; `rendered` are the kinds of the templates in use. */
export function rightsOf(persona: Persona, rendered: readonly RenderedKind[]): readonly Right[] {
  switch (persona) {
    case 'developer':
      return following(rendered, READ);
    case 'driver':
      return [...following(rendered, WORK), ...waiting(rendered), ...claims()];
    case 'owner':
      return [...following(rendered, WORK), ...waiting(rendered), ...claims(), ...removing(rendered), ...besides()];
    case 'administrator':
      return [
        ...rightsOf('owner', rendered),
        right('', 'namespaces', INSTALL),
        right('', 'resourcequotas', INSTALL),
        right('', 'serviceaccounts', INSTALL),
        right('rbac.authorization.k8s.io', 'roles', INSTALL),
        right('rbac.authorization.k8s.io', 'rolebindings', INSTALL),
      ];
  }
}

/** Of the whole cluster, which no Role of a namespace gives. Nothing needs them: they make what is said more exact. */
export const CLUSTER_RIGHTS = [
  right('', 'nodes', ['list'], 'GPUs, room and the images of nodes are not known'),
  right('storage.k8s.io', 'storageclasses', ['list'], 'whether a volume can be made is not known'),
] as const satisfies readonly Right[];

/** The record of runs, what they run as, and its log. `verbs`: to read, or to work with. */
function following(rendered: readonly RenderedKind[], verbs: readonly string[]): readonly Right[] {
  return [
    right('', 'configmaps', verbs),
    right('coordination.k8s.io', 'leases', verbs),
    right('batch', 'jobs', verbs),
    ...rendered.map((kind) => right(groupOf(kind), pluralOf(kind), verbs)),
    right('', 'pods', READ),
    right('', 'pods/log', ['get'], 'logs: a stage that fails says nothing'),
  ];
}

/** Why something does not start; what a quota leaves. */
function waiting(rendered: readonly RenderedKind[]): readonly Right[] {
  const isQueued = rendered.some((kind) => kind.isQueued);
  return [
    ...(isQueued
      ? [right('kueue.x-k8s.io', 'workloads', ['list'], 'why a queue holds a stage back is not known')]
      : []),
    right('', 'events', ['list'], 'why a pod does not start is often not known'),
    right('', 'resourcequotas', ['list'], 'how much of a quota is used is not known'),
    right('', 'persistentvolumeclaims', ['list'], 'why a volume does not come is not known'),
  ];
}

/** The workspace claim is made where there is none, and never deleted. */
function claims(): readonly Right[] {
  return [right('', 'persistentvolumeclaims', ['get', 'create'])];
}

function removing(rendered: readonly RenderedKind[]): readonly Right[] {
  const lost = '`rm` and `prune` cannot take runs away';
  return [
    right('', 'configmaps', ['delete'], lost),
    right('coordination.k8s.io', 'leases', ['delete'], lost),
    right('batch', 'jobs', ['delete'], lost),
    ...rendered.map((kind) => right(groupOf(kind), pluralOf(kind), ['delete'], lost)),
  ];
}

/** What makes runs surer and is not needed to run. */
function besides(): readonly Right[] {
  return [
    right('', 'pods', ['create'], 'the dry run of pods: what admission refuses is told only when a stage starts'),
    right('', 'pods/proxy', ['get', 'create'], 'folders above 700 KiB cannot be sent, nor artifacts downloaded'),
    right('', 'serviceaccounts', ['get'], 'whether the account of `run --detach` is there is not known before'),
  ];
}

function right(group: string, resource: string, verbs: readonly string[], lost?: string): Right {
  return { group, resource, verbs, ...(lost === undefined ? {} : { lost }) };
}

function groupOf({ apiVersion }: RenderedKind): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** As Kubernetes' own kinds and those of the training operators are called. */
function pluralOf({ kind }: RenderedKind): string {
  const name = kind.toLowerCase();
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}
