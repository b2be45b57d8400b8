import type { Problem } from '../../domain/pipeline/source-file.ts';

/**
 * The form people see, one block a problem: `file:line:column: message`, the source line, a marker below the place,
 * and the hint. No line end after the last line.
 */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join('\n\n');
}

function formatProblem(problem: Problem): string {
  const number = String(problem.line);
  const margin = ' '.repeat(number.length);
  const { text, before, length } = window(problem);
  const lines = [
    shown(`${problem.file}:${problem.line}:${problem.column}: ${problem.message}`),
    ` ${number} | ${shown(text)}`.trimEnd(),
    ` ${margin} | ${blank(before)}^${'~'.repeat(length - 1)}`,
  ];
  if (problem.hint !== undefined) lines.push(shown(` ${margin} = ${problem.hint}`));
  return lines.join('\n');
}

const WIDEST = 160;

/** The line, or of a very long one the part around the marker; `before` is what stands left of the marker. */
function window({ sourceLine, column, length }: Problem) {
  if (sourceLine.length <= WIDEST) return { text: sourceLine, before: sourceLine.slice(0, column - 1), length };
  const from = Math.max(0, column - 1 - WIDEST / 2);
  const left = from === 0 ? '' : '...';
  const to = from + WIDEST;
  const text = `${left}${sourceLine.slice(from, to)}${to < sourceLine.length ? '...' : ''}`;
  return { text, before: left + sourceLine.slice(from, column - 1), length: Math.min(length, to - column + 1) };
}

/** Control characters of a hostile file must not reach the terminal; one character each, so the marker still fits. */
function shown(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced.
  return line.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

const WIDE = /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/gu;

/** White space as wide as the text: tabs stay tabs so that the marker lines up at any tab width. */
function blank(text: string): string {
  return text.replace(WIDE, '  ').replace(/[^\t]/gu, ' ');
}
