import type { JsonObject } from '../json.ts';
import { CLUSTER_RIGHTS, type Persona, type RenderedKind, type Right, rightsOf } from './rights.ts';

/** One rule of a Role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The least rules of a persona, each right once; `rendered` are the kinds of the templates in use. */
export function rulesFor(persona: Persona, rendered: readonly RenderedKind[]): readonly Rule[] {
  return rulesOf(rightsOf(persona, rendered));
}

/** Of these, the ones without which nothing works. */
export function neededRules(persona: Persona, rendered: readonly RenderedKind[]): readonly Rule[] {
  return rulesOf(rightsOf(persona, rendered).filter(({ lost }) => lost === undefined));
}

function rulesOf(rights: readonly Right[]): readonly Rule[] {
  return merged(rights.map(({ group, resource, verbs }) => rule(group, [resource], verbs)));
}

function rule(group: string, resources: readonly string[], verbs: readonly string[]): Rule {
  return { apiGroups: [group], resources, verbs };
}

const VERB_ORDER = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** One rule for each set of verbs, each resource once. */
function merged(rules: readonly Rule[]): readonly Rule[] {
  const verbsOf = new Map<string, Set<string>>();
  for (const { apiGroups, resources, verbs } of rules) {
    for (const resource of resources) {
      const key = `${apiGroups[0] ?? ''}/${resource}`;
      verbsOf.set(key, new Set([...(verbsOf.get(key) ?? []), ...verbs]));
    }
  }
  const found = new Map<string, { group: string; verbs: string[]; resources: string[] }>();
  for (const [key, set] of [...verbsOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const slash = key.indexOf('/');
    const group = key.slice(0, slash);
    const verbs = VERB_ORDER.filter((verb) => set.has(verb));
    const same = `${group} ${verbs.join(' ')}`;
    const known = found.get(same) ?? { group, verbs, resources: [] };
    known.resources.push(key.slice(slash + 1));
    found.set(same, known);
  }
  return [...found.values()].map(({ group, verbs, resources }) => rule(group, resources, verbs));
}

/** Who is given the rights; absent = only the role is printed. */
export interface Subject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
}

/** What the detached driver runs as, unless the pod settings name another. */
export const DRIVER_ACCOUNT = 'ilab-backend-driver';

const LABELS = {
  'app.kubernetes.io/name': 'ilab-backend',
  'app.kubernetes.io/part-of': 'ilab-backend',
  'app.kubernetes.io/managed-by': 'ilab-backend',
};

/** Where rights hold, and who gets them. */
interface Given {
  /** Of the rights, and of a ServiceAccount. */
  readonly namespace: string;
  readonly subject?: Subject;
}

/** The objects that give a persona its rights, as `kubectl apply` takes them; the administrator's are of the cluster. */
export function rbacObjects(persona: Persona, rules: readonly Rule[], given: Given): readonly JsonObject[] {
  const kind = persona === 'administrator' ? 'ClusterRole' : 'Role';
  const name = roleName(persona);
  if (persona !== 'driver') return roleObjects({ kind, name, rules }, given);
  const { namespace } = given;
  return [serviceAccount(namespace), ...roleObjects({ kind, name, rules }, { namespace, subject: DRIVER })];
}

/** The optional rights in the whole cluster (CLUSTER_RIGHTS); `driver`: whoever drives detached runs gets them. */
export function clusterRbacObjects(given: Given, driver: boolean): readonly JsonObject[] {
  const role = { kind: 'ClusterRole', name: 'ilab-backend-cluster', rules: rulesOf(CLUSTER_RIGHTS) } as const;
  return roleObjects(role, driver ? { ...given, subject: DRIVER } : given);
}

function roleName(persona: Persona): string {
  return `ilab-backend-${persona}`;
}

const DRIVER: Subject = { kind: 'ServiceAccount', name: DRIVER_ACCOUNT };

interface Role {
  readonly kind: 'Role' | 'ClusterRole';
  readonly name: string;
  readonly rules: readonly Rule[];
}

function roleObjects({ kind, name, rules }: Role, { namespace, subject }: Given): readonly JsonObject[] {
  const place = kind === 'ClusterRole' ? {} : { namespace };
  const api = 'rbac.authorization.k8s.io/v1';
  const role = {
    apiVersion: api,
    kind,
    metadata: { name, ...place, labels: LABELS },
    rules: rules.map((one) => ({ ...one })),
  };
  if (subject === undefined) return [role];
  const binding = {
    apiVersion: api,
    kind: `${kind}Binding`,
    metadata: { name: bindingName({ kind, name }, subject, namespace), ...place, labels: LABELS },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    subjects: [
      subject.kind === 'ServiceAccount'
        ? { kind: subject.kind, name: subject.name, namespace }
        : { apiGroup: 'rbac.authorization.k8s.io', kind: subject.kind, name: subject.name },
    ],
  };
  return [role, binding];
}

/** Of its own for each subject, and for each namespace's account: the next one's must not take this one's place. */
function bindingName(role: Pick<Role, 'kind' | 'name'>, { kind, name }: Subject, namespace: string): string {
  if (role.name === roleName('driver')) return role.name;
  const whose = role.kind === 'ClusterRole' && kind === 'ServiceAccount' ? `${namespace}-${name}` : name;
  return `${role.name}-${kind.toLowerCase()}-${whose.replace(/[/%]/g, '-')}`;
}

function serviceAccount(namespace: string): JsonObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: DRIVER_ACCOUNT, namespace, labels: LABELS } };
}
