import { paint } from '../paint.ts';
import { symbolsFor } from '../symbols.ts';
import { cutTo } from '../text-width.ts';
import type { Look } from './stage-lines.ts';

/** The stages that fit, number `shown` (from 0) among them, and how many do not. */
export function fitStages(
  shown: number,
  wanted: readonly (readonly string[])[],
  room: number,
  look: Look,
): readonly string[] {
  const all = wanted.flat();
  if (all.length <= room) return all;
  // One stage may say more than there are rows: its first line always has its place.
  const blocks = wanted.map((lines) => lines.slice(0, Math.max(1, room - 1)));
  let from = Math.max(0, shown);
  let to = from;
  let used = 0;
  // Grows around the shown stage, forwards first: what comes next matters more than what is done.
  for (let grew = true; grew; ) {
    grew = false;
    const after = blocks[to]?.length ?? Number.POSITIVE_INFINITY;
    if (used + after <= room - 1) {
      used += after;
      to += 1;
      grew = true;
    }
    const before = blocks[from - 1]?.length ?? Number.POSITIVE_INFINITY;
    if (used + before <= room - 1) {
      used += before;
      from -= 1;
      grew = true;
    }
  }
  const hidden = [
    ...(from > 0 ? [`${from} before`] : []),
    ...(to < blocks.length ? [`${blocks.length - to} after`] : []),
  ];
  const note = cutTo(`  and ${hidden.join(', ')}`, look.columns, symbolsFor(look.unicode).cut);
  return [...blocks.slice(from, to).flat(), ...(room > 0 ? [paint('faint', note, look.color)] : [])];
}
