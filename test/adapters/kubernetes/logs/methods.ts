import { lineKey } from '../../../../src/adapters/kubernetes/logs/lines/line-key.ts';
import { LineSplitter, type RawLine } from '../../../../src/adapters/kubernetes/logs/lines/line-splitter.ts';
import { LogWindow } from '../../../../src/adapters/kubernetes/logs/lines/log-window.ts';
import type { KubeletModel } from './kubelet-model.ts';

/** What a method has stored: lines `<time> <text>`, and GAP where it says that some may be missing. */
export type Stored = readonly string[];

export const GAP = 'gap';

export type Method = (kubelet: KubeletModel) => Stored;

/** Ours: a window of stored lines, and the proof by overlap. */
export function windowAndProof(kubelet: KubeletModel): Stored {
  const stored: (RawLine | typeof GAP)[] = [];
  let window = new LogWindow();
  for (let isOver = false; !isOver; ) {
    window.begin();
    const { bytes, isWhole } = kubelet.connect(window.since);
    let [fresh, isDoubtful] = [0, false];
    for (const line of split(bytes)) {
      const verdict = window.judge(line.time, lineKey(line));
      if (verdict === 'doubtful') {
        isDoubtful = true;
        break;
      }
      if (verdict === 'seen') continue;
      if (verdict === 'gap') stored.push(GAP);
      stored.push(line);
      fresh += 1;
    }
    if (isDoubtful && window.resumeFrom !== undefined) window = remade(stored, window.resumeFrom);
    isOver = isWhole && !isDoubtful && fresh === 0;
  }
  return stored.map((line) => (line === GAP ? GAP : `${line.time} ${line.text}`));
}

function remade(stored: readonly (RawLine | typeof GAP)[], high: string): LogWindow {
  const window = new LogWindow(high);
  const since = `${(window.since ?? '').slice(0, -1)}.000000000Z`;
  for (const line of stored) if (line !== GAP && line.time >= since) window.restore(line.time, lineKey(line));
  return window;
}

/** Whatever is later than the last line. */
export function highWaterMark(kubelet: KubeletModel): Stored {
  const stored: string[] = [];
  let high = '';
  for (let isOver = false; !isOver; ) {
    const { bytes, isWhole } = kubelet.connect(high === '' ? undefined : high);
    for (const line of split(bytes)) {
      if (line.time <= high) continue;
      high = line.time;
      stored.push(`${line.time} ${line.text}`);
    }
    isOver = isWhole;
  }
  return stored;
}

/** As stern does: from the last second on, passing over as many lines as were seen of it; what is cut counts as a line. */
export function lastSecondAndCount(kubelet: KubeletModel): Stored {
  const stored: string[] = [];
  let [second, seen] = ['', 0];
  for (let isOver = false; !isOver; ) {
    const { bytes, isWhole } = kubelet.connect(second === '' ? undefined : `${second}Z`);
    let skip = seen;
    for (const line of [...split(bytes, true)]) {
      const now = line.time.slice(0, 19);
      if (now === second && skip > 0) {
        skip -= 1;
        continue;
      }
      if (now !== second) [second, seen, skip] = [now, 0, 0];
      seen += 1;
      stored.push(`${line.time} ${line.text}`);
    }
    isOver = isWhole;
  }
  return stored;
}

function* split(bytes: Buffer, withRest = false): Generator<RawLine> {
  const splitter = new LineSplitter();
  for (const item of splitter.feed(bytes)) if (item.kind === 'line') yield item;
  if (withRest) for (const item of splitter.rest()) if (item.kind === 'line') yield item;
}
