import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { gpuLedger } from '../../../../src/adapters/kubernetes/verdict/gpu-ledger.ts';
import { judgeAttempt } from '../../../../src/adapters/kubernetes/verdict/judge-attempt.ts';
import { type AttemptView, NO_MEMORY } from '../../../../src/adapters/kubernetes/verdict/view.ts';
import {
  doneJob,
  endedPod,
  event,
  failedJob,
  gpuNode,
  holder,
  job,
  NO_HELP,
  node,
  pod,
  runs,
  textsIn,
  unschedulable,
  view,
  waits,
} from './objects.ts';

const REAL: readonly KubeObject[] = [
  job(),
  doneJob(),
  failedJob(),
  job([['FailureTarget', 'BackoffLimitExceeded']]),
  pod({ state: waits('ErrImagePull', 'not found') }),
  pod({ state: waits('CrashLoopBackOff') }),
  pod({ phase: 'Running', state: runs }),
  endedPod(0, { message: '{"version":1,"metrics":{},"artifacts":[]}' }),
  endedPod(137, { reason: 'OOMKilled' }),
  pod({ node: '', conditions: [unschedulable('1 Insufficient cpu', NO_HELP)] }),
  node('n1'),
  gpuNode('n2', 4),
  holder('weekly-46', 'n2', 2),
  event(
    job(),
    'FailedCreate',
    'Error creating: pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
  ),
];

/** A real object in which any part was replaced by any JSON, and JSON that is nothing at all. */
const broken = fc.oneof(
  fc.constantFrom(...REAL),
  fc
    .tuple(fc.constantFrom(...REAL), fc.nat(), fc.jsonValue())
    .map(([object, place, value]) => replaced(object, place, value)),
  fc.jsonValue(),
) as fc.Arbitrary<KubeObject>;

function replaced(object: unknown, place: number, value: unknown): unknown {
  if (typeof object !== 'object' || object === null) return value;
  const copy = structuredClone(object) as Record<string, unknown>;
  const keys = Object.keys(copy);
  const key = keys[place % (keys.length + 1)];
  if (key === undefined) return value;
  copy[key] = place % 3 === 0 ? value : replaced(copy[key], Math.floor(place / 3), value);
  return copy;
}

const anyView: fc.Arbitrary<AttemptView> = fc
  .record(
    {
      job: fc.option(broken, { nil: undefined }),
      pods: fc.array(broken, { maxLength: 4 }),
      events: fc.array(broken, { maxLength: 3 }),
      nodes: fc.array(broken, { maxLength: 3 }),
      otherPods: fc.array(broken, { maxLength: 2 }),
      claims: fc.array(broken, { maxLength: 2 }),
      quotas: fc.array(broken, { maxLength: 2 }),
      queued: broken,
      monotonic: fc.nat({ max: 1e7 }),
      contract: fc.constantFrom('plain' as const, 'full' as const),
    },
    { requiredKeys: ['job', 'pods', 'events', 'monotonic', 'contract'] },
  )
  .map((parts) => view(parts));

test('every view has a verdict, in visible words, and looking twice changes nothing', () => {
  fc.assert(
    fc.property(anyView, (seen) => {
      const first = judgeAttempt(seen, NO_MEMORY);
      for (const text of textsIn(first.verdict)) expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      const again = judgeAttempt(seen, first.memory);
      expect(again.verdict).toEqual(first.verdict);
      expect(judgeAttempt(seen, again.memory)).toEqual(again);
    }),
    { numRuns: 2000 },
  );
});

test('what has ended stays as it ended, whatever is seen after it', () => {
  const ends = fc.constantFrom(
    view({ job: doneJob(), pods: [endedPod(0, { message: '{"version":1,"metrics":{},"artifacts":[]}' })] }),
    view({ job: failedJob(), pods: [endedPod(64)] }),
    view({ job: undefined }),
  );
  fc.assert(
    fc.property(ends, fc.array(anyView, { maxLength: 4 }), (end, later) => {
      let { verdict, memory } = judgeAttempt(end, NO_MEMORY);
      expect(verdict.kind).toBe('ended');
      for (const seen of later) {
        const next = judgeAttempt(seen, memory);
        expect(next.verdict).toEqual(verdict);
        ({ verdict, memory } = next);
      }
    }),
  );
});

test('a clock of the server that is an hour off ends no grace', () => {
  fc.assert(
    fc.property(anyView, fc.integer({ min: -3_600_000, max: 3_600_000 }), (seen, skew) => {
      const told = judgeAttempt(seen, NO_MEMORY).verdict;
      const skewed = judgeAttempt(
        { ...seen, ...(seen.now === undefined ? {} : { now: seen.now + skew }) },
        NO_MEMORY,
      ).verdict;
      expect(skewed.kind).toBe(told.kind);
      expect('code' in skewed ? skewed.code : '').toBe('code' in told ? told.code : '');
    }),
  );
});

test('the ledger takes anything', () => {
  fc.assert(
    fc.property(fc.array(broken), fc.array(broken), (nodes, pods) => {
      for (const row of gpuLedger(nodes, pods)) expect(row.free).toBeGreaterThanOrEqual(0);
    }),
  );
});
