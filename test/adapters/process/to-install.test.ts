import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEnvironments } from '../../../src/adapters/process/environment.ts';

test('says what would be installed for an engine, and where, until it is there', async () => {
  const root = mkdtempSync(join(tmpdir(), 'to-install-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o755 });
  };
  put(join(root, 'package/stages/train/py/bin/train'), '#!/bin/sh\n');
  put(join(root, 'package/stages/train/py/requirements.lock'), 'one==1 --hash=sha256:0\ntwo==2 --hash=sha256:0\n');
  put(join(root, 'path/python3'), '#!/bin/sh\necho "3.12.1 $0"\n');
  const environments = createEnvironments({
    stateDir: join(root, 'state'),
    roots: [join(root, 'package')],
    program: { nodePath: process.execPath, dist: '/nowhere' },
    hostEnv: { PATH: join(root, 'path') },
    cuda: false,
  });
  const image = environments.identify('stages/train/py');
  const { place = '', packages } = (await environments.toInstall(image)) ?? {};
  expect(place).toMatch(/\/state\/envs\/venv-[0-9a-f]{20}$/);
  put(join(place, 'bin/python'), '');
  expect([packages, await environments.toInstall(image)]).toEqual([2, undefined]);
});
