import type { FailureClass, FailureReason } from '../../../domain/attempt/outcome.ts';

interface Meaning {
  readonly class: FailureClass;
  readonly reason: FailureReason;
}

const config: Meaning = { class: 'config', reason: 'cannot-start' };
const infra: Meaning = { class: 'infra', reason: 'cannot-start' };
/** Nothing fails by it alone. */
const waits = undefined;

/**
 * Everything a verdict can say, closed: docs/troubleshooting.md has a row for each. What a code makes of an attempt that
 * ends by it; undefined where it only waits, or did not fail.
 */
export const VERDICTS = {
  starting: waits,
  'helper-starting': waits,
  'no-room': waits,
  'node-coming': waits,
  replacing: waits,
  suspended: waits,
  'queue-waits': waits,
  'result-awaited': waits,
  failing: waits,
  deleting: waits,

  'image-not-loaded': config,
  'image-name': config,
  'image-refused': config,
  'registry-silent': infra,
  'object-missing': config,
  'container-not-made': infra,
  'command-missing': config,
  'crash-loop': { class: 'user', reason: 'helper-failed' },
  'never-fits': config,
  'not-placed': infra,
  'node-refused': infra,
  'queue-inadmissible': config,
  'queue-refused': infra,
  'claim-missing': config,
  'claim-pending': config,
  'volume-not-mounted': infra,
  'quota-too-small': config,
  'quota-used-up': infra,
  'pod-security': config,
  'policy-denied': config,
  'webhook-down': infra,
  'service-account-missing': config,
  'limit-range': config,
  'pods-not-made': config,
  'workload-refused': config,
  'queue-timeout': infra,
  'start-timeout': infra,

  'node-silent': { class: 'infra', reason: 'disrupted' },
  disrupted: { class: 'infra', reason: 'disrupted' },
  'replaced-too-often': { class: 'infra', reason: 'disrupted' },
  'out-of-memory': { class: 'user', reason: 'over-limit' },
  'out-of-disk': { class: 'config', reason: 'over-limit' },
  deadline: { class: 'user', reason: 'deadline' },
  exit: { class: 'user', reason: 'exit' },
  signal: { class: 'user', reason: 'signal' },
  'bad-input': { class: 'user', reason: 'bad-input' },
  'try-again': { class: 'infra', reason: 'try-again' },
  'helper-failed': { class: 'user', reason: 'helper-failed' },
  'no-result': { class: 'user', reason: 'no-result' },
  'invalid-result': { class: 'user', reason: 'invalid-result' },

  succeeded: waits,
  cancelled: waits,
  lost: waits,
} as const satisfies Readonly<Record<string, Meaning | undefined>>;

export type VerdictCode = keyof typeof VERDICTS;

/** What an attempt that ends by a code is recorded as; undefined for a code that fails nothing. */
export function meaningOf(code: VerdictCode): Meaning | undefined {
  return VERDICTS[code];
}
