/** A line as the runtime wrote it or as somebody read it; `marker`: a note of ours. */
export interface Read {
  readonly time: string;
  readonly text: string;
  readonly marker?: true;
}

/** How what was read differs from what was on the node's disk. */
export interface Figures {
  /** Lines, or pieces of lines, that are missing. */
  readonly lost: number;
  readonly doubled: number;
  /** Lines that were on no disk and are in no mark: a kubelet glues the pieces of two lines where it passes over a file. */
  readonly foreign: number;
  /** Stretches that are missing, which no mark covers. */
  readonly unmarked: number;
  readonly marks: number;
  /** Marks where nothing is missing. */
  readonly empty: number;
}

interface Mark {
  readonly from: string;
  readonly to: string;
}

/** `<time> <stream> <tag> <text>`, one after the other: the pieces of a line that is in more than one are not joined. */
export function diskLines(files: string): readonly Read[] {
  const lines = files.split('\n').slice(0, -1);
  return lines.map((line) => {
    const [, time = '', text = ''] = /^(\S+) \S+ [FP] (.*)$/.exec(line) ?? [];
    if (time === '') throw new Error(`no line of a runtime: ${line}`);
    return { time: padded(time), text };
  });
}

/** The runtime leaves trailing zeros out, the kubelet sends nine digits. */
function padded(time: string): string {
  const [seconds = '', fraction = ''] = time.slice(0, -1).split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}Z`;
}

/** `<time> <text>`. */
export function stamped(line: string): Read {
  const space = line.indexOf(' ');
  return { time: line.slice(0, space), text: line.slice(space + 1) };
}

/** The numbers of numbered lines (`n 123`) that are whole somewhere, also when the runtime divided a line between two files. */
export function numbersOf(disk: readonly Read[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (let at = 0; at < disk.length; at += 1) {
    const text = disk[at]?.text ?? '';
    const number = /^n (\d+)(?= \.+$|$)/.exec(text)?.[1] ?? /^n (\d+)/.exec(text + (disk[at + 1]?.text ?? ''))?.[1];
    if (number !== undefined) found.add(Number(number));
  }
  return found;
}

/** Compares by stamp and text, so a line is known wherever it stands. */
export function figures(disk: readonly Read[], read: readonly Read[]): Figures {
  const { isThere, doubled, foreign } = matched(disk, read);
  const marks = read.filter(({ marker }) => marker === true).map(rangeOf);
  const stretches = missing(disk, isThere);
  return {
    lost: isThere.filter((there) => !there).length,
    doubled,
    foreign: foreign.filter((line) => !marks.some((mark) => mark.from <= line && mark.to >= line)).length,
    unmarked: stretches.filter(({ from, to }) => !marks.some((mark) => mark.from <= from && mark.to >= to)).length,
    marks: marks.length,
    empty: marks.filter((mark) => !stretches.some(({ from, to }) => mark.from <= from && mark.to >= to)).length,
  };
}

/** Which lines of the disk were read. */
function matched(disk: readonly Read[], read: readonly Read[]) {
  const places = Map.groupBy(disk.keys(), (at) => keyOf(disk[at]));
  const begins = new Map(disk.map(({ time }, at) => [time, at]));
  const isThere = disk.map(() => false);
  let doubled = 0;
  const foreign: string[] = [];
  for (const { time, text, marker } of read) {
    if (marker === true) continue;
    const found = places.get(keyOf({ time, text }));
    const at = found?.shift();
    if (at !== undefined) {
      if (isThere[at]) doubled += 1; // a piece of a line that came whole before
      isThere[at] = true;
    } else if (found !== undefined) doubled += 1;
    else if (!joined(disk, isThere, { at: begins.get(time), text })) foreign.push(time);
  }
  return { isThere, doubled, foreign };
}

/** A line that the runtime divided comes whole, with the stamp of its first piece. */
function joined(disk: readonly Read[], isThere: boolean[], line: { at: number | undefined; text: string }): boolean {
  const { at, text } = line;
  if (at === undefined) return false;
  for (let [to, whole] = [at, '']; to < disk.length && whole.length < text.length; to += 1) {
    whole += disk[to]?.text;
    if (whole !== text) continue;
    if (isThere.slice(at, to + 1).includes(true)) return false;
    isThere.fill(true, at, to + 1);
    return true;
  }
  return false;
}

/** The stretches that are missing, each by the stamps of the lines beside it. */
function missing(disk: readonly Read[], isThere: readonly boolean[]): readonly Mark[] {
  const found: Mark[] = [];
  for (let at = 0; at < disk.length; at += 1) {
    if (isThere[at]) continue;
    let to = at;
    while (to < disk.length && !isThere[to]) to += 1;
    // Before the first and after the last line there is none beside it: what is missing itself has to be in the mark.
    found.push({ from: disk[at - 1]?.time ?? disk[at]?.time ?? '', to: disk[to]?.time ?? disk[to - 1]?.time ?? '' });
    at = to;
  }
  return found;
}

/** Which lines a mark tells of, by what it says. */
function rangeOf({ time, text }: Read): Mark {
  const [, from, to] = /lines between (\S+) and (\S+)\]$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) return { from, to };
  const [, after] = /lines after (\d[^\s;\]]+)/.exec(text) ?? [];
  if (after !== undefined || text.includes('the log ends here')) return { from: after ?? time, to: '9' };
  if (text.includes('first read after the start')) return { from: '', to: time };
  throw new Error(`no mark that this test knows: ${text}`);
}

const keyOf = (line: Read | undefined): string => `${line?.time} ${line?.text}`;
