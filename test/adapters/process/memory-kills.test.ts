import { expect, test } from 'vitest';
import { parseMemoryKills } from '../../../src/adapters/process/supervisor/memory-kills.ts';

test.each([
  ['pgfault 1\noom_kill 3\nnuma_hit 7\n', 3],
  ['pgfault 1\n', undefined],
  ['drop_oom_kill 3\n', undefined],
])('what the kernel counts: %j', (text, kills) => {
  expect(parseMemoryKills(text)).toBe(kills);
});
