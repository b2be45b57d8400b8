import type { Finding } from '../../../domain/diagnosis/finding.ts';
import { CLUSTER_RIGHTS, type Persona, type Right, rightsOf } from '../../../domain/rights/rights.ts';
import type { ClusterNeeds } from '../../../ports/doctor.ts';
import type { KubeApi, Resource } from '../api/kube-api.ts';

interface Missing {
  /** `create pods`. */
  readonly what: string;
  readonly lost: string | undefined;
  readonly isOfCluster: boolean;
}

/** One finding of what nothing works without, one for each thing that is lost. */
export async function rightsFindings(
  api: KubeApi,
  { persona, kinds }: Pick<ClusterNeeds, 'persona' | 'kinds'>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const asked = [
    ...rightsOf(persona, kinds).map((right) => ({ right, of: resourceOf(right), isOfCluster: false })),
    // The driver only follows; what it is not told it does not say.
    ...(persona === 'driver'
      ? []
      : CLUSTER_RIGHTS.map((right) => ({ right, of: { ...resourceOf(right), namespaced: false }, isOfCluster: true }))),
  ];
  const singles = new Map<string, (typeof asked)[number] & { readonly verb: string }>();
  for (const entry of asked) {
    for (const verb of entry.right.verbs) {
      const key = `${verb} ${entry.right.group}/${entry.right.resource}`;
      // What is needed by one is needed.
      if (singles.get(key)?.right.lost !== undefined || !singles.has(key)) singles.set(key, { ...entry, verb });
    }
  }
  const answers = await Promise.all(
    [...singles.values()].map(async ({ right, of, isOfCluster, verb }): Promise<readonly Missing[]> => {
      const [, part] = right.resource.split('/');
      if (await api.mayI(verb, of, part, signal)) return [];
      return [{ what: `${verb} ${right.resource}`, lost: right.lost, isOfCluster }];
    }),
  );
  const missing = answers.flat();
  return [
    ...needed(missing, singles.size, persona, api.place.namespace),
    ...lost(missing, persona, api.place.namespace),
  ];
}

function needed(missing: readonly Missing[], count: number, persona: Persona, namespace: string): readonly Finding[] {
  const hard = missing.filter((entry) => entry.lost === undefined);
  if (hard.length === 0) {
    return missing.length > 0 ? [] : [{ name: 'Rights', state: 'ok', message: `all ${count} that are asked for` }];
  }
  return [
    {
      name: 'Rights',
      state: 'problem',
      message: `${who(persona)} may not ${grouped(hard)} in namespace ${namespace}`,
      fix: fixFor(persona, namespace),
    },
  ];
}

function lost(missing: readonly Missing[], persona: Persona, namespace: string): readonly Finding[] {
  const soft = missing.filter((entry) => entry.lost !== undefined);
  return [...Map.groupBy(soft, (entry) => entry.lost ?? '')].map(([what, entries]) => ({
    name: 'Rights',
    state: 'warning',
    message: `${who(persona)} may not ${grouped(entries)}: ${what}`,
    fix: entries.some((entry) => entry.isOfCluster)
      ? 'an administrator can give it: `ilab-backend rbac --cluster --for user:NAME | kubectl apply -f -`'
      : fixFor(persona, namespace),
  }));
}

function who(persona: Persona): string {
  return persona === 'driver' ? 'the driver' : 'you';
}

function fixFor(persona: Persona, namespace: string): string {
  const what = persona === 'driver' ? '--detach' : `--persona ${persona} --for user:NAME`;
  return `an administrator can give it: \`ilab-backend rbac ${what} -n ${namespace} | kubectl apply -f -\``;
}

/** `create, update jobs; list leases`. */
function grouped(missing: readonly Missing[]): string {
  const verbs = Map.groupBy(
    missing.map(({ what }) => what.split(' ')),
    ([, resource]) => resource ?? '',
  );
  return [...verbs].map(([resource, entries]) => `${entries.map(([verb]) => verb).join(', ')} ${resource}`).join('; ');
}

function resourceOf({ group, resource }: Right): Resource {
  const [plural = ''] = resource.split('/');
  return { apiVersion: group === '' ? 'v1' : `${group}/v1`, kind: '', plural, namespaced: true };
}
