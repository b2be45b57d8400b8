import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const source = join(process.cwd(), 'bin');
const packaged = `node-linux-${process.arch}`;

/** Holds an installed copy of the launcher; its name has what paths can have. */
let top: string;
let root: string;
let launcher: string;

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "ilab launcher's ")));
  root = join(top, 'package');
  launcher = install(root);
  write(
    join(root, 'dist/main.js'),
    'console.log(JSON.stringify([process.pid, process.cwd(), process.argv.slice(2)]));\n',
  );
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

describe('the launcher is a file of two languages', () => {
  test.each(['sh', 'dash', 'bash'])('%s accepts its syntax', (shell) => {
    for (const file of ['ilab-backend.js', 'find-node.sh']) {
      const { status, stderr } = spawnSync(shell, ['-n', join(source, file)], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    }
  });

  test.each([[['dash']], [['bash']], [['bash', '--posix']]])('%s starts the program', ([shell = '', ...flags]) => {
    const { stdout, stderr } = run(shell, [...flags, launcher, 'a'], { PATH: withNode() });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)[2]).toEqual(['a']);
  });

  test('Node starts it as a module', () => {
    const { stdout, stderr } = run(process.execPath, [launcher, 'a']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)[2]).toEqual(['a']);
  });
});

describe('the launcher becomes the program', () => {
  test('with the process id it was started with', async () => {
    const child = spawn(launcher, [], { env: { PATH: withNode() }, stdio: ['ignore', 'pipe', 'inherit'] });
    const [pid] = JSON.parse(await text(child.stdout));
    expect(pid).toBe(child.pid);
  });

  test('with its exit status and its signals', async () => {
    write(
      join(root, 'dist/main.js'),
      "process.on('SIGTERM', () => process.exit(7));\nconsole.log('up');\nsetInterval(() => {}, 1e6);\n",
    );
    const child = spawn(launcher, [], { env: { PATH: withNode() }, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await ended).toEqual([7, null]);
  });

  test('with every argument byte for byte', () => {
    const args = ['', ' ', 'a b', '*', '$(id)', '`id`', '"', "'", '\\', 'two\nlines', '-n', '--', 'ä'];
    const { stdout } = run(launcher, args, { PATH: withNode() });
    expect(JSON.parse(stdout)[2]).toEqual(args);
  });

  test('in the folder it was started in', () => {
    const { stdout } = run(launcher, [], { PATH: withNode() }, '/');
    expect(JSON.parse(stdout)[1]).toBe('/');
  });

  test('and prints nothing of its own, not even when it uses node:sqlite', () => {
    write(join(root, 'dist/main.js'), "import 'node:sqlite';\n");
    const { status, stdout, stderr } = run(launcher, [], { PATH: withNode() });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

describe('the launcher finds its package', () => {
  test('through a chain of absolute and relative links', () => {
    mkdirSync(join(top, 'bin dir'));
    symlinkSync(launcher, join(top, 'bin dir/first'));
    symlinkSync('bin dir/first', join(top, 'second'));
    symlinkSync(join(top, 'second'), join(top, 'third'));
    const { stdout } = run(join(top, 'third'), ['a'], { PATH: withNode() });
    expect(JSON.parse(stdout)[2]).toEqual(['a']);
  });

  test('through a link to its folder', () => {
    symlinkSync(root, join(top, 'linked'));
    const { stdout } = run(join(top, 'linked/bin/ilab-backend.js'), ['a'], { PATH: withNode() });
    expect(JSON.parse(stdout)[2]).toEqual(['a']);
  });

  test('when a shell is given its bare name', () => {
    const { stdout } = run('sh', ['ilab-backend.js', 'a'], { PATH: withNode() }, join(root, 'bin'));
    expect(JSON.parse(stdout)[2]).toEqual(['a']);
  });

  test('when CDPATH and a hostile environment of the shell are set', () => {
    const env = { PATH: withNode(), CDPATH: top, IFS: '/', ENV: '/nowhere' };
    const { stdout, stderr } = run('./ilab-backend.js', ['a b'], env, join(root, 'bin'));
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)[2]).toEqual(['a b']);
  });
});

describe('the rule that chooses Node', () => {
  test.runIf(process.platform === 'linux')('prefers the one of its own packages', () => {
    fakeNode(join(root, 'node_modules', packaged, 'bin'), 'v24.0.0', 'packaged');
    const { stdout } = run(launcher, [], { PATH: `${fakeNode(join(top, 'path'), 'v99.0.0', 'path')}:${system()}` });
    expect(stdout).toBe('packaged\n');
  });

  test.runIf(process.platform === 'linux')('takes it from a parent that it was installed into', () => {
    const inner = join(top, 'project/node_modules/ilab-backend');
    const installed = install(inner);
    write(join(inner, 'dist/main.js'), '');
    fakeNode(join(top, 'project/node_modules', packaged, 'bin'), 'v24.0.0', 'hoisted');
    const { stdout } = run(installed, [], { PATH: system() });
    expect(stdout).toBe('hoisted\n');
  });

  test('else takes the first on the PATH that is new enough', () => {
    const folders = [
      fakeNode(join(top, 'old'), 'v20.20.2', 'old'),
      join(top, 'missing'),
      fakeNode(join(top, 'good *'), 'v24.0.0', 'good'),
      fakeNode(join(top, 'newer'), 'v26.1.0', 'newer'),
    ];
    const { stdout } = run(launcher, [], { PATH: `${folders.join(':')}:${system()}` });
    expect(stdout).toBe('good\n');
  });

  test('else says in one line what was found and what is needed', () => {
    const old = fakeNode(join(top, 'old'), 'v20.20.2', 'old');
    const odd = fakeNode(join(top, 'odd'), '', 'odd');
    const { status, stdout, stderr } = run(launcher, [], { PATH: `${old}:${odd}:${system()}` });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      `ilab-backend: needs Node >= 24; found on the PATH: v20.20.2 (${old}/node), one that does not start (${odd}/node); ` +
        `install Node 24, or type \`npm install\` in ${root} (brings one on Linux x64 and arm64)\n`,
    );
  });

  test('says so when there is none at all', () => {
    const { status, stderr } = run(launcher, [], { PATH: system() });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^ilab-backend: needs Node >= 24; found on the PATH: none; .*\n$/);
  });
});

describe('the launcher refuses in one line', () => {
  test('when the program is not built', () => {
    rmSync(join(root, 'dist'), { recursive: true });
    for (const [program, args] of [
      [launcher, []],
      [process.execPath, [launcher]],
    ] as const) {
      const { status, stdout, stderr } = run(program, args, { PATH: withNode() });
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toBe(`ilab-backend: not built yet: type \`npm run build\` in ${root}\n`);
    }
  });

  test('when an old Node is told to run it', () => {
    write(join(top, 'pretend.mjs'), "Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });\n");
    const { status, stdout, stderr } = run(process.execPath, ['--import', join(top, 'pretend.mjs'), launcher]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      `ilab-backend: needs Node >= 24, this is ${process.version} (${process.execPath}); start ${launcher} itself, it looks for a Node\n`,
    );
  });
});

/** Puts the launcher into a package folder as an installer does. */
function install(folder: string): string {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const file of ['ilab-backend.js', 'find-node.sh']) copyFileSync(join(source, file), join(folder, 'bin', file));
  write(join(folder, 'package.json'), readFileSync('package.json', 'utf8'));
  return join(folder, 'bin/ilab-backend.js');
}

/** A program called node that knows its version and prints its name; returns its folder. */
function fakeNode(folder: string, version: string, name: string): string {
  write(join(folder, 'node'), `#!/bin/sh\ncase $1 in --version) echo '${version}' ;; *) echo '${name}' ;; esac\n`);
  chmodSync(join(folder, 'node'), 0o755);
  return folder;
}

/** A PATH with the tools of the shell and no Node. */
function system(): string {
  const folder = join(top, 'tools');
  mkdirSync(folder, { recursive: true });
  for (const tool of ['readlink', 'sh', 'dash', 'bash']) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
    if (stdout !== '') spawnSync('ln', ['-sf', realpathSync(stdout.trim()), join(folder, tool)]);
  }
  return folder;
}

function withNode(): string {
  return `${dirname(process.execPath)}:${system()}`;
}

function run(program: string, args: readonly string[], env = {}, cwd = top): SpawnSyncReturns<string> {
  return spawnSync(program, args, { cwd, env, encoding: 'utf8' });
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
