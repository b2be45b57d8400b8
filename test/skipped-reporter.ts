import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';

const NEEDS_CLUSTER = 'needs a cluster';
/** Lies outside the clone, which must be testable alone. */
const NEEDS_PUBLIC_TAXONOMY = 'needs ../shared/data';
const MAY_BE_MISSING: readonly string[] = [NEEDS_CLUSTER, NEEDS_PUBLIC_TAXONOMY];

interface Skip {
  readonly reason: string;
  readonly test: string;
}

/**
 * Says at the end which tests did not run and why, so that a skip is never mistaken for a pass. Where everything a test
 * can need is installed (`CI`), only a cluster and data outside the clone may be
 * missing: any other skip fails the run.
 */
export default class SkippedReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const vitest = this.#vitest;
    // Whoever names the tests to run knows that the others do not.
    if (vitest === undefined || vitest.config.testNamePattern !== undefined) return;
    const skips = modules.flatMap((module) => [...module.children.allTests('skipped')].map(toSkip));
    for (const { reason, test } of skips) vitest.logger.log(`skipped: ${reason}: ${test}`);
    if (process.env['CI'] !== undefined && skips.some(({ reason }) => !MAY_BE_MISSING.includes(reason))) {
      vitest.logger.error(`In CI tests may be skipped only where the reason is: ${MAY_BE_MISSING.join(', ')}.`);
      process.exitCode = 1;
    }
  }
}

function toSkip(test: TestCase): Skip {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  const missing = test.project.name.startsWith('cluster') ? NEEDS_CLUSTER : 'no reason given';
  return { reason: note ?? missing, test: `${test.module.relativeModuleId} > ${test.fullName}` };
}
