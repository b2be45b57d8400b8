import { expect, test } from 'vitest';
import { endingOf } from '../../../../src/domain/run/run-ending.ts';
import { gpuTimeline } from '../../../../src/ui/text/answers/gpu-timeline.ts';
import { statusText } from '../../../../src/ui/text/answers/status-text.ts';
import { textWidth } from '../../../../src/ui/text/text-width.ts';
import { RECORDS } from '../../records.ts';
import { at } from '../../stories.ts';

const now = new Date(at(4000));

test('what held GPUs, and when, attempt by attempt', () => {
  expect(gpuTimeline(RECORDS.turns, now).join('\n')).toMatchInlineSnapshot(`
    "GPUS        0s                                                     1h 0m
    datagen  4  ░░░░░███████████████
    train 1  4                      █████
    train 2  4                           █████████████████████████
    eval     2                                                    ░░░░░░████
    at most 4 GPUs at one time"
  `);
});

test('in the signs and the width of the terminal', () => {
  const lines = gpuTimeline(RECORDS.turns, now, { unicode: false, width: 50 });
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "GPUS        0s                               1h 0m
    datagen  4  ---#########
    train 1  4              ###
    train 2  4                 -###############
    eval     2                                 ----###
    at most 4 GPUs at one time"
  `);
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(50);
});

test('to the present moment where one still holds them', () => {
  expect(gpuTimeline(RECORDS.held, now).join('\n')).toMatchInlineSnapshot(`
    "GPUS      0s                                                   33m 20s
    train  8  ░░░░░░░░░░░░░░░█████████████████████████████████████████████
    at most 8 GPUs at one time"
  `);
});

test('nothing where nothing held one', () => {
  expect(gpuTimeline(RECORDS.good, now)).toEqual([]);
});

test('it stands in `status`, between the stages and what follows', () => {
  const text = statusText(RECORDS.turns, { ending: endingOf(RECORDS.turns, false), now });
  expect(text).toContain(`\n\n${gpuTimeline(RECORDS.turns, now).join('\n')}\n\nweekly-47 is done\n`);
});
