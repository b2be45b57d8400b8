/*
 * What a cluster says comes from strangers: registries, webhooks, images. Before it stands in a sentence of ours, nothing
 * in it may move a cursor, hide text or fill a screen.
 */

const LONGEST_QUOTE = 300;

/** Controls, invisible format characters, line separators, halves of surrogate pairs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

/** Escape sequences as a whole: without their first byte, the rest would stand there as text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const SEQUENCE = /[\u001b\u009b](?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\[?[0-9;:?]*[ -/]*[@-~]?)/g;

/** A foreign text as one short line without anything but visible characters. */
export function clean(text: string | undefined, most = LONGEST_QUOTE): string {
  const line = (text ?? '')
    .slice(0, 8 * most)
    .replace(SEQUENCE, ' ')
    .replace(UNSAFE, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= most ? line : `${cut(line, most - 3)}...`;
}

/** Never half of a character. */
function cut(line: string, length: number): string {
  return line.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}

/** `2 GPUs`, `1 GPU`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
