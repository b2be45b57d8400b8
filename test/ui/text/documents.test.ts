import { describe, expect, test } from 'vitest';
import { afterCause } from '../../../src/domain/run/after-failure.ts';
import { endingOf } from '../../../src/domain/run/run-ending.ts';
import { runPhase } from '../../../src/domain/run/run-phase.ts';
import { type RunRecord, runRecordSchema } from '../../../src/domain/run/run-record.ts';
import { rowOf } from '../../../src/domain/run/run-row.ts';
import { NO_SIGHTS, type Sights } from '../../../src/domain/run/sight.ts';
import { listTable } from '../../../src/ui/text/answers/list-table.ts';
import { type DocumentOptions, statusText } from '../../../src/ui/text/answers/status-text.ts';
import { CONTROLS, poisoned, withoutStyles } from '../hostile.ts';
import { RECORDS } from '../records.ts';
import { at } from '../stories.ts';

const now = new Date(at(4000));

function status(record: RunRecord, driven = false, options: DocumentOptions = {}, sights: Sights = NO_SIGHTS): string {
  const ending = endingOf(record, driven, sights);
  return statusText(record, { ending, after: afterCause(record, ending), now, sights }, options);
}

test.each(Object.entries(RECORDS))('the record %s is one', (_name, record) => {
  expect(runRecordSchema.safeParse(record).error).toBeUndefined();
});

describe('status of a run that', () => {
  test('is done', () => {
    expect(status(RECORDS.good)).toMatchInlineSnapshot(`
      "Name:      weekly-47
      Pipeline:  instructlab 1.0.0
      Profile:   local
      Target:    local
      Started:   2026-01-01T00:00:00Z (66m ago) by ada on here
      Phase:     Succeeded
      Time:      1m 12s in stages, 9s installing packages, 0.3s our own

      STAGE     PHASE       ATTEMPTS   DURATION   DETAIL
      datagen   Reused      <none>     <none>     from weekly-46/datagen: chose epoch-2; leaves=9
      train     Succeeded   1          1m 12s     chose epoch-2; tuned_loss=1.235, base_loss=2.5, leaves=9, accuracy=0.8125 and 1 more
      eval      Skipped     <none>     <none>     not among the stages asked for

      weekly-47 is done
      next: ilab-backend artifacts weekly-47
      a page to send: ilab-backend report weekly-47"
    `);
  });
  test('failed in its second attempt', () => {
    expect(status(RECORDS.failed)).toMatchInlineSnapshot(`
      "Name:      weekly-47
      Pipeline:  instructlab 1.0.0
      Profile:   local
      Target:    local
      Started:   2026-01-01T00:00:00Z (66m ago) by ada on here
      Phase:     Failed
      Time:      22s in stages, 9s installing packages, 0.6s our own

      STAGE     PHASE     ATTEMPTS   DURATION   DETAIL
      datagen   Reused    <none>     <none>     from weekly-46/datagen: chose epoch-2; leaves=9
      train     Failed    2          12s        the main container ended with exit code 1 (class user)
      eval      Pending   <none>     <none>     <none>

      train failed: the main container ended with exit code 1
      next: ilab-backend logs weekly-47 train
      then with other values or files: ilab-backend run instructlab --set NAME=VALUE
      or once more as it was: ilab-backend resume weekly-47"
    `);
  });
  test('was refused by a gate', () => {
    expect(status(RECORDS.refused)).toMatchInlineSnapshot(`
      "Name:      weekly-47
      Pipeline:  instructlab 1.0.0
      Profile:   local
      Target:    local
      Started:   2026-01-01T00:00:00Z (66m ago) by ada on here
      Phase:     Refused
      Time:      1m 12s in stages, 9s installing packages, 0.3s our own

      STAGE     PHASE       ATTEMPTS   DURATION   DETAIL
      datagen   Reused      <none>     <none>     from weekly-46/datagen: chose epoch-2; leaves=9
      train     Succeeded   1          1m 12s     chose epoch-2; tuned_loss=1.235, base_loss=2.5, leaves=9, accuracy=0.8125 and 1 more
      publish   Refused     <none>     <none>     gate tuned-beats-base: tuned_loss 2.6 is not below base_loss 2.5

      gate tuned-beats-base refused publish: tuned_loss 2.6 is not below base_loss 2.5
      next: ilab-backend artifacts weekly-47
      then with other values, which keeps what they do not concern: ilab-backend run instructlab --set NAME=VALUE"
    `);
  });
  test('was cancelled', () => {
    expect(status(RECORDS.cancelled)).toMatchInlineSnapshot(`
      "Name:       weekly-47
      Pipeline:   instructlab 1.0.0
      Profile:    local
      Target:     local
      Started:    2026-01-01T00:00:00Z (66m ago) by ada on here
      Phase:      Cancelled
      Cancelled:  66m ago by ada: wrong taxonomy
      Time:       9.8s in stages, 9s installing packages, 0.3s our own

      STAGE     PHASE       ATTEMPTS   DURATION   DETAIL
      datagen   Cancelled   1          9.8s       ended by SIGTERM
      train     Pending     <none>     <none>     <none>

      weekly-47 was cancelled
      next: ilab-backend resume weekly-47"
    `);
  });
  test('runs, driven', () => {
    expect(status(RECORDS.running, true)).toMatchInlineSnapshot(`
      "Name:      weekly-47
      Pipeline:  instructlab 1.0.0
      Profile:   local
      Target:    local
      Started:   2026-01-01T00:00:00Z (66m ago) by ada on here
      Phase:     Running
      Driver:    process 4711 of ada on here

      STAGE     PHASE     ATTEMPTS   DURATION   DETAIL
      datagen   Reused    <none>     <none>     from weekly-46/datagen: chose epoch-2; leaves=9
      train     Running   1          1h 0m      <none>
      eval      Pending   <none>     <none>     <none>

      weekly-47 goes on under its driver
      next: ilab-backend watch weekly-47"
    `);
  });
  test('was left by its driver', () => {
    expect(status(RECORDS.running)).toMatchInlineSnapshot(`
      "Name:      weekly-47
      Pipeline:  instructlab 1.0.0
      Profile:   local
      Target:    local
      Started:   2026-01-01T00:00:00Z (66m ago) by ada on here
      Phase:     Interrupted

      STAGE     PHASE     ATTEMPTS   DURATION   DETAIL
      datagen   Reused    <none>     <none>     from weekly-46/datagen: chose epoch-2; leaves=9
      train     Running   1          1h 0m      <none>
      eval      Pending   <none>     <none>     <none>

      train goes on; eval starts when you type \`ilab-backend resume weekly-47\`, or \`ilab-backend resume weekly-47 --detach\` to let it go on by itself
      next: ilab-backend resume weekly-47"
    `);
  });
  test('was left by its driver, and whose stage has ended since', () => {
    const outcome = { kind: 'succeeded', result: { version: 1, metrics: { loss: 1 }, artifacts: [] } } as const;
    const text = status(RECORDS.running, false, {}, new Map([['train', { kind: 'ended', at: at(460), outcome }]]));
    expect(text).toContain('train     Interrupted   1          1m 0s      ended, not recorded yet: succeeded; loss=1');
    expect(text).toContain('train has ended (succeeded) and nobody has recorded it yet; eval starts when you type');
  });
  test('has only begun', () => {
    expect(status(RECORDS.fresh, true)).toMatchInlineSnapshot(`
      "Name:      weekly-47
      Pipeline:  instructlab 1.0.0
      Profile:   local
      Target:    local
      Started:   2026-01-01T00:00:00Z (66m ago) by ada on here
      Phase:     Running
      Driver:    process 4711 of ada on here

      STAGE     PHASE     ATTEMPTS   DURATION   DETAIL
      datagen   Pending   <none>     <none>     <none>
      train     Pending   <none>     <none>     <none>

      weekly-47 goes on under its driver
      next: ilab-backend watch weekly-47"
    `);
  });
  test('failed, on 20 columns', () => {
    expect(status(RECORDS.failed, false, { width: 20 })).toMatchInlineSnapshot(`
      "Name:      weekly-47
      Pipeline:  instructlab 1.0.0
      Profile:   local
      Target:    local
      Started:   2026-01-01T00:00:00Z (66m ago) by ada on here
      Phase:     Failed
      Time:      22s in stages, 9s installing packages, 0.6s our own

      STAGE: datagen
      PHASE: Reused
      ATTEMPTS: <none>
      DURATION: <none>
      DETAIL: from
        weekly-46/datagen:
        chose epoch-2;
        leaves=9

      STAGE: train
      PHASE: Failed
      ATTEMPTS: 2
      DURATION: 12s
      DETAIL: the main
        container ended
        with exit code 1
        (class user)

      STAGE: eval
      PHASE: Pending
      ATTEMPTS: <none>
      DURATION: <none>
      DETAIL: <none>

      train failed: the main container ended with exit code 1
      next: ilab-backend logs weekly-47 train
      then with other values or files: ilab-backend run instructlab --set NAME=VALUE
      or once more as it was: ilab-backend resume weekly-47"
    `);
  });
  test('failed, in colour: the same words in the same places', () => {
    const colored = status(RECORDS.failed, false, { color: true });
    expect(colored).toContain('\u001b[31mFailed\u001b[39m');
    expect(withoutStyles(colored)).toBe(status(RECORDS.failed));
  });
});

test('list', () => {
  const runs = Object.entries(RECORDS).map(([name, record]) => ({
    row: rowOf({ ...record, name: `weekly-${name}` as RunRecord['name'] }),
    phase: runPhase(record, name === 'fresh'),
  }));
  expect(listTable(runs, now)).toMatchInlineSnapshot(`
    "NAME               PIPELINE      TARGET       PHASE         DONE   BY    AGE
    weekly-fresh       instructlab   local        Running       0/2    ada   66m
    weekly-good        instructlab   local        Succeeded     3/3    ada   66m
    weekly-failed      instructlab   local        Failed        1/3    ada   66m
    weekly-asking      instructlab   local        Interrupted   2/3    ada   66m
    weekly-approved    instructlab   local        Interrupted   2/3    ada   66m
    weekly-refused     instructlab   local        Refused       2/3    ada   66m
    weekly-cancelled   instructlab   local        Cancelled     0/2    ada   66m
    weekly-running     instructlab   local        Interrupted   1/3    ada   66m
    weekly-turns       instructlab   kubernetes   Succeeded     4/4    ada   66m
    weekly-held        instructlab   local        Interrupted   0/1    ada   66m"
  `);
  expect(listTable(runs.slice(0, 1), now, { width: 20 })).toMatchInlineSnapshot(`
    "NAME: weekly-fresh
    PIPELINE:
      instructlab
    TARGET: local
    PHASE: Running
    DONE: 0/2
    BY: ada
    AGE: 66m"
  `);
});

test.each(Object.entries(RECORDS))('hostile texts in the record %s reach no terminal', (_name, record) => {
  const kept = new Set([
    'version',
    'name',
    'target',
    'kind',
    'state',
    'at',
    'createdAt',
    'startedAt',
    'endedAt',
    'class',
    'id',
  ]);
  const hostile = poisoned(record, kept);
  const warning = poisoned({ kind: 'nan', stage: 'train', message: 'a', evidence: 'b', fix: 'c' } as const, kept);
  const progress = poisoned({ message: 'a' }, kept);
  const all = hostile.stages.map(({ name, attempts }) => {
    const each = attempts.map(
      ({ attempt }) =>
        [attempt, { warnings: [{ ...warning, attempt, at: at(0) }], progress: { at: at(0), progress } }] as const,
    );
    return [name as string, new Map(each)] as const;
  });
  const known = { now, logs: new Map(all) };
  for (const width of [20, 80]) {
    for (const text of [
      statusText(hostile, { ...known, ending: endingOf(hostile, false) }, { color: true, width }),
      statusText(hostile, { ...known, ending: endingOf(hostile, true) }, { color: true, width }),
      listTable([{ row: rowOf(hostile), phase: 'Failed' }], now, { color: true, width }),
    ]) {
      expect(withoutStyles(text)).not.toMatch(CONTROLS);
      expect(text).toContain('\\x1b]0;owned');
    }
  }
});
