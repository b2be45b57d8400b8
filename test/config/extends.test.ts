import { afterEach, describe, expect, test } from 'vitest';
import { TypedIn } from './harness.ts';

const HEAD = 'apiVersion: ilab-backend.dev/v1alpha1\nkind: Profile\ntarget: kubernetes\n';

let place: TypedIn | undefined;
afterEach(() => place?.remove());

function configure(profiles: Readonly<Record<string, string>>, profile: string) {
  place = new TypedIn();
  const files = Object.entries(profiles).map(([name, text]) => [`profiles/hello/${name}.yaml`, HEAD + text]);
  return place.write(Object.fromEntries(files)).configure({ pipeline: 'hello', profile });
}

describe('a profile that extends another', () => {
  test('says only what differs, however long the chain', async () => {
    const { sources } = await configure(
      {
        ground:
          'params: { name: ground, greet: { times: 5 } }\nstages: { greet: { timeouts: { run: 1h, queue: 2h } } }\n',
        middle: 'extends: ground\nparams: { name: middle }\n',
        top: 'extends: middle\nstages: { greet: { timeouts: { run: 3h } } }\n',
      },
      'top',
    );
    expect(sources).toMatchObject({ profile: 'top', params: { name: 'middle', greet: { times: 5 } } });
    expect(sources.stages['greet']?.timeouts).toEqual({ run: 10_800, queue: 7200 });
  });

  test('tells of each value which file said it', async () => {
    const { sources } = await configure(
      { ground: 'params: { name: ground }\n', top: 'extends: ground\nparams: { greet: { times: 3 } }\n' },
      'top',
    );
    expect(sources.origins['params.name']).toMatchObject({ kind: 'profile', file: 'profiles/hello/ground.yaml' });
    expect(sources.origins['params.greet.times']).toMatchObject({ kind: 'profile', file: 'profiles/hello/top.yaml' });
  });

  test('may extend one of ours', async () => {
    place = new TypedIn();
    place.write({ 'profiles/instructlab/mine.yaml': `${HEAD}extends: h100x4\nparams: { train: { epochs: 3 } }\n` });
    const { sources } = await place.configure({
      ...{ pipeline: 'instructlab', profile: 'mine' },
      set: ['taxonomy=/t', 'documents=/d', 'model=tiny'],
    });
    expect(sources.params).toMatchObject({ train: { epochs: 3, batchSize: 128 } });
  });

  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['itself', { top: 'extends: top\n' }, /profiles\/hello\/top\.yaml:4:\d+: the profile extends itself: top -> top/],
    [
      'itself by way of another',
      { top: 'extends: other\n', other: 'extends: top\n' },
      /profiles\/hello\/other\.yaml:4:\d+: the profile extends itself: top -> other -> top/,
    ],
    [
      'one that is not there',
      { top: 'extends: grund\n', ground: '' },
      /profiles\/hello\/top\.yaml:4:\d+: there is no profile `grund` to extend[\s\S]*did you mean `ground`\?/,
    ],
    ['one with a fault', { top: 'extends: ground\n', ground: 'parms: {}\n' }, /profiles\/hello\/ground\.yaml:4:\d+: /],
  ])('but not %s', async (_what, profiles, message) => {
    await expect(configure(profiles, 'top')).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringMatching(message),
    });
  });
});
