import { decodeBytes } from '../../../domain/decode-bytes.ts';
import { UserError } from '../../../domain/errors.ts';
import type { LogLine, LogOptions } from '../../../ports/target.ts';
import { type KubeApi, KubeFault } from '../api/kube-api.ts';
import { LineMask } from '../logs/line-mask.ts';
import { LineSplitter } from '../logs/line-splitter.ts';
import type { PodState } from '../logs/pod-state.ts';

/**
 * The lines that the kubelet has now, in order, stored nowhere: for who looks once at an attempt that nobody follows on
 * this machine. Throws `unreachable` for a node that does not answer.
 */
export async function readLogsNow(
  api: Pick<KubeApi, 'log'>,
  pods: readonly PodState[],
  options: Omit<LogOptions, 'follow'>,
  signal: AbortSignal,
): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  for (const pod of pods) {
    for (const container of pod.containers) {
      const name = pod.label === undefined ? container.name : `${pod.label}/${container.name}`;
      const wanted = options.container === undefined || [container.name, name].includes(options.container);
      if (!wanted || container.kind === 'waiting') continue;
      const found = await readContainer(api, pod, container.name, options.since, signal);
      const given = found.map((line) => ({ ...line, container: name }));
      lines.push(...(options.tail === undefined ? given : given.slice(-options.tail)));
    }
  }
  return lines.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

async function readContainer(
  api: Pick<KubeApi, 'log'>,
  pod: PodState,
  container: string,
  since: string | undefined,
  signal: AbortSignal,
): Promise<readonly Omit<LogLine, 'container'>[]> {
  const splitter = new LineSplitter();
  const mask = new LineMask();
  const lines: Omit<LogLine, 'container'>[] = [];
  let pieces: Buffer[] = [];
  const take = (items: ReturnType<LineSplitter['feed']>, isLast = false): void => {
    for (const item of items) {
      if (item.kind === 'notice') continue;
      pieces.push(Buffer.from(item.text));
      if (item.tag === 'P' && !isLast) continue;
      const text = decodeBytes(mask.mask(Buffer.concat(pieces)));
      pieces = [];
      // The kubelet's `sinceTime` is of whole seconds.
      if (since === undefined || item.time >= since) lines.push({ time: item.time, text });
    }
  };
  try {
    const query = { container, follow: false, ...(since === undefined ? {} : { sinceTime: since }) };
    const { body } = await api.log(pod.name, query, signal);
    for await (const chunk of body) take(splitter.feed(Buffer.from(chunk)));
    take(splitter.rest(), true);
  } catch (error) {
    if (!(error instanceof KubeFault)) throw error;
    if (error.kind === 'unreachable' || error.kind === 'server') throw noAnswer(pod, error);
    // Not begun, or gone meanwhile.
    if (error.kind !== 'invalid' && error.kind !== 'not-found') throw error;
  }
  return lines;
}

/** The server itself answered just before: it is the node that it asks. */
function noAnswer({ name, node = '' }: PodState, fault: KubeFault): UserError {
  return new UserError('unreachable', `the log of pod ${name} on node ${node} cannot be read now: ${fault.message}`, {
    cause: fault,
    hint: `see the node: \`kubectl describe node ${node}\`; what was stored of it is on the machine of its driver`,
  });
}
