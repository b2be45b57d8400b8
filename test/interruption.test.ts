import { expect, test } from 'vitest';
import { Interruption } from '../src/interruption.ts';

class Left extends Error {}

function leave(): never {
  throw new Left();
}

test('a signal that nobody asked for ends the process', () => {
  expect(() => new Interruption(leave).take('SIGTERM')).toThrow(Left);
});

test('a signal that was asked for fires, and the next one ends the process', () => {
  const interruption = new Interruption(leave);
  const signal = interruption.heed();
  expect(interruption.take('SIGINT')).toBe(true);
  expect(signal.aborted).toBe(true);
  expect(() => interruption.take('SIGINT')).toThrow(Left);
});

test('work that is done instead is done once', () => {
  const interruption = new Interruption(leave);
  const signal = interruption.heed();
  let done = 0;
  interruption.doInstead(() => done++);
  interruption.take('SIGINT');
  expect([done, signal.aborted]).toEqual([1, false]);
  interruption.take('SIGINT');
  expect([done, signal.aborted]).toEqual([1, true]);
});

test('while the terminal is lent, Ctrl-C is not ours; other signals are', () => {
  const interruption = new Interruption(leave);
  const signal = interruption.heed();
  interruption.lend(true);
  expect(interruption.take('SIGINT')).toBe(false);
  expect(signal.aborted).toBe(false);
  expect(interruption.take('SIGTERM')).toBe(true);
  expect(signal.aborted).toBe(true);
});
