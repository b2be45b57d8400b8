import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Outcome } from '../../../src/domain/attempt/outcome.ts';
import { PACKAGE_ROOT } from '../../config/harness.ts';
import { acting } from '../../e2e/act-pipeline.ts';
import { expectEnd } from '../../e2e/faults.ts';
import { phases } from '../../e2e/program.ts';
import { DONE, MEET } from '../support/act-on-cluster.ts';
import { until } from '../support/command.ts';
import { HereAndThere } from '../support/here-and-there.ts';
import type { Machine } from '../support/machine.ts';
import { BUSYBOX } from '../support/objects.ts';

/* How stages end badly: what it is called, what is advised, what is tried again, and what never builds on it. */

const place = HereAndThere.ofFile();

/** How the attempts of a stage ended, as a machine reads it. */
async function outcomes(machine: Machine, run: string, stage: string): Promise<readonly (Outcome | undefined)[]> {
  const { status } = await machine.status(run);
  const attempts = status.stages.find(({ name }) => name === stage)?.attempts ?? [];
  return attempts.map(({ outcome }) => outcome as Outcome | undefined);
}

interface Ending {
  readonly name: string;
  readonly script: string;
  readonly exitCode: number;
  /** Of each attempt, where the stage may be tried once more for either reason. */
  readonly attempts: readonly object[];
  readonly words: readonly RegExp[];
}

const user = (reason: string, exitCode: number) => ({ kind: 'failed', class: 'user', reason, exitCode });
const ENDINGS: readonly Ending[] = [
  {
    name: 'exit-1',
    script: 'echo "no such shelf" >&2; exit 1',
    exitCode: 3,
    attempts: [user('exit', 1), user('exit', 1)],
    words: [
      /follows in 2s: it ended with exit code 1: no such shelf/,
      /act failed: it ended with exit code 1: no such shelf\n/,
    ],
  },
  {
    name: 'exit-127',
    script: 'no-such-command --now',
    exitCode: 5,
    attempts: [{ kind: 'failed', class: 'config', reason: 'cannot-start', exitCode: 127 }],
    words: [
      /a command is not found \(exit code 127 of sh\): .*no-such-command: not found; correct the command, or have the image bring it/,
    ],
  },
  {
    name: 'exit-137',
    script: "sh -c 'kill -9 $$'; exit $?",
    exitCode: 3,
    attempts: [user('signal', 137), user('signal', 137)],
    words: [/act failed: it was ended by SIGKILL, sent by somebody else or by a kernel that was short of memory/],
  },
  {
    name: 'exit-139',
    script: "sh -c 'kill -SEGV $$'; exit $?",
    exitCode: 3,
    attempts: [user('signal', 139), user('signal', 139)],
    words: [/act failed: it was ended by SIGSEGV, a fault of the program itself/],
  },
  {
    name: 'sigterm',
    script: `trap 'exit 143' TERM; ${MEET}`,
    exitCode: 0,
    attempts: [{ kind: 'failed', class: 'infra', reason: 'signal', signal: 'SIGTERM' }, { kind: 'succeeded' }],
    words: [/follows in 2s: it was ended by SIGTERM, sent by somebody else/],
  },
];

/** SIGTERM from outside, as nobody of ours sends it. */
async function terminate(run: string): Promise<void> {
  const labels = `ilab-backend.dev/run=${run},ilab-backend.dev/attempt=1`;
  const ids = '{.items[*].status.containerStatuses[0].containerID}';
  // A container works before its kubelet tells the cluster of it.
  const id = await until(`the container of ${run}`, async () => {
    const told = await place.kubectl('get', 'pods', '-l', labels, '-o', `jsonpath=${ids}`);
    return told === '' ? undefined : told.replace('containerd://', '');
  });
  await place.cluster.fault('in-node', 'n1', 'ctr', '-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGTERM', id);
}

/** Both ends of the run `sigterm`: its first attempt is ended from outside, its second is let go on. */
async function terminateOnce(): Promise<void> {
  await place.workspace.arrived('sigterm', 'act');
  await terminate('sigterm');
  await place.workspace.arrived('sigterm', 'act', 2);
  await place.workspace.letGo('sigterm', 'act');
}

test('row 43: exit 1, 127, 137, 139 and SIGTERM: class, advice, exit code, and what is tried again', async () => {
  const runs = ENDINGS.map(async ({ name, script, exitCode, attempts, words }) => {
    const machine = place.machine({ retry: { infra: 1, user: 1 } });
    const ended = await machine.on('run', 'act', '--name', name, ...acting(script, DONE));
    expectEnd(ended, exitCode, ...words);
    if (exitCode !== 0)
      expect(ended.stderr).toContain(`its log: ilab-backend logs ${name} act --attempt ${attempts.length}`);
    expect(await outcomes(machine, name, 'act'), name).toMatchObject(attempts);
    expect(phases(await machine.status(name))['after'], name).toBe(exitCode === 0 ? 'Succeeded' : 'Pending');
  });
  await Promise.all([terminateOnce(), ...runs]);
});

const NO_ARTIFACT = '{"version":1,"metrics":{"lines":2},"artifacts":[]}';
const LOG = '/dev/termination-log';
const TEXT = '/content/artifacts/text';
/** What is done behind the back of the driver of `greet` after it ended well, and what is said of it: of `greet`, or of `count`, which takes it. */
const LIES: readonly (readonly [name: string, script: string, stage: 'greet' | 'count', outcome: object])[] = [
  ['no-result', `: >${LOG}`, 'greet', { reason: 'no-result', message: expect.stringContaining('left no result') }],
  [
    'no-json',
    `echo '{"version":' >${LOG}`,
    'greet',
    { reason: 'invalid-result', message: expect.stringContaining('its result is no JSON') },
  ],
  [
    'not-named',
    `echo '${NO_ARTIFACT}' >${LOG}`,
    'greet',
    { reason: 'invalid-result', message: expect.stringContaining('does not name text, which the pipeline wants') },
  ],
  [
    'not-there',
    `rm ${TEXT}`,
    'count',
    { reason: 'bad-input', exitCode: 64, message: expect.stringContaining('input text is missing') },
  ],
  [
    'longer',
    `echo forged >>${TEXT}`,
    'count',
    {
      reason: 'bad-input',
      exitCode: 64,
      message: expect.stringMatching(/input text is not what its producer made: it has not \d+ bytes/),
    },
  ],
  [
    'other-bytes',
    `sed -i s/you/him/ ${TEXT}`,
    'count',
    {
      reason: 'bad-input',
      exitCode: 64,
      message: expect.stringContaining('input text is not what its producer made: its digest differs'),
    },
  ],
];

/** A project whose pipeline is `hello`, run by the drivers of its stages from the sources, in the image of the rig. */
function writeHello(machine: Machine, after: string): void {
  const mounts = [{ name: 'stages', mountPath: '/opt/stages' }];
  const items = Object.entries(DRIVERS).map(([key, path]) => ({ key, path }));
  const stage = (container: object) => [
    {
      kind: 'Job',
      patch: {
        spec: {
          template: {
            spec: {
              containers: [{ name: 'main', volumeMounts: mounts, ...container }],
              volumes: [{ name: 'stages', configMap: { name: 'stages', items } }],
            },
          },
        },
      },
    },
  ];
  const project = {
    apiVersion: 'ilab-backend.dev/v1alpha1',
    kind: 'Project',
    pipeline: 'hello',
    params: { name: 'you' },
    pod: { runAsUser: 65532 },
    images: { 'stages/greet/shell': BUSYBOX, 'stages/count/shell': BUSYBOX },
    overlays: {
      greet: stage({ command: ['sh', '-c', `sh /opt/stages/${DRIVERS.greet} && ${after}`] }),
      count: stage({
        command: ['sh', `/opt/stages/${DRIVERS.count}`, '/content/inputs/text'],
        env: [{ name: 'ILAB_VERIFY', value: 'full' }],
      }),
    },
  };
  writeFileSync(join(machine.person.project, 'ilab-backend.yaml'), JSON.stringify(project));
}

const DRIVERS = { greet: 'greet/shell/bin/greet', count: 'count/shell/bin/count', sh: '_lib/sh/stage.sh' } as const;

test('row 87: a result that is missing, is no result, or names what is not there or is another: exit 3, and nothing is built on it', async () => {
  const data = Object.entries(DRIVERS).map(([key, path]) => [
    key,
    readFileSync(join(PACKAGE_ROOT, 'stages', path), 'utf8'),
  ]);
  const metadata = { name: 'stages' };
  await place.cluster.create(place.namespace, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: Object.fromEntries(data),
  });
  const honest = place.machine();
  writeHello(honest, 'true');
  const runs = LIES.map(async ([name, script, stage, outcome]) => {
    const machine = place.machine();
    writeHello(machine, script);
    const ended = await machine.on('run', '--name', name);
    expectEnd(ended, 3, new RegExp(`${stage} failed: `));
    expect(await outcomes(machine, name, stage), name).toMatchObject([{ kind: 'failed', class: 'user', ...outcome }]);
    expect(await outcomes(machine, name, 'count'), name).toHaveLength(stage === 'greet' ? 0 : 1);
  });
  const whole = honest.on('run', '--name', 'honest').then((ended) => expectEnd(ended, 0));
  await Promise.all([whole, ...runs]);
});
