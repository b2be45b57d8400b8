import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSources } from '../../src/config/open-sources.ts';
import { parseSources, serializeSources } from '../../src/config/run-sources.ts';
import type { Origin } from '../../src/config/values/origin.ts';
import { type Typed, TypedIn } from './harness.ts';
import { changed, PIPELINE, TEMPLATE } from './pipeline-texts.ts';

const HEAD = 'apiVersion: ilab-backend.dev/v1alpha1\n';

/** A project with one pipeline `p`, found here and nowhere else. */
const FILES = {
  'pipelines/p/pipeline.yaml': PIPELINE,
  'pipelines/p/make.yaml': TEMPLATE,
  'pipelines/p/use.yaml': TEMPLATE,
  'ilab-backend.yaml': `${HEAD}kind: Project\npipeline: p\n`,
};

/** Nine levels of nine aliases each. */
const BOMB = `params:\n${Array.from({ length: 9 }, (_, level) => {
  const items =
    level === 0
      ? '[x]'
      : `[${Array(9)
          .fill(`*a${level - 1}`)
          .join(', ')}]`;
  return `  a${level}: &a${level} ${items}\n`;
}).join('')}`;

let place: TypedIn;
beforeEach(() => {
  place = new TypedIn().write(FILES);
});
afterEach(() => place.remove());

function project(text: string): void {
  place.write({ 'ilab-backend.yaml': `${HEAD}kind: Project\npipeline: p\n${text}` });
}

function user(text: string): void {
  place.write({ 'home/.config/ilab-backend/config.yaml': `${HEAD}kind: User\npipeline: p\n${text}` });
}

function profile(text: string): void {
  place.write({ 'pipelines/p/profiles/fast.yaml': `${HEAD}kind: Profile\ntarget: local\n${text}` });
}

/** For layers that are files: nothing is typed. */
function written(write: () => unknown): Typed {
  write();
  return {};
}

describe('layers', () => {
  /** Writes or types the value in one layer. */
  const layers: readonly { readonly kind: Origin['kind']; readonly give: (value: number) => Typed }[] = [
    { kind: 'profile', give: (value) => written(() => profile(`params: { epochs: ${value} }\n`)) },
    { kind: 'user', give: (value) => written(() => user(`params: { epochs: ${value} }\n`)) },
    { kind: 'project', give: (value) => written(() => project(`params: { epochs: ${value} }\n`)) },
    { kind: 'environment', give: (value) => ({ env: { ILAB_BACKEND_PARAM_EPOCHS: String(value) } }) },
    {
      kind: 'values',
      give: (value) => ({ ...written(() => place.write({ 'v.yaml': `epochs: ${value}\n` })), valueFiles: ['v.yaml'] }),
    },
    { kind: 'flag', give: (value) => ({ set: ['data=tiny', `epochs=${value}`] }) },
  ];

  test('each wins over those below it, and is named', async () => {
    profile('');
    let typed: Typed = { profile: 'fast', set: ['data=tiny'] };
    expect((await place.configure(typed)).sources.params).toMatchObject({ epochs: 2 });
    for (const [index, { kind, give }] of layers.entries()) {
      typed = { ...typed, ...give(index + 10) };
      const { sources } = await place.configure(typed);
      expect(sources.params).toMatchObject({ epochs: index + 10 });
      expect(sources.origins['params.epochs']).toMatchObject({ kind });
    }
  });

  test('origins say file, line and column', async () => {
    project('params:\n  data: tiny\n');
    const { sources } = await place.configure({ set: ['epochs=3'], env: { ILAB_BACKEND_PARAM_BASE: 'main' } });
    expect(sources.origins).toMatchObject({
      'params.data': { kind: 'project', file: 'ilab-backend.yaml', line: 5, column: 9 },
      'params.epochs': { kind: 'flag', flag: '--set epochs' },
      'params.base': { kind: 'environment', variable: 'ILAB_BACKEND_PARAM_BASE' },
      pipeline: { kind: 'project', file: 'ilab-backend.yaml', line: 3, column: 11 },
      'stages.make.engine': { kind: 'pipeline', file: 'pipelines/p/pipeline.yaml', line: 16 },
      target: { kind: 'built-in' },
    });
  });

  test('a default is where the pipeline’s file says it', async () => {
    const { sources } = await place.configure({ set: ['data=tiny'] });
    expect(sources.origins['params.epochs']).toEqual({
      kind: 'pipeline',
      file: 'pipelines/p/pipeline.yaml',
      line: 11,
      column: 51,
    });
  });

  test('a later -f wins over an earlier one, and --set over both', async () => {
    place.write({ 'a.yaml': 'data: tiny\nepochs: 3\nbase: a\n', 'b.yaml': 'epochs: 4\nbase: b\n' });
    const { sources } = await place.configure({ valueFiles: ['a.yaml', 'b.yaml'], set: ['base=c', 'base=d'] });
    expect(sources.params).toEqual({ data: 'tiny', epochs: 4, base: 'd' });
  });

  test('null takes back what is said below', async () => {
    project('params: { data: tiny, base: main, epochs: 5 }\n');
    const { sources } = await place.configure({ set: ['base=null', 'epochs=null'] });
    expect(sources.params).toEqual({ data: 'tiny', epochs: 2 });
    expect(sources.origins).not.toHaveProperty(['params.base']);
  });

  test('an empty variable is as if it were unset', async () => {
    const env = { ILAB_BACKEND_PARAM_EPOCHS: '', ILAB_BACKEND_PROFILE: '', ILAB_BACKEND_STATE_DIR: '/s' };
    expect((await place.configure({ env, set: ['data=tiny'] })).sources.params).toMatchObject({ epochs: 2 });
  });

  test('without any file of a project our defaults hold', async () => {
    const elsewhere = new TypedIn();
    const { sources } = await elsewhere.configure({ set: ['taxonomy=/t', 'model=tiny'] });
    expect(sources.pipeline.name).toBe('instructlab');
    expect(sources.profile).toBe('local');
    expect(sources.origins['profile']).toMatchObject({ kind: 'defaults', file: 'templates/defaults.yaml' });
    elsewhere.remove();
  });
});

describe('whose values', () => {
  test('the top of a project file is about its own pipeline', async () => {
    project('params: { data: tiny }\npipelines: { hello: { params: { name: ada } } }\n');
    expect((await place.configure({})).sources.params).toMatchObject({ data: 'tiny' });
    expect((await place.configure({ pipeline: 'hello' })).sources.params).toMatchObject({ name: 'ada' });
  });

  test('a user file that names no pipeline is about our default', async () => {
    place.write({ 'home/.config/ilab-backend/config.yaml': `${HEAD}kind: User\nparams: { model: tiny }\n` });
    const { sources } = await place.configure({ pipeline: 'instructlab', set: ['taxonomy=/t'] });
    expect(sources.params).toMatchObject({ model: 'tiny' });
    expect((await place.configure({ set: ['data=tiny'] })).sources.params).not.toHaveProperty('model');
  });

  test('XDG_CONFIG_HOME says where the user file is', async () => {
    place.write({ 'xdg/ilab-backend/config.yaml': `${HEAD}kind: User\npipeline: p\nparams: { epochs: 9 }\n` });
    const { sources } = await place.configure({
      set: ['data=tiny'],
      env: { XDG_CONFIG_HOME: join(place.folder, 'xdg') },
    });
    expect(sources.params).toMatchObject({ epochs: 9 });
  });

  test('pod settings of all layers join, key by key', async () => {
    profile('pod: { nodeSelector: { a: "1", b: "1" }, serviceAccountName: low }\n');
    project('profile: fast\npod: { nodeSelector: { b: "2" }, fsGroup: 100 }\n');
    const { sources } = await place.configure({ set: ['data=tiny'] });
    expect(sources.pod).toMatchObject({ nodeSelector: { a: '1', b: '2' }, serviceAccountName: 'low', fsGroup: 100 });
    expect(sources.origins['pod.nodeSelector.a']).toMatchObject({ kind: 'profile' });
    expect(sources.origins['pod.nodeSelector.b']).toMatchObject({ kind: 'project' });
  });

  test('engine, variant and timeouts: the last file that says so', async () => {
    profile('stages: { make: { engine: two, timeouts: { run: 1h, grace: 2m } } }\nparams: { base: main }\n');
    project('profile: fast\nstages: { make: { timeouts: { run: 2h } } }\n');
    const { sources, pipeline } = await place.configure({ set: ['data=tiny'] });
    expect(sources.stages['make']).toEqual({ engine: 'two', variant: 'job', timeouts: { run: 7200, grace: 120 } });
    expect(pipeline.pipeline.stages[0]?.timeouts).toEqual({ queue: 86_400, start: 900, run: 7200, grace: 120 });
  });

  test('what ends a stage: the last file that says so, a flag over all, and it is stored', async () => {
    project('stages: { make: { stopOn: [nan, stall] } }\nparams: { base: main }\n');
    const given = await place.configure({ set: ['data=tiny'] });
    expect(given.pipeline.pipeline.stages.map(({ stopOn }) => stopOn)).toEqual([['nan', 'stall'], []]);
    expect(openSources(parseSources(serializeSources(given.sources))).pipeline.stages[0]?.stopOn).toHaveLength(2);
    const typed = await place.configure({ set: ['data=tiny'], stopOn: ['make=none', 'use=gpu-fault, out-of-memory'] });
    expect(typed.pipeline.pipeline.stages.map(({ stopOn }) => stopOn)).toEqual([[], ['gpu-fault', 'out-of-memory']]);
    expect(typed.sources.origins['stages.make.stopOn']).toEqual({ kind: 'flag', flag: '--stop-on make' });
  });

  test('timeouts of a flag go over every file, are stored, and are of all stages', async () => {
    project('stages: { make: { timeouts: { queue: 2h, run: 1h } } }\nparams: { base: main }\n');
    const { pipeline, sources } = await place.configure({ set: ['data=tiny'], timeouts: { queue: 60 } });
    expect(pipeline.pipeline.stages.map(({ timeouts }) => timeouts.queue)).toEqual(
      pipeline.pipeline.stages.map(() => 60),
    );
    expect(sources.stages['make']?.timeouts).toEqual({ queue: 60, run: 3600 });
    expect(sources.origins['stages.make.timeouts.queue']).toEqual({ kind: 'flag', flag: '--queue-timeout' });
  });

  test('on a cluster an image stands for one of the pipeline’s; those of other pipelines do no harm', async () => {
    project('images: { stages/make/one: "reg/make:1", stages/train/mlx: "reg/train:1" }\n');
    place.write({ 'pipelines/p/profiles/cluster.yaml': `${HEAD}kind: Profile\ntarget: kubernetes\n` });
    const images = async (typed: Typed) => {
      const { pipeline } = await place.configure({ set: ['data=tiny'], ...typed });
      return pipeline.pipeline.stages.map((stage) => pipeline.choice(stage.name).image);
    };
    expect(await images({ profile: 'cluster' })).toEqual(['reg/make:1', 'stages/use/one']);
    // Here the folder itself runs.
    expect(await images({})).toEqual(['stages/make/one', 'stages/use/one']);
    // What is typed wins over the profile, and says so.
    expect(await images({ target: 'kubernetes' })).toEqual(['reg/make:1', 'stages/use/one']);
    expect(await images({ profile: 'cluster', target: 'local' })).toEqual(['stages/make/one', 'stages/use/one']);
    const { pipeline, sources } = await place.configure({ set: ['data=tiny'], target: 'kubernetes' });
    expect(pipeline.target).toBe('kubernetes');
    expect(sources.origins['target']).toEqual({ kind: 'flag', flag: '--target' });
  });
});

describe('data from outside', () => {
  test.each([
    ['./rows', 'rows'],
    ['../rows', '../rows'],
    ['rows/', 'rows'],
  ])('the relative path %s starts from the folder of the file that says it', async (typed, expected) => {
    project(`params: { data: "${typed}" }\n`);
    expect((await place.configure({})).sources.params['data']).toBe(join(place.folder, expected));
    place.write({ 'deep/values.yaml': `data: "${typed}"\n` });
    const { sources } = await place.configure({ valueFiles: ['deep/values.yaml'] });
    expect(sources.params['data']).toBe(join(place.folder, 'deep', expected));
  });

  test('flags and variables start from the current folder, ~ from the home folder', async () => {
    expect((await place.configure({ set: ['data=rows'] })).sources.params['data']).toBe(join(place.folder, 'rows'));
    const env = { ILAB_BACKEND_PARAM_DATA: 'rows' };
    expect((await place.configure({ env })).sources.params['data']).toBe(join(place.folder, 'rows'));
    const home = await place.configure({ set: ['data=~/rows'] });
    expect(home.sources.params['data']).toBe(join(place.folder, 'home', 'rows'));
  });

  test.each(['https://h/t.git', 'ssh://git@h/t', 'git@h:t.git', 'hf:org/name', 'tiny', '/abs/rows'])(
    '%s stays as it is',
    async (location) => {
      expect((await place.configure({ set: [`data=${location}`] })).sources.params['data']).toBe(location);
    },
  );

  test('a value that is no location is left alone', async () => {
    expect((await place.configure({ set: ['data=tiny', 'base=a/b'] })).sources.params['base']).toBe('a/b');
  });
});

describe('secrets', () => {
  test.each([
    ['env:MY_KEY', { name: 'env', key: 'MY_KEY' }],
    ['file:/run/key', { name: 'file', key: '/run/key' }],
    ['keys/teacher', { name: 'keys', key: 'teacher' }],
    ['{"name":"keys","key":"teacher"}', { name: 'keys', key: 'teacher' }],
  ])('%s is a reference', async (text, reference) => {
    expect((await place.configure({ set: ['data=tiny', `key=${text}`] })).sources.params['key']).toEqual(reference);
    project(`params: { data: tiny, key: '${text}' }\n`);
    if (!text.startsWith('{')) expect((await place.configure({})).sources.params['key']).toEqual(reference);
  });

  test('a cluster has no variable and no file of this machine', async () => {
    place.write({ 'pipelines/p/profiles/cluster.yaml': `${HEAD}kind: Profile\ntarget: kubernetes\n` });
    project('params:\n  data: tiny\n  key: env:MY_KEY\n');
    const inFile = await place.refusal({ profile: 'cluster' });
    expect(inFile.message).toMatch(/ilab-backend\.yaml:6:8: `key` refers to this machine \(env:MY_KEY\)/);
    const typed = await place.refusal({ profile: 'cluster', set: ['key=file:/run/key'] });
    expect(typed.message).toMatch(/--set key: `key` refers to this machine \(file:\/run\/key\)/);
    const { sources } = await place.configure({ profile: 'cluster', set: ['key=keys/teacher'] });
    expect(sources.params['key']).toEqual({ name: 'keys', key: 'teacher' });
  });

  test('the value itself is refused, and never shown', async () => {
    const secret = 'sk-VERYSECRET';
    project(`params:\n  data: tiny\n  key: ${secret}\n`);
    for (const error of [
      await place.refusal({}),
      await place.refusal({ set: [`key=${secret}`, 'epochs=x'] }),
      await place.refusal({ env: { ILAB_BACKEND_PARAM_KEY: secret } }),
    ]) {
      expect(error.message).toMatch(/takes a reference to a secret, never its value/);
      expect(`${error.message}${error.hint}`).not.toContain(secret);
    }
    project(`params:\n  data: tiny\n  key: { name: ${secret} }\n`);
    const half = await place.refusal({});
    expect(half.message).toMatch(/ilab-backend\.yaml:6:8: `key` takes a reference/);
    expect(half.message).not.toContain(secret);
  });
});

describe('what is wrong is refused together', () => {
  test('values of every layer, each with its place', async () => {
    project('params:\n  data: tiny\n  epoch: 3\n  epochs: 0\n');
    place.write({ 'v.yaml': 'base: 3\n' });
    const error = await place.refusal({
      valueFiles: ['v.yaml'],
      set: ['epohcs=3', 'key'],
      env: { ILAB_BACKEND_PARAM_EPOCH: '1', ILAB_BACKEND_PROFIL: 'x' },
    });
    expect(error.code).toBe('bad-params');
    expect(error.exitCode).toBe(2);
    expect(error.hint).toBe('see the parameters: `ilab-backend pipelines show p`');
    expect(error.message).toBe(
      `values for pipeline p cannot be used (7 faults)

$ILAB_BACKEND_PARAM_EPOCH: there is no such variable
 = did you mean \`ILAB_BACKEND_PARAM_EPOCHS\`?

$ILAB_BACKEND_PROFIL: there is no such variable
 = did you mean \`ILAB_BACKEND_PROFILE\`?

--set epohcs: there is no parameter epohcs
 = did you mean \`epochs\`?

--set key: it must be NAME=VALUE
 = for example --set key=env:NAME

ilab-backend.yaml:6:3: \`epoch\` is not known
 6 |   epoch: 3
   |   ^~~~~
   = did you mean \`epochs\`?

v.yaml:1:7: \`base\` must be a string, is 3
 1 | base: 3
   |       ^

ilab-backend.yaml:7:11: \`epochs\` must be >= 1, is 0
 7 |   epochs: 0
   |           ^
`,
    );
  });

  test.each([
    ['epochs=three', 'epochs must be a whole number, is "three"'],
    ['epochs=1.5', 'epochs must be a whole number, is "1.5"'],
    ['key={x', 'key must be a reference as JSON'],
    ['nothing.here=1', 'there is no parameter nothing.here'],
    ['=1', 'it must be NAME=VALUE'],
    ['epochs', 'for example --set epochs=2'],
    ['pod.queue=x', 'pod.queue is a pod setting, and no parameter\n = write it under `pod:`'],
    ['constructor=1', 'there is no parameter constructor'],
    ['__proto__=1', 'there is no parameter __proto__'],
  ])('--set %s', async (flag, message) => {
    expect((await place.refusal({ set: ['data=tiny', flag] })).message).toContain(message);
  });

  test('a missing value that chooses data: the lines to add', async () => {
    project('params: { epochs: 3 }\n');
    const error = await place.refusal({});
    expect(error.code).toBe('bad-params');
    expect(error.message).toBe('pipeline p needs a value that nobody gave\n\n  data\n');
    expect(error.hint).toBe(
      'edit ilab-backend.yaml until it has:\n\n    params:\n      data: ...\n\n  or give them once: --set data=...',
    );
  });

  test('what must stand beside a setting that was given, with its place', async () => {
    project('params: { data: tiny }\npod:\n  storage: { endpoint: "https://s3.example" }\n  caBundle: { key: x }\n');
    const error = await place.refusal({});
    expect(error.code).toBe('bad-params');
    for (const key of ['storage.url', 'storage.accessKey', 'storage.secretKey', 'caBundle.configMap'])
      expect(error.message).toContain(`\`pod.${key}\` has no value, and must have one beside this`);
    expect(error.message).toMatch(
      /ilab-backend\.yaml:\d+:\d+: `pod\.storage\.url`.*\n.*storage: \{ endpoint.*\n.*\n.*add `url:` to `pod\.storage:`: Which bucket/,
    );
  });

  test('the lines to add are a whole file where there is none, below `pipelines:` for another pipeline', async () => {
    const elsewhere = new TypedIn();
    const error = await elsewhere.refusal({ pipeline: 'hello', set: ['greet.times=x'] });
    elsewhere.remove();
    expect(error.message).toMatch(
      /needs a value that nobody gave\n\n {2}name: Whom to greet\n\nand these values cannot/,
    );
    expect(error.hint).toBe(
      [
        'write ilab-backend.yaml:',
        '',
        '    apiVersion: ilab-backend.dev/v1alpha1',
        '    kind: Project',
        '    pipelines:',
        '      hello:',
        '        params:',
        '          name: world',
        '',
        '  or give them once: --set name=world; `ilab-backend init --pipeline hello` writes such a file',
      ].join('\n'),
    );
  });

  test('a parameter that is known elsewhere is told with where', async () => {
    const train = { type: 'object', additionalProperties: false, properties: { steps: { type: 'integer' } } };
    place.write({ 'pipelines/p/pipeline.yaml': changed({ 'params.properties.train': train }) });
    project('params: { data: tiny, steps: 3 }\n');
    expect((await place.refusal({ set: ['steps=3'] })).message).toMatch(
      /--set steps: .*\n = did you mean `train.steps`\?\n\n.*`steps` is not known\n.*\n.*\n.*= did you mean `train.steps`\?/,
    );
  });

  test('what an engine needs, and who asks', async () => {
    project('params: { data: tiny }\nstages: { make: { engine: two } }\n');
    const error = await place.refusal({});
    expect(error.message).toContain('base (engine two of make needs it)');
  });

  test.each([
    ['a misspelt field', 'parms: {}\n', /`parms`.*\n.*parms.*\n.*\n.*did you mean `params`/],
    ['the same key twice', 'params: {}\nparams: {}\n', /the key `params` is written twice/],
    ['an unknown stage', 'stages: { mak: {} }\n', /there is no stage `mak`/],
    ['an unknown engine', 'stages: { make: { engine: thre } }\n', /stage `make` has no engine `thre`/],
    ['an unknown variant', 'stages: { make: { variant: jb } }\n', /stage `make` has no variant `jb`/],
    ['a wrong timeout', 'stages: { make: { timeouts: { run: 5 } } }\n', /`timeouts.run` must be a text/],
    ['a pod setting that is none', 'pod: { nodeSelectr: {} }\n', /`pod.nodeSelectr` is not known/],
    ['a pod setting of another type', 'pod: { fsGroup: x }\n', /`pod.fsGroup` must be an integer/],
    ['an image that is no reference', 'images: { stages/make/one: "A B" }\n', /is no image reference/],
    ['an overlay of an unknown stage', 'overlays: { mak: [] }\n', /there is no stage `mak`/],
    ['an overlay of nothing', 'overlays: { make: [{ kind: Pod, patch: {} }] }\n', /no Pod for this overlay/],
    ['an overlay with a wrong name', 'overlays: { make: [{ patch: { a: "${params.x}" } }] }\n', /no field `x`/],
    ['a number in quotes', 'params: { epochs: "3" }\n', /must be an integer, is "3"\n.*\n.*\n.*= take the quotes away/],
    [
      'values of the own pipeline',
      'pipelines: { p: { params: {} } }\n',
      /`p` is this project's own.*\n.*\n.*\n.*= move `params:` to the top/,
    ],
    ['settings of an unknown pipeline', 'pipelines: { helo: {} }\n', /there is no pipeline `helo`/],
    ['a second document', '---\nkind: Project\n', /the file must hold one document/],
    ['broken YAML', 'params: { a: 1\n', /not valid YAML/],
    ['a tag', 'params: { data: !!binary AAAA }\n', /the tag/],
    ['aliases without bound', BOMB, /its aliases multiply without bound/],
    ['a number that JSON does not know', 'params: { epochs: .nan }\n', /holds a value that JSON does not know/],
    ['a list where names belong', 'params: [1]\n', /`params` must be a mapping, not a list/],
    ['a text where a list belongs', 'overlays: { make: x }\n', /the overlays of `make` must be a list, not a text/],
    ['a name that is no text', 'params: { [1]: 2 }\n', /a name in `params` must be a text/],
  ])('%s in the project file', async (_what, text, message) => {
    project(text);
    const error = await place.refusal({ set: ['data=tiny'] });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/ilab-backend\.yaml:\d+:\d+/);
    expect(error.exitCode).toBe(2);
  });

  test('a profile with the name of another', async () => {
    profile('metadata: { name: slow }\n');
    const error = await place.refusal({ profile: 'fast', set: ['data=tiny'] });
    expect(error.message).toContain('the profile `slow` is in a file `fast`');
  });

  test('a profile that does not exist', async () => {
    profile('');
    const error = await place.refusal({ profile: 'fats', set: ['data=tiny'] });
    expect(error).toMatchObject({ code: 'unknown-profile', hint: 'did you mean fast? profiles: fast' });
  });

  test('a pipeline that does not exist', async () => {
    const error = await place.refusal({ pipeline: 'instructlib' });
    expect(error).toMatchObject({ code: 'unknown-pipeline' });
    expect(error.hint).toBe('did you mean instructlab? pipelines: hello, instructlab, p');
  });

  test('a project folder without a file', async () => {
    expect(await place.refusal({ project: 'nowhere' })).toMatchObject({
      code: 'bad-config',
      message: `there is no ilab-backend.yaml in ${join(place.folder, 'nowhere')}`,
    });
  });

  test('a values file that is not there', async () => {
    expect(await place.refusal({ valueFiles: ['no.yaml'] })).toMatchObject({ message: 'there is no file no.yaml' });
  });
});

describe('where things are found', () => {
  test('a project elsewhere', async () => {
    place.write({ 'sub/ilab-backend.yaml': `${HEAD}kind: Project\nparams: { taxonomy: t, model: tiny }\n` });
    const { sources } = await place.configure({ project: 'sub' });
    expect(sources.params['taxonomy']).toBe(join(place.folder, 'sub/t'));
    const env = { ILAB_BACKEND_PROJECT: 'sub' };
    expect((await place.configure({ env })).sources.params).toEqual(sources.params);
  });

  test('parents are not searched', async () => {
    place.write({ 'sub/x': '' });
    const below = await place.configure({ set: ['data=tiny'] });
    expect(below.sources.pipeline.name).toBe('p');
    expect((await place.refusal({ project: 'sub' })).message).toMatch(/there is no ilab-backend.yaml in/);
  });

  test('the same name as one of ours is an error that names both', async () => {
    place.write({ 'pipelines/hello/pipeline.yaml': PIPELINE });
    const error = await place.refusal({ pipeline: 'hello' });
    expect(error.code).toBe('bad-config');
    expect(error.message).toContain(join(place.folder, 'pipelines/hello'));
    expect(error.message).toMatch(/and .*templates\/hello$/);
  });

  test('a project has profiles for a pipeline of ours', async () => {
    place.write({ 'profiles/hello/mine.yaml': `${HEAD}kind: Profile\ntarget: kubernetes\nparams: { name: x }\n` });
    const { sources } = await place.configure({ pipeline: 'hello', profile: 'mine' });
    expect(sources).toMatchObject({ target: 'kubernetes', profile: 'mine', params: { name: 'x' } });
  });

  test('two profiles of one name are an error that names both', async () => {
    place.write({ 'profiles/instructlab/local.yaml': `${HEAD}kind: Profile\ntarget: local\n` });
    const error = await place.refusal({ pipeline: 'instructlab' });
    expect(error.message).toContain('templates/instructlab/profiles/local.yaml and profiles/instructlab/local.yaml');
  });

  test('ILAB_BACKEND_PIPELINE and ILAB_BACKEND_PROFILE', async () => {
    profile('params: { data: tiny }\n');
    place.write({ 'ilab-backend.yaml': `${HEAD}kind: Project\n` });
    const env = { ILAB_BACKEND_PIPELINE: 'p', ILAB_BACKEND_PROFILE: 'fast' };
    const { sources } = await place.configure({ env });
    expect(sources.origins).toMatchObject({
      pipeline: { kind: 'environment', variable: 'ILAB_BACKEND_PIPELINE' },
      profile: { kind: 'environment', variable: 'ILAB_BACKEND_PROFILE' },
    });
  });
});
