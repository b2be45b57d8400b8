import { decodeBytes } from '../../../domain/decode-bytes.ts';
import { UserError } from '../../../domain/errors.ts';
import type { LogLine, LogOptions } from '../../../ports/target.ts';
import { type KubeApi, KubeFault } from '../api/kube-api.ts';
import { LineMask } from '../logs/lines/line-mask.ts';
import { LineSplitter } from '../logs/lines/line-splitter.ts';
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
      const found = await readWanted(api, pod, container.name, options, signal);
      lines.push(...found.map((line) => ({ ...line, container: name })));
    }
  }
  return lines.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** No runtime splits a line of fewer characters. */
const NEVER_SPLIT = 4096;

type ContainerLine = Omit<LogLine, 'container'>;

/**
 * The lines, or the last N. The kubelet counts a line that its runtime had to split once for each piece, and may begin within one: it
 * is asked for one more than is wanted, and for all where that may not have been enough.
 */
async function readWanted(
  api: Pick<KubeApi, 'log'>,
  pod: PodState,
  container: string,
  { since, tail }: Omit<LogOptions, 'follow'>,
  signal: AbortSignal,
): Promise<readonly ContainerLine[]> {
  if (tail === undefined) return (await readContainer(api, pod, container, { since }, signal)).lines;
  if (tail === 0) return [];
  if (since === undefined) {
    const { lines, isCut } = await readContainer(api, pod, container, { tailLines: tail + 1 }, signal);
    const isWhole = !isCut && lines.every(({ text }) => text.length < NEVER_SPLIT);
    if (isWhole || lines.length > tail) return lines.slice(-tail);
  }
  return (await readContainer(api, pod, container, { since }, signal)).lines.slice(-tail);
}

/** `isCut`: something came without a stamp, such as the rest of a line that began before. */
async function readContainer(
  api: Pick<KubeApi, 'log'>,
  pod: PodState,
  container: string,
  { since, tailLines }: { readonly since?: string | undefined; readonly tailLines?: number },
  signal: AbortSignal,
): Promise<{ readonly lines: readonly ContainerLine[]; readonly isCut: boolean }> {
  const splitter = new LineSplitter();
  const mask = new LineMask();
  const lines: ContainerLine[] = [];
  let isCut = false;
  let pieces: Buffer[] = [];
  const take = (items: ReturnType<LineSplitter['feed']>, isLast = false): void => {
    for (const item of items) {
      if (item.kind === 'notice') {
        isCut = true;
        continue;
      }
      pieces.push(Buffer.from(item.text));
      if (item.tag === 'P' && !isLast) continue;
      const text = decodeBytes(mask.mask(Buffer.concat(pieces)));
      pieces = [];
      // The kubelet's `sinceTime` is of whole seconds.
      if (since === undefined || item.time >= since) lines.push({ time: item.time, text });
    }
  };
  try {
    const query = {
      ...{ container, follow: false },
      ...(since === undefined ? {} : { sinceTime: since }),
      ...(tailLines === undefined ? {} : { tailLines }),
    };
    const { body } = await api.log(pod.name, query, signal);
    for await (const chunk of body) take(splitter.feed(Buffer.from(chunk)));
    take(splitter.rest(), true);
  } catch (error) {
    if (!(error instanceof KubeFault)) throw error;
    if (error.kind === 'unreachable' || error.kind === 'server') throw noAnswer(pod, error);
    // Not begun, or gone meanwhile.
    if (error.kind !== 'invalid' && error.kind !== 'not-found') throw error;
  }
  return { lines, isCut };
}

/** The server itself answered just before: it is the node that it asks. */
function noAnswer({ name, node = '' }: PodState, fault: KubeFault): UserError {
  return new UserError('unreachable', `the log of pod ${name} on node ${node} cannot be read now: ${fault.message}`, {
    cause: fault,
    hint: `see the node: \`kubectl describe node ${node}\`; what was stored of it is on the machine of its driver`,
  });
}
