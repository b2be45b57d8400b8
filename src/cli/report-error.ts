import { UserError } from '../domain/errors.ts';
import { maskTokens } from '../domain/token-shapes.ts';
import type { Output } from './context.ts';

const BUG_EXIT_CODE = 70;
const REPORT_TO = 'https://github.com/instructlab/ilab-backend/issues';

/** Tells the person what stopped the command and returns its exit code. A bug of ours shows its trace, a fault of theirs never. */
export function reportError(error: unknown, stderr: Output, home: string): number {
  if (error instanceof UserError) {
    stderr.write(`ilab-backend: ${error.message}\n`);
    if (error.hint !== '') stderr.write(`  ${error.hint}\n`);
    return error.exitCode;
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(`ilab-backend: this is a bug of ilab-backend; please report it with these lines: ${REPORT_TO}\n`);
  stderr.write(`${redact(trace, home)}\n`);
  return BUG_EXIT_CODE;
}

/** Traces go into public issues: no home folder, nothing that looks like a token. */
function redact(text: string, home: string): string {
  const shown = home === '' || home === '/' ? text : text.replaceAll(home, '~');
  return maskTokens(shown);
}
