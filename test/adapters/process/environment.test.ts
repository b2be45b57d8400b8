import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEnvironments, type Environments } from '../../../src/adapters/process/environment.ts';

const never = new AbortController().signal;
const quiet = (): void => undefined;
let root: string;
let env: Record<string, string | undefined>;
let gpu: boolean;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'environments-'));
  env = { PATH: process.env['PATH'], HOME: root };
  gpu = false;
  put('package/stages/greet/shell/bin/greet', '#!/bin/sh\n. ../_lib/sh/stage.sh\n', 0o755);
  put('package/stages/_lib/sh/stage.sh', 'stage_begin() { :; }\n');
  put('package/stages/_lib/ilab_stage/__init__.py', 'import ilab_base\n');
  put('package/stages/_lib/ilab_base/__init__.py', '');
  put('package/stages/_lib/ilab_other/__init__.py', '');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string, mode = 0o644): string {
  const place = join(root, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
  chmodSync(place, mode);
  return place;
}

function environments(...roots: readonly string[]): Environments {
  const all = roots.length === 0 ? ['package'] : roots;
  return createEnvironments({
    stateDir: join(root, 'state'),
    roots: all.map((name) => join(root, name)),
    program: { nodePath: process.execPath, dist: '/nowhere' },
    hostEnv: env,
    cuda: gpu,
  });
}

function envs(): readonly string[] {
  return readdirSync(join(root, 'state/envs')).sort();
}

const GREET = 'stages/greet/shell';

describe('an image of ours', () => {
  test('is its files and what of _lib they name, copied under their hash', async () => {
    put('package/stages/train/py/bin/train', '#!/usr/bin/env python3\nimport ilab_stage\n', 0o755);
    const all = environments();
    const image = all.identify('stages/train/py');
    await all.prepare(image, quiet, never);
    const [bin] = all.bin(image);
    expect(bin).toBe(join(root, 'state/envs', `image-${image.identity.slice(7, 27)}`, 'bin'));
    expect(readdirSync(join(dirname(bin ?? ''), '_lib')).sort()).toEqual(['ilab_base', 'ilab_stage']);
    expect(execFileSync('ls', ['-l', bin ?? ''], { encoding: 'utf8' })).toMatch(/-rwx.* train\n/);
  });

  test.each([
    { what: 'a program', path: 'package/stages/greet/shell/bin/greet', changes: true },
    { what: 'what it shares', path: 'package/stages/_lib/sh/stage.sh', changes: true },
    { what: 'a new file', path: 'package/stages/greet/shell/data.json', changes: true },
    { what: 'what only others share', path: 'package/stages/_lib/ilab_other/__init__.py', changes: false },
    { what: 'a test', path: 'package/stages/greet/shell/tests/test_x.py', changes: false },
    { what: 'a Containerfile', path: 'package/stages/greet/shell/Containerfile', changes: false },
    { what: 'a cache', path: 'package/stages/greet/shell/bin/__pycache__/x.pyc', changes: false },
  ])('changes by $what: $changes', ({ path, changes }) => {
    const before = environments().identify(GREET).identity;
    put(path, '#!/bin/sh\n# another, with the word sh\n', 0o755);
    expect(environments().identify(GREET).identity !== before).toBe(changes);
  });

  test('changes when a program can no longer be executed', () => {
    const before = environments().identify(GREET).identity;
    chmodSync(join(root, 'package/stages/greet/shell/bin/greet'), 0o644);
    expect(environments().identify(GREET).identity).not.toBe(before);
  });

  test('is kept as it was planned, whatever becomes of the folder', async () => {
    const all = environments();
    const image = all.identify(GREET);
    await all.prepare(image, quiet, never);
    put('package/stages/greet/shell/bin/greet', 'changed', 0o755);
    await all.prepare(image, quiet, never);
    expect(readFileSync(join(all.bin(image)[0] ?? '', 'greet'), 'utf8')).toContain('stage.sh');
  });

  test('cannot be made any more when the folder changed before it was', async () => {
    const all = environments();
    const image = all.identify(GREET);
    put('package/stages/greet/shell/bin/greet', 'changed', 0o755);
    await expect(all.prepare(image, quiet, never)).rejects.toMatchObject({
      code: 'cannot-start',
      message: 'the files of stages/greet/shell changed since the run was planned',
    });
    expect(() => all.bin(image)).toThrow('is not made yet');
  });

  test('of a project comes before ours', () => {
    const ours = environments().identify(GREET).identity;
    put('project/stages/greet/shell/bin/greet', 'mine', 0o755);
    expect(environments('project', 'package').identify(GREET).identity).not.toBe(ours);
  });

  test.each([
    { image: 'stages/greet/none', message: 'there is no such folder' },
    { image: 'stages/greet', message: 'is called stages/<stage>/<engine>' },
    { image: 'stages/../../etc', message: 'is called stages/<stage>/<engine>' },
    { image: 'stages/_lib/sh', message: 'has no folder bin/' },
  ])('$image is none', ({ image, message }) => {
    expect(() => environments().identify(image)).toThrow(message);
  });

  test('is not an image of a registry', () => {
    expect(environments().identify('quay.io/a/b@sha256:0')).toEqual({
      reference: 'quay.io/a/b@sha256:0',
      identity: 'quay.io/a/b@sha256:0',
    });
  });
});

const python = (() => {
  const { status } = spawnSync('python3', ['-c', 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))']);
  return status === 0;
})();

/** A package of one file and one script, as pip installs it without asking anybody. */
function makeWheel(): { readonly path: string; readonly sha256: string } {
  const path = join(root, 'tiny_thing-1.0-py3-none-any.whl');
  const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("tiny_thing.py", "def main(): print('tiny')\\n")
    z.writestr("tiny_thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny-thing\\nVersion: 1.0\\n")
    z.writestr("tiny_thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    z.writestr("tiny_thing-1.0.dist-info/entry_points.txt", "[console_scripts]\\ntiny = tiny_thing:main\\n")
    z.writestr("tiny_thing-1.0.dist-info/RECORD", "tiny_thing.py,,\\ntiny_thing-1.0.dist-info/RECORD,,\\n")
`;
  execFileSync('python3', ['-c', script, path]);
  return { path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}

const LOCK = 'package/stages/train/py/requirements.lock';
function putPythonImage(lock: string): void {
  put('package/stages/train/py/bin/train', '#!/usr/bin/env python3\nimport tiny_thing\ntiny_thing.main()\n', 0o755);
  put(LOCK, lock);
}

/** A PATH with nothing but these programs and the tools of the system. */
function onlyOnPath(programs: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(programs)) put(`path/${name}`, text, 0o755);
  mkdirSync(join(root, 'path'), { recursive: true });
  for (const tool of ['sh', 'cat', 'sleep'])
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(),
      join(root, 'path', tool),
    );
  env['PATH'] = join(root, 'path');
}

const PYTHON_3_12 = '#!/bin/sh\n[ "$1" = -c ] && { echo "3.12.1 $0"; exit; }\n';

/** Real environments with a pip that does nothing but `does`: to put the real one into each takes seconds. */
function withIdlePip(does = ''): void {
  const real = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
  const pip = put('pip.py', does);
  const make = `'${real}' -m venv --without-pip "$3" && cd "$3"/lib/python3*/site-packages && mkdir pip && cat '${pip}' >pip/__main__.py`;
  onlyOnPath({ python3: `${PYTHON_3_12}${make}\n` });
  symlinkSync('/bin/mkdir', join(root, 'path/mkdir'));
}

describe('an engine with a lock file', () => {
  test('gets its packages, and programs find them under their last name', { timeout: 300_000 }, async ({ skip }) => {
    skip(!python, 'there is no python3 >= 3.11 with venv and ensurepip');
    const wheel = makeWheel();
    putPythonImage(`tiny-thing @ file://${wheel.path} --hash=sha256:${wheel.sha256}\n`);
    const all = environments();
    const image = all.identify('stages/train/py');
    const said: string[] = [];
    const say = (message: string): number => said.push(message);
    await all.prepare(image, say, never);
    await all.prepare(image, say, never);
    expect(said).toEqual([
      expect.stringMatching(/^Installing 1 package for stages\/train\/py with (pip|uv) \(once\)$/),
    ]);
    const path = [...all.bin(image), '/usr/bin', '/bin'].join(':');
    for (const program of ['train', 'tiny']) {
      expect(execFileSync(program, { env: { PATH: path }, encoding: 'utf8' })).toBe('tiny\n');
    }
    expect(envs()).toEqual([expect.stringMatching(/^image-/), expect.stringMatching(/^venv-/)]);
    // pip itself is not among them, whoever installed
    expect(spawnSync(join(all.bin(image)[1] ?? '', 'python'), ['-c', 'import pip']).status).toBe(1);

    // And it is seen when somebody threw them away
    rmSync(join(root, 'state/envs', envs()[1] ?? ''), { recursive: true });
    expect(() => all.bin(image)).toThrow('is not made yet');
  });

  test('gets them from two at once, who do not harm each other', async ({ skip }) => {
    skip(!python, 'there is no python3 >= 3.11 with venv and ensurepip');
    withIdlePip(
      [
        'import os, sys, time',
        'tiny = os.path.join(sys.prefix, "bin", "tiny")',
        'with open(tiny, "w") as file: file.write("#!%s\\nprint(\'tiny\')\\n" % sys.executable)',
        'os.chmod(tiny, 0o755)',
        // Each is half done when the other begins.
        `begun = ${JSON.stringify(join(root, 'begun'))}`,
        'with open(begun, "a") as file: file.write("x")',
        'while os.path.getsize(begun) < 2: time.sleep(0.01)',
      ].join('\n'),
    );
    putPythonImage('x==1 --hash=sha256:0\n');
    const all = environments();
    const image = all.identify('stages/train/py');
    const said: string[] = [];
    const say = (message: string): number => said.push(message);
    await Promise.all([all.prepare(image, say, never), environments().prepare(image, say, never)]);
    await all.prepare(image, say, never);
    expect(said).toHaveLength(2);
    expect(execFileSync(join(all.bin(image)[1] ?? '', 'tiny'), { encoding: 'utf8' })).toBe('tiny\n');
    expect(envs()).toEqual([expect.stringMatching(/^image-/), expect.stringMatching(/^venv-[0-9a-f]+$/)]);
  });

  test('whose packages cannot be installed leaves nothing half-made, and the last words of the installer', async () => {
    putPythonImage('tiny-thing==1.0 --hash=sha256:0\n');
    const fake = '#!/bin/sh\n[ "$1" = -c ] && { echo "3.12.1 $0"; exit; }\n';
    onlyOnPath({ python3: `${fake}echo one >&2; echo "No matching distribution" >&2; exit 1\n` });
    const all = environments();
    const image = all.identify('stages/train/py');
    await expect(all.prepare(image, quiet, never)).rejects.toMatchObject({
      code: 'cannot-start',
      message: expect.stringMatching(
        /^the packages of stages\/train\/py cannot be installed:.*one\n.*No matching distribution$/s,
      ),
      hint: expect.stringContaining('nothing half-made was kept'),
    });
    expect(envs()).toEqual([expect.stringMatching(/^image-/)]);
  });

  test('of a python whose venv brings no pip says what to install', async () => {
    putPythonImage('x==1 --hash=sha256:0\n');
    const venv =
      'echo "The virtual environment was not created successfully because ensurepip is not available."; exit 1';
    onlyOnPath({ python3: `${PYTHON_3_12}[ "$*" = "-m venv $3" ] && { ${venv}; }\n` });
    const all = environments();
    await expect(all.prepare(all.identify('stages/train/py'), quiet, never)).rejects.toMatchObject({
      code: 'cannot-start',
      message: expect.stringContaining('ensurepip is not available'),
      hint: expect.stringContaining('apt install python3-venv'),
    });
  });

  test.each([
    {
      what: 'no python',
      programs: {},
      message: 'stages/train/py needs Python >= 3.11: there is no python3 on the PATH',
    },
    {
      what: 'an old python',
      programs: { python3: '#!/bin/sh\necho "3.9.2 /usr/bin/python3"\n' },
      message: 'stages/train/py needs Python >= 3.11: python3 is 3.9.2',
    },
  ])('cannot start with $what', async ({ programs, message }) => {
    putPythonImage('x==1 --hash=sha256:0\n');
    onlyOnPath(programs as Record<string, string>);
    const all = environments();
    await expect(all.prepare(all.identify('stages/train/py'), quiet, never)).rejects.toMatchObject({
      code: 'cannot-start',
      message,
      hint: 'install Python 3.11 or newer and put it on the PATH',
    });
  });

  test('takes away what an installer that was killed has left, but not what one is making now', async () => {
    putPythonImage('x==1 --hash=sha256:0\n');
    onlyOnPath({ python3: '#!/bin/sh\n[ "$1" = -c ] && { echo "3.12.1 $0"; exit; }\nexit 1\n' });
    for (const name of ['venv-old.1.tmp', 'venv-new.2.tmp', 'venv-old']) put(`state/envs/${name}/bin/python`, '');
    const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
    for (const name of ['venv-old.1.tmp', 'venv-old'])
      utimesSync(join(root, 'state/envs', name), twoDaysAgo, twoDaysAgo);
    const all = environments();
    await all.prepare(all.identify('stages/train/py'), quiet, never).catch(quiet);
    expect(envs().filter((name) => name.startsWith('venv'))).toEqual(['venv-new.2.tmp', 'venv-old']);
  });

  test('that asks for too much can be stopped', async () => {
    putPythonImage('x==1 --hash=sha256:0\n');
    onlyOnPath({ python3: '#!/bin/sh\n[ "$1" = -c ] && { echo "3.12.1 $0"; exit; }\nexec sleep 600\n' });
    const all = environments();
    const enough = new AbortController();
    const preparing = all.prepare(
      all.identify('stages/train/py'),
      () => enough.abort(new Error('enough')),
      enough.signal,
    );
    await expect(preparing).rejects.toThrow('enough');
    expect(envs().filter((name) => name.startsWith('venv'))).toEqual([]);
  });
});

describe('an engine whose packages are others with a GPU', () => {
  const image = (): ReturnType<Environments['identify']> => environments().identify('stages/train/py');
  const prepared = async (): Promise<readonly string[]> => {
    await environments().prepare(image(), quiet, never);
    return environments().bin(image());
  };
  const venvs = (): number => envs().filter((name) => name.startsWith('venv')).length;
  const FINISH = 'package/stages/train/py/finish-environment';
  const NOTES_PYTHON = 'import sys\nopen(sys.prefix + "/finished", "a").write("ilab_torch\\n")\n';

  test.each([{ has: false }, { has: true }])('has them where there is one: $has', async ({ has }) => {
    putPythonImage('with-gpu==1 --hash=sha256:0\n');
    put('package/stages/train/py/requirements-cpu.lock', 'without-gpu==1 --hash=sha256:0\n');
    onlyOnPath({
      python3: '#!/bin/sh\n[ "$1" = -c ] && { echo "3.12.1 $0"; exit; }\ncat "$3.lock"; exit 1\n',
    });
    gpu = has;
    await expect(prepared()).rejects.toThrow(`${has ? 'with' : 'without'}-gpu==1`);
  });

  test('has its environment finished, once for all', { timeout: 300_000 }, async ({ skip }) => {
    skip(!python, 'there is no python3 >= 3.11 with venv and ensurepip');
    withIdlePip();
    putPythonImage('x==1 --hash=sha256:0\n');
    put('package/stages/_lib/ilab_torch/__init__.py', '');
    put(FINISH, NOTES_PYTHON);
    const [, bin] = await prepared();
    await prepared();
    expect(readFileSync(join(bin ?? '', '../finished'), 'utf8')).toBe('ilab_torch\n');
    expect(venvs()).toBe(1);

    // What it shares with others makes another environment, and so does the program itself
    put('package/stages/_lib/ilab_torch/__init__.py', 'changed = 1\n');
    await prepared();
    expect(venvs()).toBe(2);
    put(FINISH, `${NOTES_PYTHON}raise SystemExit("error: a compiler is missing")\n`);
    await expect(prepared()).rejects.toMatchObject({
      code: 'cannot-start',
      message: expect.stringMatching(/cannot be installed:\n {2}\| error: a compiler is missing$/),
    });
    expect(venvs()).toBe(2);
  });
});

test('a shell engine needs no python', async () => {
  onlyOnPath({});
  const all = environments();
  const image = all.identify(GREET);
  await all.prepare(image, quiet, never);
  expect(existsSync(join(all.bin(image)[0] ?? '', 'greet'))).toBe(true);
  expect(all.bin(image)).toHaveLength(1);
});

describe('a program of an engine', () => {
  const check = (program = 'greet') =>
    environments().checkProgram(environments().identify('stages/greet/shell'), program);

  test('that can be started, or comes from elsewhere, is fine', () => {
    expect(() => check()).not.toThrow();
    expect(() => check('python')).not.toThrow();
  });

  test('without the right to be executed is told with what to type', () => {
    chmodSync(join(root, 'package/stages/greet/shell/bin/greet'), 0o644);
    expect(() => check()).toThrow(
      expect.objectContaining({ code: 'bad-pipeline', hint: '`chmod +x stages/greet/shell/bin/greet`' }),
    );
  });

  test('with the line ends of Windows is told with what to type', () => {
    put('package/stages/greet/shell/bin/greet', '#!/bin/sh\r\necho\r\n', 0o755);
    expect(() => check()).toThrow(/stages\/greet\/shell\/bin\/greet cannot be started: its first line ends with CR LF/);
  });
});
