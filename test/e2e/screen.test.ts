import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acting, FINISH, writeActPipeline } from './act-pipeline.ts';
import { Person } from './program.ts';
import { Tmux } from './tmux.ts';

/* The screen of a run as a person has it: the real program in a terminal, its keys, and the shell afterwards. */

let person: Person;
let tmux: Tmux;
beforeEach(async ({ skip }) => {
  if ((await Tmux.version()) === undefined) skip('needs tmux');
  person = new Person();
  writeActPipeline(person);
  tmux = await Tmux.open(person);
});
afterEach(async () => {
  await tmux.close();
  person.leave();
});

/** A stage that says how far it is, and goes on until the test lets it end. */
const TALK = `echo 'ilab-progress: {"message":"half way","fraction":0.5,"metrics":{"loss":2.5}}'; echo hello from $((40 + 2)); until test -e GO; do sleep 0.1; done; ${FINISH}`;
const go = (): void => writeFileSync(join(person.folder, 'go'), '');

const talking = (): readonly string[] => acting(TALK.replace('GO', join(person.folder, 'go')));

const run = (after?: string) => tmux.type(['run', 'act', '--name', 'week', ...talking()], after);
async function untilShell(): Promise<string> {
  await tmux.untilScreen(/^run\/week$/m);
  return tmux.untilScreen(/^\$ *$/m);
}

test('keys choose, explain, ask and detach; the terminal is left as it was found', async () => {
  const found = await tmux.mode();
  await run();
  const screen = await tmux.untilScreen(/\? help/);
  await tmux.untilScreen(/▸act .*half way[\s\S]*loss +2\.5[\s\S]*hello from 42/);
  expect(screen).toMatch(/\$ /); // what stood above is still there

  await tmux.press('j');
  await tmux.untilScreen(/▸after/);
  await tmux.press('Escape', '?');
  await tmux.untilScreen(/cancel the run \(asks\)/);
  await tmux.press('?', 'c');
  await tmux.untilScreen(/Cancel week\?.*y\/n/);
  await tmux.press('n');
  await tmux.untilScreen(/\? help/);
  await tmux.resize(20, 10);
  await tmux.untilScreen(/^●▸act +\d+s$/m);
  await tmux.resize(80, 24);
  await tmux.untilScreen(/hello from 42/);

  await tmux.press('d');
  await tmux.untilScreen(/week goes on by itself/);
  expect(await tmux.mode()).toBe(found);
  expect((await person.status('week')).status.phase).toBe('Running');
  go();
  await person.until('week', ({ status }) => status.phase === 'Succeeded');
});

test('Ctrl-Z gives the shell its terminal, fg takes it back, and Ctrl-C still is an interrupt', async () => {
  const found = await tmux.mode();
  await run();
  await tmux.untilScreen(/hello from 42/);
  await tmux.press('C-z');
  await tmux.untilScreen(/Stopped/);
  expect(await tmux.mode()).toBe(found);
  await tmux.line('fg');
  await tmux.untilScreen(/▸act[\s\S]*\? help/);
  await tmux.press('C-c');
  await tmux.untilScreen(/act goes on; after starts when you type/);
  await untilShell();
  expect(await tmux.mode()).toBe(found);
  await tmux.type(['cancel', 'week']);
  await tmux.untilScreen(/to be cancelled[\s\S]*week was cancelled/);
});

test('a fault of ours leaves a terminal that echoes; the run can be cancelled from the screen of another', async () => {
  const found = await tmux.mode();
  const plant = join(person.folder, 'plant.mjs');
  writeFileSync(plant, "process.on('SIGUSR2', () => setImmediate(() => { throw new Error('planted'); }));");
  await tmux.line(`export NODE_OPTIONS=--import=${plant}`);
  await run();
  await tmux.untilScreen(/hello from 42/);
  const { status } = await person.status('week');
  process.kill(status.drivers[0]?.pid ?? 0, 'SIGUSR2');
  await tmux.untilScreen(/planted/);
  expect(await tmux.mode()).toBe(found);

  await tmux.line('clear; unset NODE_OPTIONS');
  await tmux.type(['resume', 'week']);
  await tmux.untilScreen(/▸act[\s\S]*\? help/);
  await tmux.press('c');
  await tmux.untilScreen(/y\/n/);
  await tmux.press('y');
  await tmux.untilScreen(/week was cancelled/);
  await untilShell();
  expect(await tmux.mode()).toBe(found);
});

test('in the background it tells lines, and is not stopped for looking at the terminal', async () => {
  await run(' &');
  await tmux.untilScreen(/^act: started$/m);
  await tmux.line('clear; jobs');
  await tmux.untilScreen(/^\[1\]\+ +Running/m);
  go();
  await tmux.untilScreen(/^week is done$/m);
  expect((await person.status('week')).status.phase).toBe('Succeeded');
});

test('what was started in the foreground may go on in the background', async () => {
  await run();
  await tmux.untilScreen(/hello from 42/);
  await tmux.press('C-z');
  await tmux.untilScreen(/Stopped/);
  await tmux.line('bg; clear');
  go();
  await person.until('week', ({ status }) => status.phase === 'Succeeded');
  await tmux.untilScreen(/^week is done$/m);
});

test('when it is done its stages stand there once', async () => {
  go();
  await run();
  expect((await untilShell()).match(/STAGE +PHASE/g)).toHaveLength(1);
});
