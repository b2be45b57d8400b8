import { describe, expect, test } from 'vitest';
import { failureOfExit } from '../../../src/domain/attempt/exit-code.ts';

const killed = { name: 'main', role: 'main', command: 'train', exitCode: 137, signal: 'SIGKILL' } as const;

describe('who sent SIGKILL', () => {
  test.each([
    [{}, 'it was ended by SIGKILL, sent by somebody else or by a kernel that was short of memory'],
    [{ memoryRanOut: false }, 'it was ended by SIGKILL, sent by somebody else'],
    [
      { memoryRanOut: true, detail: 'epoch 2' },
      'it was ended by SIGKILL, and the kernel killed processes meanwhile because memory ran out: epoch 2',
    ],
  ])('%j: nothing is guessed', (known, message) => {
    expect(failureOfExit({ ...killed, ...known })).toMatchObject({ class: 'user', reason: 'signal', message });
  });
});
