import { execFileSync } from 'node:child_process';
import { test } from 'vitest';

/* Tests of the engines that take too long for each change: `tests/long_*.py`. */

test('the long tests of the stages', () => {
  // Ends with another code than 0, and so throws, when one fails or none is found.
  execFileSync(process.execPath, ['scripts/test-stages.ts', '--long'], { stdio: 'inherit' });
});
