import type { Finding } from '../../../domain/diagnosis/finding.ts';
import type { ClusterNeeds } from '../../../ports/doctor.ts';
import { type KubeApi, type KubeObject, RESOURCES, type Resource, textAt } from '../api/kube-api.ts';
import { podTemplates } from '../target/workload.ts';
import { gpuLedger, isGpu, ledgerSentence, type NodeGpus } from '../verdict/gpu-ledger.ts';
import { requestsOf } from '../verdict/requests.ts';
import { schedulingFinding } from '../verdict/scheduling.ts';
import type { AttemptView } from '../verdict/view.ts';
import { look } from './look.ts';

const EVERY_POD: Resource = { ...RESOURCES.pods, namespaced: false };

/** Whether nodes can ever take the stages' pods, and whether GPUs are free now. Empty where nodes may not be listed. */
export async function roomFindings(
  api: KubeApi,
  { stages }: Pick<ClusterNeeds, 'stages'>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (stages.length === 0) return [];
  const nodes = await look(() => api.list(RESOURCES.nodes, {}, signal));
  if (nodes.kind === 'hidden') return [];
  const pods = stages.flatMap(({ stage, objects }) =>
    objects.flatMap(podTemplates).map((template) => ({ stage, pod: podOf(stage, template['spec'] ?? {}) })),
  );
  const every = await look(() => api.list(EVERY_POD, {}, signal));
  const others = every.kind === 'seen' ? every : await look(() => api.list(RESOURCES.pods, {}, signal));
  const ledger = gpuLedger(nodes.value.items, others.kind === 'seen' ? others.value.items : []);
  const never = pods.flatMap(({ stage, pod }) => neverFits(stage, pod, nodes.value.items));
  return [...never, gpuFinding(pods, ledger, ledgerSentence(ledger, every.kind === 'hidden'), never.length > 0)];
}

/** As the scheduler leaves a pod that it cannot place. */
function podOf(stage: string, spec: KubeObject['spec'] & {}): KubeObject {
  const unplaced = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'not tried' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: stage, uid: stage, resourceVersion: '' },
    spec,
    status: { conditions: [unplaced] },
  };
}

function neverFits(stage: string, pod: KubeObject, nodes: readonly KubeObject[]): readonly Finding[] {
  const deadlines = { queue: 0, start: 0 };
  const nothing = { job: undefined, pods: [], events: [], outputs: [] };
  const view: AttemptView = { ...nothing, nodes, monotonic: 0, contract: 'plain', deadlines };
  const found = schedulingFinding(pod, view);
  if (found?.code !== 'never-fits') return [];
  const fix = found.fix === undefined ? {} : { fix: found.fix };
  return [{ name: 'Room', state: 'problem', message: `${stage}: ${found.reason}`, ...fix }];
}

function gpuFinding(
  pods: readonly { readonly stage: string; readonly pod: KubeObject }[],
  ledger: readonly NodeGpus[],
  sentence: string,
  isKnown: boolean,
): Finding {
  const asked = pods
    .map(({ stage, pod }) => ({
      stage,
      count: [...requestsOf(pod)].reduce((sum, [name, n]) => sum + (isGpu(name) ? n : 0), 0),
    }))
    .sort((a, b) => b.count - a.count);
  const [most] = asked;
  if (most === undefined || most.count === 0) {
    const there = ledger.some(({ total }) => total > 0) ? `; ${sentence}` : '';
    return { name: 'GPUs', state: 'ok', message: `no stage asks for one${there}` };
  }
  const wants = `${most.stage} asks for ${most.count}; ${sentence}`;
  if (ledger.some((row) => row.free >= most.count)) return { name: 'GPUs', state: 'ok', message: wants };
  // That no node ever has them is told above.
  if (isKnown) return { name: 'GPUs', state: 'warning', message: wants };
  return { name: 'GPUs', state: 'warning', message: wants, fix: 'a run waits until they are free' };
}

/** The classes that the pod settings name. */
export async function classFindings(
  api: KubeApi,
  { pod }: Pick<ClusterNeeds, 'pod'>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const wanted = [
    { setting: 'runtimeClassName', of: cluster('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses') },
    { setting: 'priorityClassName', of: cluster('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses') },
  ];
  const findings: Finding[] = [];
  for (const { setting, of } of wanted) {
    const called = textAt(pod, setting);
    if (called === undefined) continue;
    const seen = await look(() => api.get(of, called, signal));
    findings.push(classFinding(of, setting, called, seen.kind === 'hidden' ? 'hidden' : seen.value));
  }
  return findings;
}

function classFinding(
  { kind }: Resource,
  setting: string,
  called: string,
  seen: KubeObject | 'hidden' | undefined,
): Finding {
  const list = `\`kubectl get ${kind.toLowerCase()}\``;
  if (seen === 'hidden') return { name: kind, state: 'warning', message: `you may not look for ${called}` };
  if (seen !== undefined) return { name: kind, state: 'ok', message: called };
  const fix = `correct \`pod.${setting}\`; see which there are: ${list}`;
  return { name: kind, state: 'problem', message: `there is no ${kind} ${called}`, fix };
}

function cluster(apiVersion: string, kind: string, plural: string): Resource {
  return { apiVersion, kind, plural, namespaced: false };
}
