import { expect, test } from 'vitest';
import type { Deps } from '../../../src/actions/deps.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { UserError } from '../../../src/domain/errors.ts';
import { FakeWorld } from '../../fakes/story.ts';
import { Terminal } from '../terminal.ts';

async function list(change: (deps: Deps) => unknown, ...flags: readonly string[]): Promise<string> {
  const terminal = new Terminal();
  const deps = new FakeWorld([{ name: 'one' }], () => undefined).deps();
  change(deps);
  await runProgram(['list', ...flags], [], terminal.context({ openDeps: async () => deps }));
  return terminal.stdout.text;
}

test('a place without runs is named', async () => {
  expect(await list(() => undefined)).toBe('No runs in memory. Start one: ilab-backend run\n');
});

test.each([[[]], [['-o', 'json']]])('a place that is not there is no place without runs: %s', async (flags) => {
  const fault = new UserError('not-found', 'there is no namespace nope');
  const gone = (deps: Deps) => Object.assign(deps.store, { whyNothing: async () => fault });
  await expect(list(gone, ...flags)).rejects.toBe(fault);
});
