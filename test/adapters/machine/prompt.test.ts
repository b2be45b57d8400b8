import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openPrompt } from '../../../src/adapters/machine/prompt.ts';

/* Questions on a terminal. */

function open(signal: AbortSignal = new AbortController().signal) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  return { input, output, prompt: openPrompt(input, output, signal) };
}

test('lines that are typed ahead answer in their order, also the last before the end of the input', async () => {
  const { input, prompt } = open();
  const first = prompt.ask('one? ');
  input.end('a\n b \nc\n');
  expect(await first).toBe('a');
  expect(await prompt.ask('two? ')).toBe('b');
  expect(await prompt.ask('three? ')).toBe('c');
  expect(await prompt.ask('four? ')).toBeUndefined();
});

test('a line that is typed later answers the question that waits', async () => {
  const { input, output, prompt } = open();
  const first = prompt.ask('one? ');
  input.write('a\n');
  expect(await first).toBe('a');
  const second = prompt.ask('two? ');
  input.write('b\n');
  expect(await second).toBe('b');
  expect(String(output.read())).toContain('two? ');
  prompt.close();
});

test('whoever is interrupted answers nothing more, whatever was typed ahead', async () => {
  const interrupt = new AbortController();
  const { input, prompt } = open(interrupt.signal);
  const first = prompt.ask('one? ');
  input.write('a\nb\n');
  expect(await first).toBe('a');
  interrupt.abort();
  expect(await prompt.ask('two? ')).toBeUndefined();
  prompt.close();
});
