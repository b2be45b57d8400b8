import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseSources, planOfSources, serializeSources } from '../../src/config/run-sources.ts';
import { NOTIFICATION_KINDS } from '../../src/domain/notification.ts';
import { addressFault, shownAddressFault } from '../../src/domain/webhook-address.ts';
import { TypedIn } from './harness.ts';

let place: TypedIn;
beforeEach(() => {
  place = new TypedIn();
});
afterEach(() => place.remove());

const HEAD = 'apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\npipeline: hello\n';

async function configured(notify: string, target?: 'local' | 'kubernetes') {
  place.write({ 'ilab-backend.yaml': `${HEAD}params: { name: you }\n${notify}` });
  return (await place.configure(target === undefined ? {} : { target })).sources;
}

/** What the person is told. */
async function refusal(notify: string, target?: 'local' | 'kubernetes'): Promise<string> {
  return configured(notify, target).then(
    () => 'it was taken',
    (error: Error) => error.message,
  );
}

describe('notify', () => {
  test('is stored with the run, with its defaults, and is no part of its plan', async () => {
    const without = await configured('');
    const sources = await configured('notify: { url: "https://hook.example.org/x", secret: env:HOOK }\n');
    expect(without.notify).toBeUndefined();
    expect(sources.notify).toEqual({
      url: 'https://hook.example.org/x',
      secret: { name: 'env', key: 'HOOK' },
      on: NOTIFICATION_KINDS,
    });
    expect(sources.origins['notify.url']).toMatchObject({ kind: 'project', line: 5 });
    expect(parseSources(serializeSources(sources)).notify).toEqual(sources.notify);
    expect(planOfSources(sources)).toEqual(planOfSources(without));
  });

  test('is joined from the layers, and null takes it back', async () => {
    const user = 'apiVersion: ilab-backend.dev/v1alpha1\nkind: User\n';
    place.write({
      'home/.config/ilab-backend/config.yaml': `${user}notify: { url: "https://a.example.org", secret: env:A }\n`,
    });
    expect((await configured('notify: { secret: env:B, on: [done] }\n')).notify).toEqual({
      url: 'https://a.example.org',
      secret: { name: 'env', key: 'B' },
      on: ['done'],
    });
    expect((await configured('notify: { url: null, secret: null }\n')).notify).toBeUndefined();
  });

  test.each([
    ['notify: { url: "https://a.example.org" }', 'no secret is named'],
    ['notify: { secret: env:A }', 'no address is named'],
    ['notify: { url: "https://a.example.org", urlFrom: env:B, secret: env:A }', '`url` and `urlFrom` name the same'],
    ['notify: { url: "https://a.example.org", secret: env:A, on: [finished] }', '`notify.on[0]`'],
    ['notify: { url: "https://a.example.org", secret: env:A, when: [done] }', '`notify.when`'],
  ])('%s is refused', async (notify, message) => {
    expect(await refusal(`${notify}\n`)).toContain(message);
  });

  test('never shows a secret, nor an address that may hold one', async () => {
    for (const notify of [
      'notify: { url: "https://a.example.org", secret: whsec_dG9wczNjcmV0 }',
      'notify: { url: "https://ada:dG9wczNjcmV0@a.example.org", secret: env:A }',
      'notify: { url: "https://a.example.org/?key=dG9wczNjcmV0", secret: env:A }',
      'notify: { urlFrom: "https://a.example.org/dG9wczNjcmV0", secret: env:A }',
    ]) {
      const message = await refusal(`${notify}\n`);
      expect(message).toContain('notify');
      expect(message).not.toContain('dG9wczNjcmV0');
    }
  });

  test('marks what is wrong, and what is not shown at its place', async () => {
    expect(await refusal('notify: { url: "http://hook.example.org", secret: env:A }\n')).toContain(
      ` 5 | ${' '.repeat(15)}...\n   | ${' '.repeat(15)}^~~\n   = write https://`,
    );
    expect(await refusal('notify: { url: "https://a.example.org/?k=1", secret: env:A }\n')).toContain('`urlFrom:`');
    expect(await refusal('notify:\n  url: https://a.example.org\n  secret: env:A\n  on: [done, wating]\n')).toMatch(
      /on: \[done, wating\]\n {3}\| {14}\^~{5}\n {3}= did you mean `waiting`\?/,
    );
  });

  test('refers to a Secret on a cluster', async () => {
    const here = 'notify: { url: "https://a.example.org", secret: env:A }\n';
    expect(await refusal(here, 'kubernetes')).toContain('`notify.secret` refers to this machine (env:A)');
    const there = 'notify: { urlFrom: hook/url, secret: hook/secret }\n';
    expect((await configured(there, 'kubernetes')).notify).toMatchObject({ urlFrom: { name: 'hook', key: 'url' } });
  });
});

test.each([
  'https://hook.example.org/x',
  'https://10.0.0.1:8443',
  'http://localhost:8080',
  'http://127.0.0.1:1/a',
  'http://[::1]:1',
  'http://hook',
  'http://hook.team.svc:8080/x',
  'http://hook.team.svc.cluster.local',
])('%s may be sent to', (address) => {
  expect(shownAddressFault(address)).toBeUndefined();
});

test.each([
  'http://hook.example.org',
  'http://10.0.0.1',
  'http://169.254.169.254/latest',
  'http://svc.example.org',
  'http://a.svc.example.org',
  'http://127.0.0.1.example.org',
  'http://localhost.example.org',
  'ftp://hook',
  'hook.example.org',
  '',
])('%s may not', (address) => {
  expect(addressFault(address)).toEqual(expect.any(String));
});
