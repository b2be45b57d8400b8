import { UserError } from '../domain/errors.ts';
import { maskTokens } from '../domain/redaction/token-shapes.ts';
import { type TypedPlace, withPlace } from '../domain/typed-place.ts';
import { printableJson } from '../ui/text/printable-json.ts';
import type { Output } from './context.ts';

const BUG_EXIT_CODE = 70;
const REPORT_TO = 'https://github.com/instructlab/ilab-backend/issues';

/** To whom an error is told. */
export interface Audience {
  /** The person's home folder, which no trace shows. */
  readonly home: string;
  /** A program that asked for `-o json`. */
  readonly isProgram: boolean;
  /** What they typed to say where runs are. */
  readonly place?: TypedPlace;
}

/** What a program reads on stderr under `-o json`: one line, the last one. */
interface ErrorObject {
  /** A code of the catalogue, or `bug`. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly docs: string;
  readonly exitCode: number;
  /** Of a bug only. */
  readonly trace?: string;
}

/** Tells what stopped the command and returns its exit code. A bug of ours shows its trace, a fault of theirs never. */
export function reportError(error: unknown, stderr: Output, { home, isProgram, place }: Audience): number {
  const told = error instanceof UserError ? faultOf(error, place) : bugOf(error, home);
  stderr.write(isProgram ? `${printableJson({ error: told })}\n` : textOf(told));
  return told.exitCode;
}

/** Whether the words that were typed ask for JSON, however the rest of them is to be understood. */
export function asksForJson(argv: readonly string[]): boolean {
  return argv.some((word, index) => {
    if (word === '-o' || word === '--output') return argv[index + 1] === 'json';
    return word === '-ojson' || word === '--output=json';
  });
}

function faultOf({ code, message, hint, docs, exitCode }: UserError, place: TypedPlace | undefined): ErrorObject {
  return { code, message: withPlace(message, place), hint: withPlace(hint, place), docs, exitCode };
}

function bugOf(error: unknown, home: string): ErrorObject {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: 'bug',
    message: 'this is a bug of ilab-backend',
    hint: `please report it with these lines: ${REPORT_TO}`,
    docs: 'docs/errors.md#bug',
    exitCode: BUG_EXIT_CODE,
    trace: redact(trace, home),
  };
}

function textOf({ code, message, hint, docs, trace }: ErrorObject): string {
  if (trace !== undefined) return `ilab-backend: ${message}; ${hint}\n${trace}\n`;
  return [
    `ilab-backend: ${message}`,
    ...(hint === '' ? [] : [`  ${hint}`]),
    `  more: ilab-backend explain ${code} (${docs})`,
    '',
  ].join('\n');
}

/** Traces go into public issues: no home folder, nothing that looks like a token. */
function redact(text: string, home: string): string {
  return maskTokens(shortenHome(text, home));
}

/** The home folder tells a name, and nothing that helps. */
export function shortenHome(text: string, home: string): string {
  return home === '' || home === '/' ? text : text.replaceAll(home, '~');
}
