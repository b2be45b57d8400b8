import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hear, killAt, programOf } from '../cluster/support/machine.ts';
import { Person, phases } from '../e2e/program.ts';
import { CLONE, KEY, PROJECT, ScriptedEndpoint, SERVER, SHIM } from './upstream/endpoint.ts';
import { expectWholeChain, isStepOf, type Scores } from './upstream/expect-whole.ts';

/*
 * The pipeline with the three engines of upstream on the local target, from the example taxonomy to a chosen checkpoint:
 * undisturbed, and with everything killed that can be killed while it trains.
 */

const person = new Person();
let endpoint: ScriptedEndpoint;
beforeAll(async () => {
  endpoint = await ScriptedEndpoint.start();
  person.env['TEST_KEY'] = KEY;
  shareEnvironments();
});
afterAll(() => {
  endpoint.stop();
  person.leave();
});

function run(name: string): readonly string[] {
  const serve = JSON.stringify(['python3', SERVER, '{model}', '{name}', '{port}']);
  const here = [`train.env.PYTHONPATH=${dirname(SHIM)}`, `eval.instructlabEval.serve=${serve}`];
  const set = [...endpoint.settings('env:TEST_KEY'), ...here.flatMap((value) => ['--set', value])];
  return ['run', '--project', PROJECT, '--profile', 'here', '--name', name, ...set];
}

test('upstream’s engines make data, train in two phases, score every checkpoint, and one is chosen', async () => {
  const { exitCode, stderr } = await person.type(...run('whole'));
  expect(exitCode, stderr).toBe(0);
  const scores = JSON.parse(readFileSync(await located('whole', 'eval/scores'), 'utf8')) as Scores;
  expectWholeChain(await person.status('whole'), scores);
  expect(readdirSync(await located('whole', 'eval/wandb'))).toEqual([expect.stringMatching(/^offline-run-/)]);
});

test('kill -9 of the program, then of the training itself: the same bytes, so that nothing is scored anew', async () => {
  const driver = programOf(person.start([...run('killed'), '--no-reuse=train', '-o', 'json']));
  const told = await killAt(driver, isStepOf(1));
  expect(told.exitCode, told.stderr).toBeUndefined();

  const second = programOf(person.start(['resume', 'killed', '-o', 'json']));
  let killed = false;
  const ended = await hear(second, (event) => {
    if (killed || !isStepOf(2)(event)) return;
    killed = true;
    process.kill(mainOfTrain('killed'), 'SIGKILL');
  });
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(ended.events.at(-1)).toMatchObject({ phase: 'Failed', message: expect.stringContaining('SIGKILL') });

  const resumed = await person.type('resume', 'killed');
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  const status = await person.status('killed');
  expect(phases(status)).toEqual({ datagen: 'Reused', train: 'Succeeded', eval: 'Reused', publish: 'Reused' });
  expect(status.status.stages[1]?.attempts.map(({ outcome }) => outcome?.kind)).toEqual(['failed', 'succeeded']);
});

/** Environments that `npm run test:stages` made are taken, and its uv: each has 2.6 GB. */
function shareEnvironments(): void {
  const made = join(CLONE, '.stage-environments');
  const envs = join(person.stateDir, 'envs');
  mkdirSync(envs, { recursive: true });
  for (const name of existsSync(made) ? readdirSync(made) : [])
    if (/^venv-[0-9a-f]+$/.test(name)) symlinkSync(join(made, name), join(envs, name));
  person.env['PATH'] = `${join(made, 'uv/bin')}:${person.env['PATH']}`;
}

async function located(of: string, name: string): Promise<string> {
  const { stdout } = await person.type('artifacts', of, '-o', 'json');
  const { artifacts } = JSON.parse(stdout) as {
    readonly artifacts: readonly { readonly stage: string; readonly name: string; readonly location: string }[];
  };
  return artifacts.find((one) => `${one.stage}/${one.name}` === name)?.location ?? `no ${name} in ${stdout}`;
}

function mainOfTrain(of: string): number {
  const file = join(person.stateDir, 'attempts', of, 'train/1/runtime/main.0.pid');
  return Number(readFileSync(file, 'utf8').split('\n')[0]?.split(' ')[1]);
}
