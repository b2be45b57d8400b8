import { expect } from 'vitest';
import type { Ended } from './program.ts';

/** What the program says when it stops: one message that matches, what to do next, the exit code, and nothing else. */
export function expectFault(ended: Ended, exitCode: number, message: RegExp): void {
  expect({ exitCode: ended.exitCode, stdout: ended.stdout }, ended.stderr).toEqual({ exitCode, stdout: '' });
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr.match(/^ilab-backend: /gm), ended.stderr).toHaveLength(1);
  expect(ended.stderr, 'a next step').toMatch(/^ilab-backend: [\s\S]+\n {2}\S/);
  expectNoTrace(ended);
}

/** How a program ended that had begun a run: the code and what was said, without a trace. */
export function expectEnd(ended: Ended, exitCode: number, ...messages: readonly RegExp[]): void {
  expect(ended.exitCode, ended.stderr).toBe(exitCode);
  for (const message of messages) expect(ended.stderr).toMatch(message);
  expectNoTrace(ended);
}

export function expectNoTrace({ stdout, stderr }: Ended): void {
  for (const text of [stdout, stderr]) {
    expect(text).not.toMatch(/\n\s+at .+:\d+:\d+/);
    expect(text).not.toContain('bug of ilab-backend');
    expect(text).not.toMatch(/\b(undefined|NaN|\[object Object\])\b/);
  }
}
