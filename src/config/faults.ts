import { type ErrorCode, UserError, type UserErrorOptions } from '../domain/errors.ts';
import type { Problem } from '../domain/pipeline/source-file.ts';
import { formatProblems } from '../template/schema/format-problems.ts';

/** A fault of something typed: a flag or a variable, which has no line to show. */
export interface TypedFault {
  /** As typed: `--set train.epochs=x`. */
  readonly where: string;
  readonly message: string;
  readonly hint?: string;
}

/** One thing that is wrong: what was typed, or a place in a file. */
export type Fault =
  | { readonly kind: 'typed'; readonly fault: TypedFault }
  | { readonly kind: 'file'; readonly problem: Problem };

/** The error of everything that is wrong with files and what was typed, with each fault by itself. */
export class ConfigFault extends UserError {
  readonly faults: readonly Fault[];
  /** Dotted names of parameters that nobody gave. */
  readonly missing: readonly string[];
  /** `NAME=VALUE` for each of these: the example that its schema has. */
  readonly examples: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    parts: Pick<ConfigFault, 'faults'> & Partial<Pick<ConfigFault, 'missing' | 'examples'>>,
    options: UserErrorOptions = {},
  ) {
    super(code, message, options);
    this.faults = parts.faults;
    this.missing = parts.missing ?? [];
    this.examples = parts.examples ?? [];
  }
}

/** One error for all faults of a command, so that people mend them in one go. */
export function refuse(
  code: ErrorCode,
  what: string,
  faults: readonly Fault[],
  options: { readonly hint?: string } = {},
): ConfigFault {
  return new ConfigFault(code, describeFaults(what, faults), { faults }, options);
}

/** What it is about, then one block a fault. */
export function describeFaults(what: string, faults: readonly Fault[]): string {
  const count = faults.length === 1 ? '' : ` (${faults.length} faults)`;
  return `${what}${count}\n\n${faults.map(showFault).join('\n\n')}\n`;
}

/** The hint where files cannot be read: whatever reads them says the same. */
export function toCorrect(problems: readonly Problem[]): string {
  const files = [...new Set(problems.map(({ file }) => file))];
  return `correct ${files.join(', ')}; docs/configuration.md has what may stand there`;
}

/** Each problem as a fault. */
export function fileFaults(problems: readonly Problem[]): readonly Fault[] {
  return problems.map((problem) => ({ kind: 'file', problem }));
}

/** A fault of what was typed: `where` is the flag as it stands on the line. */
export function typedFault(where: string, message: string, hint?: string): Fault {
  return { kind: 'typed', fault: { where, message, ...(hint === undefined ? {} : { hint }) } };
}

/** A fault as people see it. */
export function showFault(fault: Fault): string {
  if (fault.kind === 'file') return formatProblems([fault.problem]);
  const { where, message, hint } = fault.fault;
  return `${where}: ${message}${hint === undefined ? '' : `\n = ${hint}`}`;
}
