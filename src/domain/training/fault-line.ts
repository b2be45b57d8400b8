import type { Warning } from '../attempt/progress.ts';
import { bodyAt, evidenceOf, withoutColour } from './segments.ts';

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

const XID = /^(?:NVRM: )?Xid \([^)"'{}]{1,60}\): (\d{1,4}), ?/;
const ECC =
  /^(?:[\w.]{0,60}\.)?(?:RuntimeError|AcceleratorError|CudaError): CUDA error: uncorrectable ECC error encountered/;
const OFF_THE_BUS = /^(?:NVRM: )?GPU(?: at)? [^"'{}]{0,80}has fallen off the bus/;

/** What NVIDIA's driver says by number; the program at fault is told from the GPU at fault. */
const XIDS: Readonly<Record<string, string>> = {
  '48': 'an error in its memory that cannot be corrected',
  '64': 'a row of its memory could not be taken out of use',
  '74': 'an error of NVLink',
  '79': 'it has fallen off the bus',
  '94': 'an error in its memory, which ended the program',
  '95': 'an error in its memory, which harms every program on it',
  '119': 'its own processor does not answer',
  '120': 'its own processor failed',
};
/** The program did it: an address that is not there, a kernel that was ended. */
const OF_PROGRAMS = new Set(['13', '31', '43', '45', '68']);
/** It mended itself, and computes on: a row of memory taken out of use, a link's error corrected, memory marked for repair. */
const MENDED = new Set(['63', '121', '160']);
/** What says of itself that nothing follows from it: of NVLink (144 to 150), and that no reset is needed any more (154). */
const HARMLESS = /^(?:14[4-9]|150), ?.{0,200}\bNon-?fatal\b|^154, ?.{0,200} to \w{1,10} \(None\)/i;

function brokenGpu(text: string, body: string): Found | undefined {
  const kind = 'gpu-fault';
  const found = XID.exec(body);
  const xid = found?.[1];
  if (xid !== undefined) {
    const told = body.slice(body.indexOf(': ', body.indexOf('Xid (')) + 2);
    if (OF_PROGRAMS.has(xid) || MENDED.has(xid) || HARMLESS.test(told)) return undefined;
    const why = XIDS[xid] ?? (text.includes('fallen off the bus') ? XIDS['79'] : undefined);
    return { kind, message: `a GPU reports Xid ${xid}${why === undefined ? '' : `: ${why}`}` };
  }
  if (ECC.test(body)) return { kind, message: 'a GPU reports an error in its memory that cannot be corrected (ECC)' };
  return OFF_THE_BUS.test(body) ? { kind, message: 'a GPU has fallen off the bus' } : undefined;
}
