import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Heard, TrainingReader } from '../../../src/domain/training/training-reader.ts';

const MINUTE = 60_000;

/** A reader that has heard `steps` steps of `took` milliseconds each, of a thousand. */
function readerAfter(steps: number, took: number): { readonly reader: TrainingReader; readonly heard: Heard[] } {
  const reader = new TrainingReader();
  const heard = Array.from({ length: steps }, (_, index) => reader.line(own(index + 1), 'stdout', index * took));
  return { reader, heard: heard.flat() };
}

function own(step: number, further = ''): string {
  return `ilab-progress: {"step":${step},"steps":1000,"metrics":{"loss":1.5}${further}}`;
}

const kinds = (heard: readonly Heard[]): string[] =>
  heard.map((one) => (one.kind === 'warned' ? one.warning.kind : 'progress'));

test('works out the time that is left from the median step', () => {
  const { reader, heard } = readerAfter(10, 2000);
  expect(heard.at(-1)).toMatchObject({ progress: { step: 10, steps: 1000, etaSeconds: 1980 } });
  // A checkpoint of five minutes is no new pace.
  const [late] = reader.line(own(11), 'stdout', 9 * 2000 + 5 * MINUTE);
  expect(late).toMatchObject({ progress: { etaSeconds: 1978 } });
});

test('a fraction of the whole attempt goes over the steps of a phase, and what the stage says over both', () => {
  const reader = new TrainingReader();
  for (const index of [1, 2, 3, 4]) {
    reader.line(own(index * 100, `,"fraction":${index / 10}`), 'stdout', index * MINUTE);
  }
  const [heard] = reader.line(own(500, ',"fraction":0.5'), 'stdout', 5 * MINUTE);
  expect(heard).toMatchObject({ progress: { etaSeconds: 300 } });
  const [said] = reader.line(own(600, ',"etaSeconds":7'), 'stdout', 6 * MINUTE);
  expect(said).toMatchObject({ progress: { etaSeconds: 7 } });
});

test('silence is a stall after ten median steps, and never before ten minutes', () => {
  const fast = readerAfter(10, 2000).reader;
  expect(fast.alarmAt).toBe(9 * 2000 + 10 * MINUTE);
  const slow = readerAfter(10, 3 * MINUTE).reader;
  expect(slow.alarmAt).toBe((9 * 3 + 30) * MINUTE);
  expect(slow.silence(56 * MINUTE)).toEqual([]);
  const [told] = slow.silence(57 * MINUTE);
  expect(told).toEqual({
    kind: 'warned',
    at: 57 * MINUTE,
    warning: { kind: 'stall', message: 'no step has ended for 30 min after step 10 of 1000; one took 3 min so far' },
  });
  expect(slow.silence(90 * MINUTE)).toEqual([]);
  expect(slow.alarmAt).toBeUndefined();
});

test('who reads the log later hears of the same stall at the same time', () => {
  const { reader } = readerAfter(10, 2000);
  const alarm = reader.alarmAt ?? 0;
  const heard = reader.line(own(11), 'stdout', alarm + MINUTE);
  expect(kinds(heard)).toEqual(['stall', 'progress']);
  expect(heard[0]?.at).toBe(alarm);
  // The pause is known now: another one like it is none.
  expect(reader.alarmAt).toBeGreaterThan(alarm + MINUTE + 20 * MINUTE);
});

test('lines without a step end no silence, work does', () => {
  const noise = readerAfter(10, 2000).reader;
  expect(kinds(noise.line('a line of log', 'stderr', 20 * MINUTE))).toEqual(['stall']);
  const busy = readerAfter(10, 2000).reader;
  busy.line('Evaluating:  10%|█         | 1/10 [00:01<00:09,  1.00s/it]', 'stderr', 9 * MINUTE);
  expect(busy.line('a line of log', 'stderr', 15 * MINUTE)).toEqual([]);
});

test('nothing stalls before there is a pace or after the last step', () => {
  const early = readerAfter(2, 2000).reader;
  expect(early.alarmAt).toBeUndefined();
  const over = readerAfter(10, 2000).reader;
  over.line('ilab-progress: {"fraction":1}', 'stdout', 20_000);
  expect(over.alarmAt).toBeUndefined();
});

test('a further phase counts anew at its own pace', () => {
  const { reader } = readerAfter(10, 4 * MINUTE);
  reader.line(own(1), 'stdout', 50 * MINUTE);
  expect(reader.alarmAt).toBeUndefined();
});

test('a stage that reports for itself is not contradicted by what its trainer prints', () => {
  const { reader } = readerAfter(3, 2000);
  expect(reader.line("{'loss': 9.9, 'epoch': 0.5}", 'stdout', 6000)).toEqual([]);
  expect(kinds(reader.line("{'loss': nan, 'epoch': 0.5}", 'stdout', 8000))).toEqual(['nan']);
  expect(reader.line(own(4), 'stderr', 9000)).toEqual([]);
});

test('a metric that JSON has no word for is told as a fault, and its value is a text', () => {
  const reader = new TrainingReader();
  const heard = reader.line('ilab-progress: {"step":7,"metrics":{"loss":NaN,"learning_rate":0.1}}', 'stdout', 0);
  expect(heard).toMatchObject([
    { progress: { step: 7, metrics: { loss: 'NaN', learning_rate: 0.1 } } },
    { warning: { kind: 'nan', message: 'the loss is no number at step 7' } },
  ]);
});

test('a loss that is no number does not leave the one before it standing', () => {
  const reader = new TrainingReader();
  reader.line("{'loss': 0.5, 'grad_norm': 1.0, 'epoch': 0.1}", 'stdout', 0);
  const heard = reader.line("{'loss': nan, 'grad_norm': inf, 'epoch': 0.2}", 'stdout', 1000);
  expect(heard[0]).toMatchObject({ progress: { metrics: { loss: 'NaN', grad_norm: 'Infinity' } } });
});

test('a gradient of mixed precision may be infinite now and then', () => {
  const reader = new TrainingReader();
  const report = (gradient: string, index: number): readonly Heard[] =>
    reader.line(`{'loss': 1.0, 'grad_norm': ${gradient}, 'epoch': 0.${index}}`, undefined, index * 1000);
  const heard = ['inf', 'inf', '1.2', 'nan', 'nan', '2.0'].flatMap(report);
  expect(kinds(heard)).not.toContain('nan');
});

test('a scale of half precision that is still halved is no fault, a gradient that stays away is', () => {
  const heard = (gradients: readonly string[], loss = '1.0') => {
    const reader = new TrainingReader();
    const line = (gradient: string) => `{'loss': ${loss}, 'grad_norm': ${gradient}, 'epoch': 0.1}`;
    return kinds(gradients.flatMap((gradient, index) => reader.line(line(gradient), undefined, index * 1000)));
  };
  const none = (count: number) => Array.from({ length: count }, () => 'inf');
  expect(heard([...none(16), '1.2'])).not.toContain('nan');
  expect(heard(none(17))).toContain('nan');
  expect(heard(['1.2', ...none(3)])).toContain('nan');
  // transformers shows a loss that is no number as 0.
  expect(heard(none(3), '0')).toContain('nan');
});

test('of a bar in one line the last state counts', () => {
  const reader = new TrainingReader();
  const bar = Array.from({ length: 500 }, (_, index) => `\r ${index}%|█| ${index}/500 [00:01<00:01,  1.00it/s]`).join(
    '',
  );
  expect(reader.line(bar, 'stderr', 0)).toMatchObject([{ progress: { step: 499, steps: 500 } }]);
});

const LINES = [
  'ilab-progress: {"step":1,"metrics":{"loss":NaN}}',
  "{'loss': 'nan', 'epoch': 1}",
  ' 5%|▌         | 1/20 [00:01<00:25,  1.32s/it]',
  'Iter 10: Train loss nan, Learning Rate 1.000e-05',
  '[rank0]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.',
  'INFO  epoch=0, step=1, rank=0, avg_loss=5.913, samples_seen=4',
];
/** A line of a trainer that was cut and mixed with anything. */
const torn = fc
  .tuple(
    fc.constantFrom(...LINES),
    fc.nat(80),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('', '\r', '\u001b[A'),
  )
  .map(([line, at, other, between]) => `${line.slice(0, at)}${between}${other}${line.slice(at)}`);

test('no text whatever makes it throw', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(torn, fc.string({ unit: 'binary' }))), (lines) => {
      const reader = new TrainingReader();
      for (const [index, line] of lines.entries()) {
        for (const heard of reader.line(line, undefined, index * 1000)) JSON.stringify(heard);
      }
      reader.silence(Number.MAX_SAFE_INTEGER);
    }),
  );
});

test('whatever stands around them, a fault is told once a kind and progress is finite', () => {
  fc.assert(
    fc.property(fc.array(torn, { maxLength: 30 }), (lines) => {
      const reader = new TrainingReader();
      const heard = lines.flatMap((line, index) => reader.line(line, undefined, index * 1000));
      const warned = kinds(heard).filter((kind) => kind !== 'progress' && kind !== 'stall');
      expect(new Set(warned).size).toBe(warned.length);
      for (const one of heard) {
        if (one.kind === 'progress') expect(JSON.parse(JSON.stringify(one.progress))).toEqual(one.progress);
      }
    }),
  );
});

test.each([
  ['one long word', 'x'.repeat(1_000_000)],
  ['blanks', ' '.repeat(1_000_000)],
  ['brackets', '[rank0]:'.repeat(125_000)],
  ['quotes', `{'${"a': 1, '".repeat(125_000)}`],
  ['a bar that never ends', `${' 5%|'.repeat(250_000)}`],
  ['faults', 'Watchdog caught collective CUDA out of memory. Timed out '.repeat(17_000)],
  ['metrics', `{"loss": ${'1'.repeat(1_000_000)}`],
])('a line of a megabyte of %s is looked at in part only', (_, line) => {
  const reader = new TrainingReader();
  for (let count = 0; count < 20; count += 1) expect(reader.line(line, undefined, count)).toEqual([]);
});
