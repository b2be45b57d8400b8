import type { Warning } from '../attempt/progress.ts';
import { bodyAt, evidenceOf, withoutColour } from './segments.ts';
import { brokenGpu } from './xid-line.ts';

/**
 * A fault of GPUs, or of ranks that wait for each other, that a line tells of; undefined for any other. What a model generated
 * may hold such words: a line counts where they stand at the beginning, behind nothing but what loggers write.
 */
export function faultLine(raw: string): Warning | undefined {
  if (!MARKS.some((mark) => raw.includes(mark))) return undefined;
  const text = withoutColour(raw);
  const body = text.slice(bodyAt(text));
  const found = outOfMemory(body) ?? collective(text, body) ?? brokenGpu(text, body);
  return found === undefined ? undefined : { ...found, evidence: evidenceOf(text) };
}

const MARKS = [
  'out of memory',
  'Watchdog caught collective',
  'watchdog got stuck',
  'wait timeout after ',
  'Timed out ',
  'Xid (',
  'uncorrectable ECC',
  'fallen off the bus',
];

type Found = Pick<Warning, 'kind' | 'message'>;

const MEMORY =
  /^(?:[\w.]{0,60}\.)?(?:OutOfMemoryError|RuntimeError|AcceleratorError): (CUDA|HIP) (?:error: )?out of memory\b/;
const WANTED = /Tried to allocate ([\d.]{1,12} [KMG]i?B)/;
const CAPACITY =
  /GPU (\d{1,3}) has a total capacity of ([\d.]{1,12} [KMG]i?B)(?: of which ([\d.]{1,12} [KMG]i?B) is free)?/;
const OLD_CAPACITY = /\(GPU (\d{1,3}); ([\d.]{1,12} [KMG]i?B) total capacity/;

function outOfMemory(body: string): Found | undefined {
  if (!MEMORY.test(body)) return undefined;
  const wanted = WANTED.exec(body)?.[1];
  const [, gpu, total, free] = CAPACITY.exec(body) ?? OLD_CAPACITY.exec(body) ?? [];
  const asked = wanted === undefined ? '' : `: ${wanted} more were asked for`;
  const there =
    total === undefined
      ? ''
      : `, ${free === undefined ? '' : `${free} of `}${total} ${free === undefined ? 'are there' : 'were free'}`;
  return {
    kind: 'out-of-memory',
    message: `${gpu === undefined ? 'a GPU' : `GPU ${gpu}`}'s memory ran out${asked}${asked === '' ? '' : there}`,
  };
}

/** A bar may stand right before it; a quote before it means that somebody tells of it. */
const WATCHDOG =
  /^[^"'`{}]{0,400}?\[(?:PG [^\]]{1,80} )?Rank (\d{1,6})\] Watchdog caught collective operation timeout: Work\w{1,20}\((?:[^)]{0,200}?\bOpType=(\w{1,60}))?/;
const TIMEOUT = /Timeout\(ms\)=(\d{1,12})/;
/** Its heartbeat: what waits holds the thread that looks for it, too. */
const STUCK =
  /^[^"`{}]{0,400}?Rank (\d{1,6})\] ProcessGroupNCCL's watchdog got stuck for (\d{1,9}) seconds? without making progress/;
const GLOO =
  /^(?:[\w.]{0,60}\.)?RuntimeError: \[[^\]"'{}]{1,300}\/gloo\/[^\]"'{}]{1,200}\]:? Timed out waiting (\d{1,12})ms for (\w{1,20}) operation/;
const MEETING =
  /^(?:[\w.]{0,60}\.)?DistStoreError: Timed out after (\d{1,9}) seconds waiting for clients\. (\d{1,6}\/\d{1,6}) clients joined/;
/** A key that another rank should have written, such as the id of NCCL that the first one gives. */
const STORE =
  /^(?:[\w.]{0,60}\.)?Dist(?:Store|Backend)Error: (?:\[\d{1,6}\] is setting up NCCL communicator .{1,300}? got error: )?wait timeout after (\d{1,12})ms, keys: /;

function collective(text: string, body: string): Found | undefined {
  const kind = 'collective-timeout';
  const watchdog = text.includes('Watchdog caught collective') ? WATCHDOG.exec(text) : null;
  if (watchdog !== null) {
    const [, rank, operation] = watchdog;
    const limit = TIMEOUT.exec(text)?.[1];
    const what = operation === undefined ? 'a collective operation' : operation;
    const long = limit === undefined ? 'longer than allowed' : `${Number(limit) / 1000} s`;
    return { kind, message: `rank ${rank} waited ${long} for the others in ${what}` };
  }
  const gloo = GLOO.exec(body);
  if (gloo !== null) return { kind, message: `a rank waited ${Number(gloo[1]) / 1000} s for another (${gloo[2]})` };
  const stuck = text.includes('watchdog got stuck') ? STUCK.exec(text) : null;
  if (stuck !== null)
    return { kind, message: `rank ${stuck[1]} waited ${stuck[2]} s and reached no end, nor its watchdog` };
  const store = STORE.exec(body);
  if (store !== null)
    return { kind, message: `a rank waited ${Number(store[1]) / 1000} s for what another did not tell it` };
  const meeting = MEETING.exec(body);
  if (meeting === null) return undefined;
  return { kind, message: `the ranks did not meet within ${meeting[1]} s: ${meeting[2]} came` };
}
