import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { firstOf } from '../../src/domain/first-of.ts';

test('gives what the first of them gives, or its fault', async () => {
  const open = new Promise<never>(() => undefined);
  const late = Promise.withResolvers<string>();
  const waits = [firstOf([open, late.promise]), firstOf([late.promise, open])];
  late.resolve('late');
  expect(await Promise.all(waits)).toEqual(['late', 'late']);
  expect(await firstOf([late.promise, Promise.resolve('after it')])).toBe('late');
  expect(await firstOf([open, Promise.resolve(1)])).toBe(1);
  await expect(firstOf([open, Promise.reject(new Error('no'))])).rejects.toThrow('no');
});

test('what comes later is no fault of anybody', async () => {
  const late = Promise.withResolvers<string>();
  expect(await firstOf([late.promise, Promise.resolve('first')])).toBe('first');
  late.reject(new Error('nobody waits for it'));
  await nextTurn();
  await expect(firstOf([late.promise, Promise.resolve('second')])).rejects.toThrow('nobody waits for it');
});

test('a promise that outlives many waits keeps nothing of them', async () => {
  const open = new Promise<never>(() => undefined);
  const given: WeakRef<object>[] = [];
  const wait = async (): Promise<void> => {
    const lines = ['one', 'two'];
    given.push(new WeakRef(lines));
    await firstOf([Promise.resolve(lines), open]);
  };
  for (let count = 0; count < 100; count += 1) await wait();
  await nextTurn();
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  expect(given.filter((lines) => lines.deref() !== undefined).length).toBeLessThan(5);
  expect(open).toBeInstanceOf(Promise); // it is there still
});
