import type { PlaceEvent } from '../../../domain/diagnosis/diagnosis.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { attemptName } from '../../../domain/naming.ts';
import type { Survey, SurveyedObject } from '../../../ports/survey.ts';
import type { AttemptRef } from '../../../ports/target.ts';
import { RUN_LABEL } from '../api/attempt-labels.ts';
import {
  at,
  type KubeApi,
  KubeFault,
  type KubeObject,
  listAt,
  RESOURCES,
  type Resource,
  textAt,
} from '../api/kube-api.ts';
import { claimsOf } from './workload.ts';
import { findWorkload } from './workload-kinds.ts';

/** Of the run's objects; a namespace forgets them after an hour anyway. */
const MOST_EVENTS = 200;

/** What a cluster shows of a run. What the person may not read is said, and is no fault. */
export async function surveyRun(
  api: KubeApi,
  run: string,
  attempts: readonly AttemptRef[],
  signal: AbortSignal,
): Promise<Survey> {
  const missing: string[] = [];
  const seen = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof KubeFault)) throw error;
      missing.push(`${what}: ${error.kind === 'forbidden' ? 'you may not read them' : error.message}`);
      return undefined;
    }
  };
  const list = async (resource: Resource, labels?: string): Promise<readonly KubeObject[]> => {
    const selector = labels === undefined ? {} : { labels };
    return (await seen(resource.plural, async () => (await api.list(resource, selector, signal)).items)) ?? [];
  };
  const names = attempts.map(attemptName);
  const found = await seen('workloads', () => Promise.all(names.map((name) => findWorkload(api, name, signal))));
  const workloads = (found ?? []).flatMap((object) => object ?? []);
  const claims = [...new Set(workloads.flatMap(claimsOf))];
  const [version, nodes, quotas, pods, events, allClaims] = await Promise.all([
    seen('version of the server', () => api.version(signal)),
    list(RESOURCES.nodes),
    list(RESOURCES.quotas),
    list(RESOURCES.pods, `${RUN_LABEL}=${run}`),
    list(RESOURCES.events),
    list(RESOURCES.claims),
  ]);
  const isOurs = (name: string): boolean =>
    claims.includes(name) || names.some((attempt) => name === attempt || name.startsWith(`${attempt}-`));
  return {
    objects: [
      ...(version === undefined ? [] : [{ name: 'Server', state: { version } }]),
      ...nodes.map(nodeState),
      ...quotas.map(objectState),
      ...allClaims.filter(({ metadata }) => claims.includes(metadata.name)).map(objectState),
      ...workloads.map(objectState),
      ...pods.map(objectState),
    ],
    events: events
      .filter((event) => isOurs(textAt(event, 'involvedObject', 'name') ?? ''))
      .map(placeEvent)
      .toSorted((a, b) => (a.time < b.time ? -1 : 1))
      .slice(-MOST_EVENTS),
    missing,
  };
}

/** What a scheduler looks at: not the images and addresses of a node, which are long and nobody's business. */
function nodeState(node: KubeObject): SurveyedObject {
  const info = at(node, 'status', 'nodeInfo');
  const conditions = listAt(node, 'status', 'conditions').flatMap((condition) => {
    const [type, status] = [textAt(condition, 'type'), textAt(condition, 'status')];
    const isAsItShouldBe = status === (type === 'Ready' ? 'True' : 'False');
    return isAsItShouldBe ? [] : [condition as JsonObject];
  });
  return {
    name: `Node/${node.metadata.name}`,
    state: {
      kubelet: textAt(info, 'kubeletVersion') ?? '',
      runtime: textAt(info, 'containerRuntimeVersion') ?? '',
      kernel: textAt(info, 'kernelVersion') ?? '',
      allocatable: at(node, 'status', 'allocatable') ?? {},
      taints: at(node, 'spec', 'taints') ?? [],
      troubled: conditions,
    },
  };
}

function objectState(object: KubeObject): SurveyedObject {
  const { name, uid } = object.metadata;
  const times = ['creationTimestamp', 'deletionTimestamp'].flatMap((key) => {
    const time = textAt(object, 'metadata', key);
    return time === undefined ? [] : [[key, time] as const];
  });
  const node = textAt(object, 'spec', 'nodeName');
  return {
    name: `${textAt(object, 'kind') ?? 'object'}/${name}`,
    state: {
      uid,
      ...Object.fromEntries(times),
      ...(node === undefined ? {} : { node }),
      status: at(object, 'status') ?? {},
    },
  };
}

function placeEvent(event: KubeObject): PlaceEvent {
  const text = (...path: readonly string[]): string | undefined => textAt(event, ...path);
  const count = at(event, 'count') ?? at(event, 'series', 'count');
  return {
    time:
      text('lastTimestamp') ??
      text('series', 'lastObservedTime') ??
      text('eventTime') ??
      text('metadata', 'creationTimestamp') ??
      '',
    object: `${text('involvedObject', 'kind') ?? ''}/${text('involvedObject', 'name') ?? ''}`,
    type: text('type') ?? '',
    reason: text('reason') ?? '',
    message: text('message') ?? '',
    count: typeof count === 'number' ? count : 1,
  };
}
