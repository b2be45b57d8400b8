import type { Warning } from '../attempt/progress.ts';

const XID = /^(?:NVRM: )?Xid \([^)"'{}]{1,60}\): (\d{1,4}), ?/;
const ECC =
  /^(?:[\w.]{0,60}\.)?(?:RuntimeError|AcceleratorError|CudaError): CUDA error: uncorrectable ECC error encountered/;
const OFF_THE_BUS = /^(?:NVRM: )?GPU(?: at)? [^"'{}]{0,80}has fallen off the bus/;

/*
 * What NVIDIA's driver says by number, and what to do at once, is in its catalogue:
 * https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
 */

/** In other words; any number that is in none of these tables is a fault, too. */
const XIDS: Readonly<Record<string, string>> = {
  '46': 'it stopped computing',
  '48': 'an error in its memory that cannot be corrected',
  '54': 'its power cable is not connected',
  '62': 'a controller within it halted',
  '64': 'a row of its memory could not be taken out of use',
  '74': 'an error of NVLink',
  '79': 'it has fallen off the bus',
  '94': 'an error in its memory, which ended the program',
  '95': 'an error in its memory, which harms every program on it',
  '109': 'it did not change from one program to another in time',
  '110': 'a fault of its security engine',
  '119': 'its own processor does not answer',
  '120': 'its own processor failed',
  '136': 'a link of NVLink could not be set up',
  '140': 'an error in its memory that cannot be corrected',
  '143': 'it could not be initialised',
  ...Object.fromEntries(numbers('144-150').map((xid) => [xid, 'an error of NVLink'])),
  '155': 'a link of NVLink went down',
  '156': 'a part of it is to be taken out of use by a reset',
  '158': 'it did not answer in time',
  '167': 'PCI Express did not answer in time',
  '171': 'an error in its memory that cannot be corrected',
  '172': 'an error in its memory that cannot be corrected',
};

/** To be followed by a new start of the program alone: it used an address that is not there, a command that is none, a kernel that was ended. */
const OF_PROGRAMS = new Set(
  numbers('8 11 13 25 31 32 39-41 43 45 60 68-72 75-77 80 82-86 88 89 96-105 126-135 137 139'),
);
/**
 * To be followed by nothing: it mended itself and computes on (a row or channel taken out of use: 63, 160; a corrected error of the link
 * to the processor: 121; smoothing of power: 162 to 165), or it is a test or a matter of the driver.
 */
const IGNORED = new Set(numbers('14 37 38 44 63 66 67 92 93 106-108 121 141 152 153 157 160-165'));
/** What says of itself that nothing follows from it: of NVLink (144 to 150), and that no reset is needed any more (154). */
const HARMLESS = /^(?:14[4-9]|150), ?.{0,200}\bNon-?fatal\b|^154, ?.{0,200} to \w{1,10} \(None\)/i;
/** `GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)`. */
const RECOVERY = /^154, ?.{0,200} to \w{1,10} \(([\w ]{1,40})\)/;

/** A GPU that is itself at fault; of a program's own fault nothing is said here. */
export function brokenGpu(text: string, body: string): Pick<Warning, 'kind' | 'message'> | undefined {
  const kind = 'gpu-fault';
  const xid = XID.exec(body)?.[1];
  if (xid !== undefined) {
    const told = body.slice(body.indexOf(': ', body.indexOf('Xid (')) + 2);
    if (OF_PROGRAMS.has(xid) || IGNORED.has(xid) || HARMLESS.test(told)) return undefined;
    const why = reasonOf(xid, told) ?? (text.includes('fallen off the bus') ? XIDS['79'] : undefined);
    return { kind, message: `a GPU reports Xid ${xid}${why === undefined ? '' : `: ${why}`}` };
  }
  if (ECC.test(body)) return { kind, message: 'a GPU reports an error in its memory that cannot be corrected (ECC)' };
  return OFF_THE_BUS.test(body) ? { kind, message: 'a GPU has fallen off the bus' } : undefined;
}

function reasonOf(xid: string, told: string): string | undefined {
  const action = xid === '154' ? RECOVERY.exec(told)?.[1] : undefined;
  return action === undefined ? XIDS[xid] : `its driver asks for "${action}"`;
}

/** `13 39-41`: each of them. */
function numbers(text: string): readonly string[] {
  return text.split(' ').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
  });
}
