import { constants } from 'node:os';
import { failureOfExit } from '../../../domain/attempt/exit-code.ts';
import type { Outcome } from '../../../domain/attempt/outcome.ts';
import type { ContainerSpec } from '../attempt-spec.ts';
import { memoryKills } from './memory-kills.ts';

/**
 * The outcome of a container that ended with a code other than 0; `detail` is what it said last, if anything,
 * `killsBefore` what `memoryKills` said before it began.
 */
export function failureOf(
  container: ContainerSpec,
  exitCode: number,
  detail: string | undefined,
  killsBefore: number | undefined,
): Extract<Outcome, { kind: 'failed' }> {
  const { name, role, argv } = container;
  const signal = signalName(exitCode);
  const kills = memoryKills();
  return failureOfExit({
    name,
    role,
    command: argv[0] ?? '',
    exitCode,
    ...(signal === undefined ? {} : { signal }),
    ...(kills === undefined || killsBefore === undefined ? {} : { memoryRanOut: kills > killsBefore }),
    ...(detail === undefined ? {} : { detail }),
  });
}

/** 128 + N is how shells and container runtimes tell signal N. */
function signalName(exitCode: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0];
}
