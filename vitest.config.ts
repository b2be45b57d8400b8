import { defineConfig } from 'vitest/config';
import { locateCluster } from './test/cluster/support/locate.ts';

/** Where a machine wants the results (`.ci/run`), beside what people read. */
const report = process.env['ILAB_TEST_REPORT'];

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const ALONE = 'test/cluster/**/*.alone.test.ts';

/** Where there is no cluster its tests are only named: a process for each file, with all its imports, took 40 s for that. */
const ONLY_NAMED = locateCluster() === undefined ? { isolate: false, maxWorkers: 1 } : {};

function slow(name: string, testTimeout: number, more = {}) {
  const include = [`test/${name}/**/*.test.ts`];
  return {
    extends: true as const,
    test: { name, include, testTimeout, hookTimeout: testTimeout, ...more },
  };
}

export default defineConfig({
  test: {
    // Of the fast suite and e2e, which run beside each other: a third of the time a file waits for programs it has started.
    maxWorkers: 3,
    allowOnly: false,
    // CI shares its machine; what needed a second try there is marked by the reporter and is a fault to look into.
    retry: process.env['CI'] === undefined ? 0 : 1,
    coverage: { include: ['src/**'] },
    // A second, as it is where nobody says, is short where the machine is busy; what is there is seen at once.
    expect: { poll: { timeout: 20 * SECOND } },
    reporters: [
      'default',
      './test/skipped-reporter.ts',
      ...(report === undefined ? [] : [['json', { outputFile: report }] as [string, { outputFile: string }]]),
    ],
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/{e2e,cluster,long}/**'],
          // Each takes some seconds at most; the machine may be busy.
          testTimeout: MINUTE,
          hookTimeout: MINUTE,
          // They share no state that a module keeps; each file with modules of its own takes five times as long.
          isolate: false,
        },
      },
      // What runs the built program has the longest files. They begin first, since vitest takes the projects of a group by their
      // names, and the fast ones fill what time they leave.
      // What they share lies in no module either, but in folders of their own.
      slow('e2e', 5 * MINUTE, { isolate: false, sequence: { groupOrder: 0 } }),
      // They share one cluster, each in namespaces of its own, and wait for it most of their time.
      slow('cluster', 10 * MINUTE, { exclude: [ALONE], maxWorkers: 4, sequence: { groupOrder: 1 }, ...ONLY_NAMED }),
      // What breaks it, or uses up what there is once, has it to itself.
      slow('cluster-alone', 10 * MINUTE, {
        ...{ include: [ALONE], fileParallelism: false, sequence: { groupOrder: 2 } },
        ...ONLY_NAMED,
      }),
      slow('long', 60 * MINUTE, { maxWorkers: 2, sequence: { groupOrder: 3 } }),
    ],
  },
});
