import { expect, test } from 'vitest';
import type { Outcome } from '../../../src/domain/attempt/outcome.ts';
import type { RunEvent } from '../../../src/domain/event.ts';
import type { RunName, StageName } from '../../../src/domain/naming.ts';
import { eventLine } from '../../../src/ui/text/event-line.ts';
import { at } from '../stories.ts';

const PIPE = { isTTY: false, columns: 80, color: false, unicode: true };
const LOG = ['its log: ilab-backend logs weekly-47 train --attempt 1'];

function hintsOf(outcome: Partial<Outcome & { kind: 'failed' }>, seconds?: number): readonly string[] | undefined {
  const whole = { kind: 'failed', class: 'config', reason: 'cannot-start', message: 'x', ...outcome } as Outcome;
  const of = { run: 'weekly-47' as RunName, stage: 'train' as StageName, attempt: 1 };
  const event: RunEvent = { type: 'attempt-ended', time: at(1), ...of, outcome: whole };
  return eventLine(seconds === undefined ? event : { ...event, seconds }, PIPE)?.hints;
}

test.each([
  ['what is missing: nothing ran', {}, undefined, []],
  ['a command that was not found while it ran', {}, 3, LOG],
  ['a sidecar that did not get ready in time', { class: 'user', container: 'teacher' }, undefined, LOG],
  ['an image that did not come in time', { class: 'infra' }, undefined, []],
  ['a sidecar whose command is not in its image', { container: 'teacher' }, undefined, []],
  ['a sidecar that calls what is not there', { container: 'teacher', exitCode: 127 }, undefined, LOG],
  ['a crash', { class: 'user', reason: 'exit' }, undefined, LOG],
] as const)('the log of an attempt that failed by %s', (_what, outcome, seconds, hints) => {
  expect(hintsOf(outcome, seconds)).toEqual(hints);
});
