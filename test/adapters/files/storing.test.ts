import { expect, test } from 'vitest';
import { storing } from '../../../src/adapters/files/storing.ts';

const refused = (code: string, more: object): Promise<never> =>
  storing(() => Promise.reject(Object.assign(new Error(code), { code, ...more })));

test('of a copy that the disk has no room for, the place is named that is full', async () => {
  const copy = { path: '/source/a', dest: '/state/a' };
  await expect(refused('ENOSPC', copy)).rejects.toMatchObject({
    code: 'storage-failed',
    message: '/state/a: the disk is full (ENOSPC)',
  });
  await expect(refused('EACCES', copy)).rejects.toThrow('/source/a: it may not be written');
  await expect(refused('ENOSPC', {})).rejects.toThrow('the state folder: the disk is full');
});
