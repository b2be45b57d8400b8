import { expect, test } from 'vitest';
import type { NodeGpus, ProfileChoice, ProjectMaker, Prompt } from '../../../src/actions/project/init-project.ts';
import type { ProjectRequest } from '../../../src/actions/project/open-project.ts';
import type { PlaceOptions } from '../../../src/cli/context.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { reportError } from '../../../src/cli/report-error.ts';
import { UserError } from '../../../src/domain/errors.ts';
import { Terminal } from '../terminal.ts';

/* `init`: what is asked, what is looked at, what is written. */

const H100: readonly NodeGpus[] = [{ node: 'n1', total: 4, product: 'NVIDIA-H100-80GB-HBM3' }];

const PROFILES: readonly ProfileChoice[] = [
  { name: 'local', target: 'local' },
  { name: 'cpu', target: 'kubernetes', gpus: 0 },
  { name: 'h100x4', target: 'kubernetes', gpus: 4 },
];

const absentIn = (set: readonly string[]) =>
  set.includes('data=./nowhere')
    ? [{ path: 'data', folder: './nowhere', what: 'folder' as const, near: './elsewhere' }]
    : [];

/** Of a pipeline that needs `data` and `model`; a value `bad` is refused. The text of the file is what it was made from. */
function fakeMaker(isThere: boolean): ProjectMaker {
  const missing = ({ set }: ProjectRequest) => {
    if (set.some((flag) => flag.endsWith('=bad'))) throw new UserError('bad-params', 'that cannot be used');
    return ['data', 'model']
      .filter((path) => set.every((flag) => !flag.startsWith(`${path}=`)))
      .map((path) => ({ path, type: 'string', required: true, title: `The ${path}` }));
  };
  return {
    isThere: async () => isThere,
    folderIsThere: async ({ project }) => project === 'other',
    pipeline: async ({ pipeline = 'ours' }) => pipeline,
    profiles: async (_request, target) => PROFILES.filter((profile) => profile.target === target),
    missing: async (request) => missing(request),
    draft: async (request) => {
      const { project, pipeline, profile, set } = request;
      return {
        text: JSON.stringify({ project, pipeline, profile, set }),
        missing: missing(request),
        absent: absentIn(set),
      };
    },
  };
}

/** Types a line; `answers` to what is asked, undefined = the person leaves; without them nobody can be asked. */
async function type(line: string, answers?: readonly (string | undefined)[], isThere = false) {
  const terminal = new Terminal();
  const left = [...(answers ?? [])];
  const asked: PlaceOptions[] = [];
  const written: string[] = [];
  const prompt: Prompt = {
    ask: async () => {
      if (left.length === 0) throw new Error(`nobody answers: ${terminal.stderr.text}`);
      return left.shift();
    },
    close: () => undefined,
  };
  const context = terminal.context({
    openProjectMaker: async () => fakeMaker(isThere),
    openPrompt: async () => (answers === undefined ? undefined : prompt),
    listPipelines: async () => ['other', 'ours'].map((name) => ({ name, folder: name })),
    nodeGpus: async (options) => {
      asked.push(options);
      return H100;
    },
    writeFiles: async (_folder, files) => {
      written.push(...files.map(({ text }) => text));
      return [];
    },
  });
  const argv = line.split(' ');
  const exitCode = await runProgram(argv, ['train'], context).catch((error: unknown) =>
    reportError(error, terminal.stderr, { home: '/home/ada', isProgram: false }),
  );
  return { exitCode, stdout: terminal.stdout.text, stderr: terminal.stderr.text, asked, written, left };
}

test('asks for what no flag says, again for what cannot be used, and looks at no cluster', async () => {
  const { stdout, stderr, asked, written, left } = await type('init', ['one', '1', '', 'bad', './x', '']);
  expect(left).toEqual([]);
  expect(stderr).toContain('one of these, by its name or its number');
  expect(stderr).toContain('that cannot be used');
  expect(asked).toEqual([]);
  expect(JSON.parse(written[0] ?? '')).toEqual({
    project: '.',
    pipeline: 'other',
    profile: 'local',
    set: ['data=./x'],
  });
  expect(stdout).toBe(
    [
      'ilab-backend.yaml is written: pipeline other, profile local',
      'Fill in: model',
      'Then:',
      '  ilab-backend validate',
      '  ilab-backend plan',
      '  ilab-backend run',
      '',
    ].join('\n'),
  );
});

test('a cluster that is named is looked at, and its GPUs propose the profile', async () => {
  const { stdout, stderr, asked, written } = await type('init weekly --context prod -n team', ['', '', 'd', 'm']);
  expect(asked).toMatchObject([{ cluster: { context: 'prod', namespace: 'team' } }]);
  expect(stderr).toContain('GPUs of the cluster: n1 4 x NVIDIA-H100-80GB-HBM3');
  expect(stderr).toMatch(/2 {2}h100x4 {2}4 GPUs at a time\n\(empty = h100x4\)/);
  expect(JSON.parse(written[0] ?? '')).toMatchObject({
    project: 'weekly',
    profile: 'h100x4',
    set: ['data=d', 'model=m'],
  });
  expect(stdout).toContain('  ilab-backend doctor --project weekly --context prod -n team\n');
  expect(stdout).not.toContain('Fill in');
});

test('whoever leaves leaves nothing behind', async () => {
  expect(await type('init --target local', ['', 'x', undefined])).toMatchObject({
    exitCode: 130,
    stdout: '',
    written: [],
    stderr: expect.stringContaining('nothing was written'),
  });
});

test('where nobody can be asked, and with --yes, what is not known is a line to fill in', async () => {
  for (const [line, answers] of [
    ['init', undefined],
    ['init --yes', []],
  ] as const) {
    const { exitCode, stdout, asked } = await type(line, answers);
    expect({ exitCode, asked }).toEqual({ exitCode: 0, asked: [] });
    expect(stdout).toContain('Fill in: data, model\n');
  }
});

test('a file that is there stays, unless it is said', async () => {
  const kept = await type('init --yes', undefined, true);
  expect(kept).toMatchObject({ exitCode: 2, written: [] });
  expect(kept.stderr).toContain('ilab-backend.yaml is there already');
  const typed = await type('init weekly --pipeline ours --set data=<x> -n team --yes', undefined, true);
  expect(typed.stderr).toContain(
    '`ilab-backend init weekly --pipeline ours --namespace team --set data=... --yes --force`',
  );
  expect(await type('init --yes --force', undefined, true)).toMatchObject({ exitCode: 0 });
});

test('the name of a pipeline is no folder, unless one is called so', async () => {
  const refused = await type('init ours');
  expect(refused).toMatchObject({ exitCode: 2, written: [] });
  expect(refused.stderr).toContain('did you mean `ilab-backend init --pipeline ours`?');
  for (const line of ['init other', 'init ./ours', 'init ours --pipeline ours'])
    expect(await type(line)).toMatchObject({ exitCode: 0 });
});

test('a folder that a value names and that is not there is told in a line', async () => {
  const { exitCode, stderr, written } = await type('init --yes --set data=./nowhere');
  expect({ exitCode, stderr, files: written.length }).toEqual({
    exitCode: 0,
    stderr: 'there is no folder ./nowhere yet, which data names; did you mean ./elsewhere?\n',
    files: 1,
  });
});
