import type { Json } from '../../../domain/json.ts';
import { RUN_LABEL, STAGE_LABEL } from '../api/attempt-labels.ts';
import { at, type KubeObject, textAt } from '../api/kube-api.ts';
import {
  type ContainerView,
  containersOf,
  eventsOf,
  nameOf,
  numberAt,
  phraseOf,
  terminated,
  uidOf,
} from './objects.ts';
import type { Finding } from './view.ts';
import { clean, count } from './words.ts';

/* Init containers and native sidecars: what a pod waits for before its main container begins. */

const MOST_RESTARTS = 2;

/**
 * What starts, when nothing is wrong; undefined when the main container has begun. Once a helper has begun, what is said of
 * the pod never goes back to its images and volumes.
 */
export function startingFinding(pod: KubeObject): Finding | undefined {
  const all = containersOf(pod);
  const main = all.find(({ role }) => role === 'main');
  if (isRunning(main) || terminated(main) !== undefined) return undefined;
  const node = clean(textAt(pod, 'spec', 'nodeName'), 253);
  const where = node === '' ? '' : ` on ${node}`;
  const key = `starting/${uidOf(pod)}`;
  const next = all.find((container) => container.role === 'main' || (isHelper(container) && !isDone(container)));
  const code = next?.role === 'main' ? 'starting' : 'helper-starting';
  if (next === undefined || !all.some(hasBegun)) {
    return { code: 'starting', key, reason: `pod ${nameOf(pod)} gets its image and volumes${where}` };
  }
  // One that has begun has a log, and is what a deadline ended.
  const named = next.role !== 'main' && hasBegun(next) ? { container: next.name } : {};
  // Should its deadline end it: a server that does not get ready in this time does not in the next, and holds GPUs.
  const slow = next.role === 'sidecar' && isRunning(next) ? ({ class: 'user' } as const) : {};
  return { code, key, reason: `${phraseOf(next)} ${stateOf(next)}${where}`, ...named, ...slow };
}

/** How a container stands that the pod waits for. */
function stateOf(container: ContainerView): string {
  if (isRunning(container)) return container.role === 'init' ? 'runs' : 'is not ready yet';
  const last = terminated(container) ?? lastEnd(container);
  return last === undefined ? 'gets its image' : `ended (${whyEnded(last)}) and is started again`;
}

/** An init container that has done its work, or a sidecar that the kubelet has found ready. */
function isDone(container: ContainerView): boolean {
  if (container.role === 'init') return numberAt(terminated(container), 'exitCode') === 0;
  return isRunning(container) && container.status?.['started'] === true;
}

function hasBegun(container: ContainerView): boolean {
  return isRunning(container) || terminated(container) !== undefined || lastEnd(container) !== undefined;
}

function lastEnd({ status }: ContainerView): Json | undefined {
  return at(status, 'lastState', 'terminated');
}

function whyEnded(end: Json): string {
  if (textAt(end, 'reason') === 'OOMKilled') return 'out of memory';
  return `exit code ${numberAt(end, 'exitCode') ?? 'unknown'}`;
}

/** It runs before or beside the main container, and its end is not the attempt's. */
export function isHelper({ role }: ContainerView): boolean {
  return role === 'init' || role === 'sidecar';
}

function isRunning(container: ContainerView | undefined): boolean {
  return textAt(container?.status, 'state', 'running', 'startedAt') !== undefined;
}

/** A sidecar that crashes beside a main container that runs: to be told, the main container will say what it makes of it. */
export function sidecarTrouble(pod: KubeObject, events: readonly KubeObject[]): Finding | undefined {
  for (const container of containersOf(pod)) {
    if (container.role !== 'sidecar' || textAt(container.status, 'state', 'waiting', 'reason') !== 'CrashLoopBackOff')
      continue;
    const { grace: _, ...told } = crashLoop(pod, container, events);
    return told;
  }
  return undefined;
}

/** A helper that ends before the main container began, or beside it, and is started again. */
export function crashLoop(pod: KubeObject, container: ContainerView, events: readonly KubeObject[]): Finding {
  const restarts = numberAt(container.status, 'restartCount') ?? 0;
  const last = lastEnd(container) ?? {};
  const words = clean(textAt(last, 'message')?.trimEnd().split('\n').at(-1));
  const said = words === '' ? '' : `: "${words}"`;
  // The kubelet: `Init container teacher failed startup probe`.
  const isProbed = eventsOf(events, pod, 'Killing').some((text) =>
    text.includes(`ontainer ${container.name} failed startup probe`),
  );
  const what = isProbed ? 'was not ready in time, and was ended for that again and again' : 'ended again and again';
  const more = isProbed ? '; to give it more time: its `startupProbe`' : '';
  const label = (name: string): string => clean(textAt(pod, 'metadata', 'labels', name), 63);
  const attempt = `${label(RUN_LABEL) || 'RUN'} ${label(STAGE_LABEL)}`.trim();
  return {
    code: 'crash-loop',
    key: `crash-loop/${uidOf(pod)}/${container.name}`,
    ...(restarts >= MOST_RESTARTS ? { grace: 0 } : {}),
    container: container.name,
    reason: `${phraseOf(container)} ${what} (${count(restarts, 'restart')}, last ${whyEnded(last)})${said}`,
    fix: `read what it says: \`ilab-backend logs ${attempt} --container ${container.name}\`${more}`,
  };
}
