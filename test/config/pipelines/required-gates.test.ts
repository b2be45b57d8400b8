import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSources } from '../../../src/config/open-sources.ts';
import { parseSources, serializeSources } from '../../../src/config/run-sources.ts';
import type { Results } from '../../../src/domain/pipeline/renderable-pipeline.ts';
import { TypedIn } from '../harness.ts';

/* `--require STAGE=CONDITION`: one more gate, of one run. */

const LINES = 'results.greet.metrics.lines';

let place: TypedIn;
beforeEach(() => {
  place = new TypedIn();
});
afterEach(() => place.remove());

const required = (...require: readonly string[]) => place.configure({ pipeline: 'hello', set: ['name=you'], require });

test('is judged beside the gates of the pipeline, with both sides, also from what is stored', async () => {
  const { pipeline, sources } = await required(`count = ${LINES} >= 5.0`, 'count=params.greet.times == 2');
  expect(sources.origins['stages.count.require']).toEqual({ kind: 'flag', flag: '--require count' });
  for (const opened of [pipeline, openSources(parseSources(serializeSources(sources)))]) {
    const [, count] = opened.pipeline.stages;
    if (count === undefined) throw new Error('no stage count');
    expect(count.gates.map(({ name, condition }) => `${name}: ${condition.text}`)).toEqual([
      expect.stringMatching(/^some-lines: /),
      `require-1: ${LINES} >= 5.0`,
      'require-2: params.greet.times == 2',
    ]);
    expect(opened.gates(count.name, { greet: { metrics: { lines: 2 } } })).toMatchObject([
      { kind: 'passed', name: 'some-lines' },
      { kind: 'refused', name: 'require-1', reason: `${LINES} >= 5.0 is false: lines is 2` },
      { kind: 'passed', name: 'require-2' },
    ]);
  }
});

test('a gate may hold the results against those of the run that was published last, if there is one', async () => {
  const { pipeline } = await required(`count=${LINES} >= previous.?greet.?metrics.?lines.orValue(0.0)`);
  const [, count] = pipeline.pipeline.stages;
  if (count === undefined) throw new Error('no stage count');
  const judged = (previous: Results) =>
    pipeline.gates(count.name, { greet: { metrics: { lines: 2 } } }, previous).at(-1);
  expect(judged({})).toMatchObject({ kind: 'passed', name: 'require-1' });
  expect(judged({ greet: { metrics: {} } })).toMatchObject({ kind: 'passed' });
  expect(judged({ greet: { metrics: { lines: 2 } } })).toMatchObject({ kind: 'passed' });
  expect(judged({ greet: { metrics: { lines: 3 } } })).toMatchObject({
    kind: 'refused',
    name: 'require-1',
    reason: `${LINES} >= previous.?greet.?metrics.?lines.orValue(0.0) is false: lines is 2, previous.?greet.?metrics.?lines.orValue(0.0) is 3`,
  });
});

test('a metric that nobody reported refuses', async () => {
  const { pipeline } = await required(`count=${LINES} > 0.5`);
  const [, count] = pipeline.pipeline.stages;
  if (count === undefined) throw new Error('no stage count');
  expect(pipeline.gates(count.name, { greet: { metrics: {} } }).at(-1)).toMatchObject({
    kind: 'refused',
    reason: expect.stringMatching(/^greet reported no metric lines: /),
  });
});

describe('is refused before anything runs', () => {
  test.each([
    ['no condition', 'count', 'bad-usage', /a stage, = and a condition are needed/],
    ['a comparison without a stage', `${LINES}==5.0`, 'bad-usage', /a stage, = and a condition are needed/],
    ['another stage', `cuont=${LINES} > 1.0`, 'unknown-stage', /there is no stage cuont/],
    ['no boolean', `count=${LINES}`, 'bad-usage', /--require count:1:1: the result is a number/],
    ['a result of a later stage', 'greet=results.count.metrics.total > 1.0', 'bad-usage', /--require greet:1:\d+: /],
    ['no CEL', 'count=1 >', 'bad-usage', /--require count:1:\d+: /],
    [
      'a result that may not be there',
      `count=${LINES} >= previous.greet.metrics.lines`,
      'bad-usage',
      /may be absent|\.\?greet/,
    ],
    ['a misspelt field', 'count=results.gret.metrics.lines > 1.0', 'bad-usage', /did you mean `greet`/],
  ])('%s', async (_what, flag, code, message) => {
    const refusal = await place.refusal({ pipeline: 'hello', set: ['name=you'], require: [flag] });
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('a metric that no stage gives', () => {
  test('is refused before anything runs, with the nearest name', async () => {
    const typed = { pipeline: 'hello', set: ['name=you'], require: [`count=results.greet.metrics.line >= 5.0`] };
    const refusal = await place.refusal(typed);
    expect(refusal).toMatchObject({ code: 'bad-usage' });
    expect(refusal.message).toContain('stage `greet` gives no metric `line`');
    expect(refusal.message).toContain('did you mean `lines`?');
  });

  test.each([
    'previous.?greet.?metrics.?line.orValue(0.0) < 1.0',
    'results["greet"].metrics["line"] > 0.0',
    'params.greet.times > 1 || results.greet.metrics.line > 0.0',
  ])('however it is written: %s', async (condition) => {
    const refusal = await place.refusal({ pipeline: 'hello', set: ['name=you'], require: [`count=${condition}`] });
    expect(refusal.message).toContain('stage `greet` gives no metric `line`');
  });
});
