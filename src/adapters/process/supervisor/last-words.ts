import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { maskTokens } from '../../../domain/redaction/token-shapes.ts';
import { parseCriLine } from '../../logs/cri-line.ts';
import type { Masker } from '../../logs/masking.ts';

/** A kubelet keeps no more of a termination log. */
const TERMINATION_LIMIT = 4096;
const TAIL_BYTES = 64 * 1024;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/** What a failed container said of its end: the first line of its termination log, else its last line on stderr. */
export function lastWords(terminationLog: string, log: string, masker: Masker): string | undefined {
  return firstLine(terminationLog, masker) ?? lastErrorLine(log);
}

function firstLine(path: string, masker: Masker): string | undefined {
  const text = readPart(path, () => 0, TERMINATION_LIMIT).toString('utf8');
  // A result is not a sentence.
  return text.startsWith('{') ? undefined : firstSaying(maskTokens(masker.text(text)).split('\n'));
}

/** The log is masked already. */
function lastErrorLine(path: string): string | undefined {
  const lines = readPart(path, (size) => Math.max(0, size - TAIL_BYTES), TAIL_BYTES)
    .toString('latin1')
    .split('\n')
    .map((line) => Buffer.from(line, 'latin1'))
    .filter(isError)
    .map((line) => line.subarray(parseCriLine(line)?.textAt).toString('utf8'));
  return firstSaying(lines.reverse());
}

function isError(line: Buffer): boolean {
  const parsed = parseCriLine(line);
  return parsed?.stream === 'stderr' && parsed.tag !== 'N';
}

function firstSaying(lines: readonly string[]): string | undefined {
  return lines
    .map((line) =>
      line
        .replace(CONTROL, ' ')
        .trim()
        .replace(/^error: /i, ''),
    )
    .find((line) => line !== '');
}

/** Both files may be anything: a container can write to one of them, and neither has to be there. */
function readPart(path: string, from: (size: number) => number, length: number): Buffer {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(file);
      if (!stat.isFile()) return Buffer.alloc(0);
      const buffer = Buffer.allocUnsafe(length);
      return buffer.subarray(0, readSync(file, buffer, 0, length, from(stat.size)));
    } finally {
      closeSync(file);
    }
  } catch {
    return Buffer.alloc(0);
  }
}
