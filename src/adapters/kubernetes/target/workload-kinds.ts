import { type KubeApi, KubeFault, type KubeObject, RESOURCES, type Resource } from '../api/kube-api.ts';

/** The kinds beside Jobs that run a stage; a cluster serves them where their operator is installed. */
const OPERATED = [
  { apiVersion: 'kubeflow.org/v1', kind: 'PyTorchJob', plural: 'pytorchjobs', namespaced: true },
  { apiVersion: 'trainer.kubeflow.org/v1alpha1', kind: 'TrainJob', plural: 'trainjobs', namespaced: true },
] as const satisfies readonly Resource[];

/** What stands beside such a workload and is no ConfigMap. */
const COMPANIONS = [
  {
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'TrainingRuntime',
    plural: 'trainingruntimes',
    namespaced: true,
  },
] as const satisfies readonly Resource[];

const KINDS: readonly Resource[] = [RESOURCES.jobs, ...OPERATED];

/** The resource of a workload that was found. */
export function resourceOfWorkload({ apiVersion, kind }: KubeObject): Resource {
  const found = KINDS.find((known) => known.apiVersion === apiVersion && known.kind === kind);
  if (found === undefined) throw new Error(`${apiVersion} ${kind} is not watched as a workload`);
  return found;
}

/** An attempt's workload, by its name; undefined when there is none of any kind. */
export async function findWorkload(api: KubeApi, name: string, signal?: AbortSignal): Promise<KubeObject | undefined> {
  for (const kind of KINDS) {
    const found = await findOf(api, kind, name, signal);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Its kind; that of Jobs when there is none. */
export async function kindOfWorkload(api: KubeApi, name: string, signal?: AbortSignal): Promise<Resource> {
  const found = await findWorkload(api, name, signal);
  return found === undefined ? RESOURCES.jobs : resourceOfWorkload(found);
}

/** What the objects of an attempt with these labels may be, beside the workload: of each kind that the cluster serves. */
export async function listCompanions(
  api: KubeApi,
  labels: string,
): Promise<readonly { readonly resource: Resource; readonly items: readonly KubeObject[] }[]> {
  const { items } = await api.list(RESOURCES.configMaps, { labels });
  const found: { resource: Resource; items: readonly KubeObject[] }[] = [{ resource: RESOURCES.configMaps, items }];
  for (const resource of COMPANIONS) {
    const served = (await api.resourceOf(resource.apiVersion, resource.kind)) !== undefined;
    const listed = served ? await unlessForbidden(api.list(resource, { labels })) : undefined;
    if (listed !== undefined) found.push({ resource, items: listed.items });
  }
  return found;
}

/** Whoever made an object of a kind that operators bring may read it: to others it is none of theirs. */
async function findOf(
  api: KubeApi,
  kind: Resource,
  name: string,
  signal?: AbortSignal,
): Promise<KubeObject | undefined> {
  if (kind === RESOURCES.jobs) return api.get(kind, name, signal);
  if ((await api.resourceOf(kind.apiVersion, kind.kind, signal)) === undefined) return undefined;
  return unlessForbidden(api.get(kind, name, signal));
}

async function unlessForbidden<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof KubeFault && error.kind === 'forbidden') return undefined;
    throw error;
  }
}
