/** The longest text a family looks at; what a trainer says of itself is far shorter. */
const LONGEST = 4096;
/** The longest progress line of ours that is read: it may hold a count for each of many leaves. */
export const LONGEST_OWN = 64 * 1024;
/** Redraws of a bar that are looked at, from the end of a line. */
const REDRAWS = 8;

/**
 * What a line is made of: a bar (tqdm) redraws itself with `\r` in one line, so each part is one state of it, and only the
 * last ones count. Of a longer line the beginning, or of its redraws the end.
 */
export function segmentsOf(line: string): readonly string[] {
  if (!line.includes('\r')) return [line.length > LONGEST ? line.slice(0, LONGEST) : line];
  const parts = line
    .slice(-LONGEST * REDRAWS)
    .split('\r')
    .filter((part) => part.trim() !== '');
  return parts.slice(-REDRAWS).map((part) => part.slice(0, LONGEST));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours are made of
const COLOUR = /\u001b\[[\d;]{0,20}m/g;

/** The text without the sequences that colour it on a terminal; others stay. */
export function withoutColour(text: string): string {
  return text.includes('\u001b') ? text.replace(COLOUR, '') : text;
}

/** Before each line where torchrun writes the output of its ranks into one (`--tee`): `[default1]:`. */
const RANK = /^\[[A-Za-z][\w-]{0,30}?(\d{1,5})\]: ?/;

/** What a rank said, and which one; without a mark it is the only one, or the one that speaks for all. */
export function ofRank(text: string): { readonly rank: number; readonly said: string } {
  const mark = text.startsWith('[') ? RANK.exec(text) : null;
  return mark === null ? { rank: 0, said: text } : { rank: Number(mark[1]), said: text.slice(mark[0].length) };
}

/** Longest evidence; a person sees the line whole in the log. */
const EVIDENCE = 400;

/** A line as a warning shows it. */
export function evidenceOf(text: string): string {
  return withoutColour(text).trim().slice(0, EVIDENCE);
}

/** What torchrun, loggers, containers and the system's log put before what a program says, one piece: `[rank0]:`, `(Engine pid=1)`, `ERROR`, a time. */
const PIECE =
  /\s+|\[[^\]"'{}]{0,120}\]:?|[A-Z][a-z]{2} {1,2}\d{1,2} [\d:]{8} [\w.-]{1,63} kernel:|\([A-Za-z][^()"'{}]{0,60}\)|(?:ERROR|WARNING|INFO|CRITICAL|FATAL)\b:?|[EWIF]\d{4}\b|\d[\d:.,TZ/-]{3,40}(?=\s)|[\w./-]{1,80}:\d+\]|-(?=\s)/y;
const PIECES = 12;

/** Where what the program itself says begins, after at most twelve pieces. */
export function bodyAt(text: string): number {
  let at = 0;
  for (let piece = 0; piece < PIECES; piece += 1) {
    PIECE.lastIndex = at;
    if (!PIECE.test(text)) break;
    at = PIECE.lastIndex;
  }
  return at;
}
