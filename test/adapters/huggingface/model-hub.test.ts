import { expect, type TestContext, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { createHuggingFaceHub } from '../../../src/adapters/huggingface/model-hub.ts';
import { ADA, hubOf } from '../../huggingface/hub-of.ts';

const signal = new AbortController().signal;

async function open(context: TestContext, token?: string) {
  const { hub } = await hubOf(context);
  const { branches } = hub.state.create('ada/open', false, 'ada');
  hub.state.create('ada/closed', true, 'ada');
  const options = { endpoint: hub.endpoint, ...(token === undefined ? {} : { token }) };
  return { hub, head: branches.get('main'), found: createHuggingFaceHub(options, systemClock) };
}

test('a branch is a commit, with a token and without', async (context) => {
  for (const token of [undefined, '', ADA]) {
    const { found, head } = await open(context, token);
    expect(await found.resolveRevision('ada/open', 'main', signal)).toBe(head);
  }
});

const REFUSED: readonly (readonly [string, string, string | undefined, RegExp])[] = [
  ['ada/open', 'nowhere', ADA, /no model ada\/open with the revision nowhere/],
  ['ada/absent', 'main', ADA, /no model ada\/absent, or none that the token may see/],
  ['ada/closed', 'main', undefined, /gives no access to ada\/closed without a token/],
  ['ada/open', 'main', 'hf_unknown', /does not take the token/],
  ['ada/open', 'main', 'sk-other', /HF_TOKEN is not one of Hugging Face/],
];

test.for(REFUSED)('%s at %s for %s is refused with the reason', async ([repo, revision, token, message], context) => {
  const { found } = await open(context, token);
  const asked = found.resolveRevision(repo, revision, signal);
  await expect(asked).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(message) });
});

test('who names a revision that is not there is told where those that are', async (context) => {
  const { found } = await open(context);
  await expect(found.resolveRevision('ada/open', 'nowhere', signal)).rejects.toMatchObject({
    hint: expect.stringMatching(/a branch, a tag or a commit that it has: http\S+\/ada\/open\/commits\/main$/),
  });
});

test('a hub that is busy or away is not waited for', async (context) => {
  const { hub, found } = await open(context);
  hub.faults.add({ match: '', fault: { kind: 'status', status: 503 } });
  const asked = found.resolveRevision('ada/open', 'main', signal);
  await expect(asked).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('503') });
  await hub.close();
  await expect(found.resolveRevision('ada/open', 'main', signal)).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('does not answer (ECONNREFUSED)'),
  });
});
