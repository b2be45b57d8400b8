import type { FailureReason } from '../../../src/domain/attempt/outcome.ts';
import { ERRORS, type ErrorCode } from '../../../src/domain/errors.ts';
import { ERROR_TEXTS } from '../../../src/domain/explain/error-texts.ts';
import { exitCodeOf } from '../../../src/domain/explain/explain-error.ts';
import { FAILURE_TEXTS } from '../../../src/domain/explain/failure-texts.ts';

const HEAD = `# Errors

<!-- Made from the catalogue: scripts/with-node vitest run --project fast test/domain/explain/errors-page.test.ts -u -->

Whatever stops a command has a code, one exit code and a hint. It is printed on stderr:

\`\`\`
ilab-backend: there is no run weekly-47 in the state folder ~/.local/state/ilab-backend
  see the runs: \`ilab-backend list\`
  more: ilab-backend explain not-found (docs/errors.md#not-found)
\`\`\`

With \`-o json\` it is the last line of stderr, as one JSON object; stdout has documents and events only:

\`\`\`json
{"error":{"code":"not-found","message":"there is no run weekly-47 in ...","hint":"see the runs: ...","docs":"docs/errors.md#not-found","exitCode":7}}
\`\`\`

The codes are stable: scripts may compare them. \`ilab-backend explain CODE\` prints what this page says of one, and where the page lies: it comes with the program. A stage that fails is no error of the program: [below](#why-a-stage-failed).
For whoever shall help, \`ilab-backend diagnose RUN\` writes one file with everything about a run and no secret.
`;

const BUG = `### bug

Exit code 70. This is a bug of ilab-backend: something happened that nobody thought of. The trace has no home folder in it and nothing that looks like a token.

What to do:

- report it with the lines that were printed: https://github.com/instructlab/ilab-backend/issues
- \`ilab-backend diagnose RUN\` makes the file to attach; look into it before you send it
- \`ilab-backend resume RUN\` goes on: what is recorded is recorded`;

const STAGES = `## Why a stage failed

The outcome of an attempt has a \`reason\`, a word for programs (\`status RUN -o json\`), and a \`class\` that decides whether it is tried again by itself: \`retry.<class>\` of the stage says how often.
\`config\`: what was configured cannot work, and is never repeated. \`infra\`: what it ran on failed. \`user\`: the stage's own program failed. On a cluster there is a code for each sentence: [troubleshooting](troubleshooting.md).`;

const OTHERWISE = `### Outcome: lost

Exit code 9. Its object vanished before its outcome was seen. It may have had its effect, so only a person repeats it: \`ilab-backend resume RUN\`.

### Outcome: cancelled

Exit code 10. It was ended on request: \`cancel\`, or \`--timeout\` of \`run\` and \`resume\`. \`ilab-backend resume RUN\` goes on.`;

/** docs/errors.md, from the catalogue of errors and that of the reasons of outcomes. */
export function errorsPage(): string {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  const reasons = Object.keys(FAILURE_TEXTS) as FailureReason[];
  return `${[
    HEAD.trimEnd(),
    '## Codes',
    table(['code', 'exit', 'meaning'], codes.map(codeRow)),
    ...codes.map(codeSection),
    BUG,
    STAGES,
    table(['reason', 'class', 'exit', 'meaning'], reasons.map(reasonRow)),
    ...reasons.map(reasonSection),
    OTHERWISE,
  ].join('\n\n')}\n`;
}

function codeRow(code: ErrorCode): readonly string[] {
  return [`[\`${code}\`](#${code})`, String(ERRORS[code].exitCode), firstSentence(ERROR_TEXTS[code].meaning)];
}

function codeSection(code: ErrorCode): string {
  const { meaning, causes, remedies } = ERROR_TEXTS[code];
  return [`### ${code}`, `Exit code ${ERRORS[code].exitCode}. ${meaning}`, ...lists(causes, remedies)].join('\n\n');
}

function reasonRow(reason: FailureReason): readonly string[] {
  const { classes, meaning } = FAILURE_TEXTS[reason];
  return [
    `[\`${reason}\`](#outcome-${reason})`,
    classes.join(', '),
    String(exitCodeOf(reason)),
    firstSentence(meaning),
  ];
}

function reasonSection(reason: FailureReason): string {
  const { classes, meaning, causes, remedies } = FAILURE_TEXTS[reason];
  const facts = `Class ${classes.map((one) => `\`${one}\``).join(', ')}; exit code ${exitCodeOf(reason)}.`;
  return [`### Outcome: ${reason}`, `${facts} ${meaning}`, ...lists(causes, remedies)].join('\n\n');
}

function lists(causes: readonly string[], remedies: readonly string[]): readonly string[] {
  return [`Usual causes:\n\n${bullets(causes)}`, `What to do:\n\n${bullets(remedies)}`];
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

function firstSentence(text: string): string {
  return /^.+?[.:](?= |$)/.exec(text)?.[0].slice(0, -1) ?? text;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
