import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { LiveLog } from '../../../src/ui/ink/live-log.ts';

const MIB = 1024 * 1024;
const SHOWN = { run: 'weekly-47', stage: 'train', attempt: 1, goesOn: true };

/** MiB that are in use once everything is collected that nobody refers to. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / MIB;
}

test('a log that goes on for days is held in bounded memory: its last lines, and nothing that they were cut from', async () => {
  async function* follow() {
    for (let number = 1; number <= 80; number += 1) {
      const read = Buffer.alloc(MIB / 4, '.');
      const length = read.write(`line ${number} of a training that says much`);
      yield [read.toString('latin1').slice(0, length)];
    }
  }
  const before = heapInUse();
  const changed = vi.fn();
  const log = new LiveLog(follow, changed);
  log.show(SHOWN);
  await vi.waitFor(() => expect(log.view(false).lines.at(-1)).toBe('line 80 of a training that says much'));

  expect(log.view(false).lines).toHaveLength(60);
  // Each line would hold a quarter of a MiB.
  expect(heapInUse() - before).toBeLessThan(5);
  expect(changed).toHaveBeenCalled();
});
