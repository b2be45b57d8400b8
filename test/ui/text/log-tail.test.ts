import { expect, test } from 'vitest';
import { withoutSaid } from '../../../src/ui/text/log-tail.ts';

const said = 'it found its input or parameters at fault (exit code 64): published in part: 1 of 4 steps not done';

test('what the outcome has said is not shown once more; what led to it is', () => {
  const outcome = { kind: 'failed', class: 'user', reason: 'bad-input', message: said } as const;
  const lines = ['uploading', 'error: published in part: 1 of 4 steps not done', 'error: another', 'error: '];
  expect(withoutSaid(lines, outcome)).toEqual(['uploading', 'error: another', 'error: ']);
});

test('the last line of a traceback stays', () => {
  const outcome = { kind: 'failed', class: 'user', reason: 'exit', message: 'exit code 1: KeyError: x' } as const;
  expect(withoutSaid(['Traceback', 'KeyError: x'], outcome)).toEqual(['Traceback', 'KeyError: x']);
});
