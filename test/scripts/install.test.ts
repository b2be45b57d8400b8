import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Clone } from './clone.ts';

/** Makes the folder that npm would make; which call of npm made it stands in `by`. */
const NPM = `
echo "$@" >> "$HOME/npm-calls"
mkdir -p "$3/node_modules/some-package"
echo "$$" > "$3/node_modules/by"
`;

let clone: Clone;

beforeEach(() => {
  clone = new Clone();
  clone.program('npm', NPM);
});

afterEach(() => clone.remove());

const read = (name: string): string => readFileSync(join(clone.folder, name), 'utf8');
const calls = (): number => read('npm-calls').trimEnd().split('\n').length;
const leftovers = (): string[] => readdirSync(clone.folder).filter((name) => name.startsWith('.install-'));

describe('scripts/with-node installs the packages', () => {
  test('of a fresh clone, before it runs the command, and keeps stdout for the command', () => {
    const { status, stdout, stderr } = clone.withNode('ls', 'node_modules');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'by\nsome-package\n' });
    expect(stderr).toMatch(
      /^Installing packages into node_modules\/ \(npm ci\): .* once ...\nPackages installed in [\d.]+ s\n$/,
    );
    expect(read('npm-calls')).toMatch(/^ci --prefix \.install-\w+ .*--ignore-scripts/);
    expect(leftovers()).toEqual([]);
  });

  test('once', () => {
    clone.withNode('true');
    const { stderr } = clone.withNode('true');
    expect(stderr).toBe('');
    expect(calls()).toBe(1);
  });

  test('again when the lock file says something else', () => {
    clone.withNode('true');
    clone.write('package-lock.json', '{ "lock": 2 }\n');
    clone.withNode('true');
    clone.withNode('true');
    expect(calls()).toBe(2);
  });

  test('again when node_modules was made for another platform', () => {
    clone.withNode('true');
    clone.program('uname', 'echo "Plan9 mips"\n');
    clone.withNode('true');
    expect(calls()).toBe(2);
  });

  test('and changes nothing when npm fails', () => {
    clone.withNode('true');
    const before = read('node_modules/by');
    clone.program('npm', 'mkdir -p "$3/node_modules"; echo "npm error: no network" >&2; exit 7\n');
    clone.write('package-lock.json', '{ "lock": 2 }\n');
    const { status, stdout, stderr } = clone.withNode('echo', 'ran');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('npm error: no network\n');
    expect(stderr).toContain('the packages could not be installed: npm ci ended with 7; node_modules is unchanged\n');
    expect(read('node_modules/by')).toBe(before);
    expect(leftovers()).toEqual([]);
  });

  test.each([
    ['a link', () => symlinkSync('/somewhere/else', join(clone.folder, 'node_modules')), 'a link to /somewhere/else'],
    ['a file', () => clone.write('node_modules', ''), 'no folder'],
  ])('but not in the place of %s', (_what, make, said) => {
    make();
    const { status, stdout, stderr } = clone.withNode('echo', 'ran');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      `ilab-backend: the packages cannot be installed: node_modules is ${said}; remove it: rm node_modules\n`,
    );
    expect(leftovers()).toEqual([]);
  });

  test('with the development packages, whatever the surroundings omit', () => {
    clone.program('npm', `${NPM}\nenv > "$HOME/npm-env"`);
    const env = {
      ...clone.env,
      npm_config_omit: 'dev',
      npm_config_local_prefix: '/else',
      npm_config_registry: 'http://localhost',
    };
    const child = spawn(join(clone.folder, 'scripts/with-node'), ['true'], { env, stdio: 'ignore' });
    return once(child, 'exit').then(() => {
      expect(read('npm-calls')).toContain('--include=dev');
      expect(read('npm-env')).not.toMatch(/npm_config_(omit|local_prefix)/);
      expect(read('npm-env')).toContain('npm_config_registry=http://localhost');
    });
  });

  test('and survives being killed on the way', async () => {
    clone.withNode('true');
    const before = read('node_modules/by');
    clone.program('npm', 'mkdir -p "$3/node_modules/half"; touch "$HOME/half-way"; kill -9 $PPID\n');
    clone.write('package-lock.json', '{ "lock": 2 }\n');
    expect(clone.withNode('true').status).not.toBe(0);
    expect(existsSync(join(clone.folder, 'half-way'))).toBe(true);
    expect(read('node_modules/by')).toBe(before);

    clone.program('npm', NPM);
    expect(clone.withNode('true').status).toBe(0);
    expect(read('node_modules/by')).not.toBe(before);
  });

  test('and sweeps away what a killed install left an hour ago', () => {
    const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
    for (const name of ['.install-old', '.install-new']) mkdirSync(join(clone.folder, name));
    utimesSync(join(clone.folder, '.install-old'), old, old);
    clone.withNode('true');
    expect(leftovers()).toEqual(['.install-new']);
  });

  test('when two start at once: both end well, the first to end stays', async () => {
    // Each npm waits until the other one has started too.
    clone.program(
      'npm',
      `touch "$HOME/started-$$"\nwhile [ "$(ls "$HOME" | grep -c started-)" -lt 2 ]; do sleep 0.01; done\n${NPM}`,
    );
    const runs = [0, 1].map(async () => {
      const child = spawn(join(clone.folder, 'scripts/with-node'), ['cat', 'node_modules/by'], { env: clone.env });
      const [[status], stdout, stderr] = await Promise.all([
        once(child, 'exit'),
        text(child.stdout),
        text(child.stderr),
      ]);
      return { status, stdout, stderr };
    });
    const [one, two] = await Promise.all(runs);
    expect([one?.status, two?.status], `${one?.stderr}${two?.stderr}`).toEqual([0, 0]);
    expect(one?.stdout).toBe(two?.stdout);
    expect(calls()).toBe(2);
    expect(leftovers()).toEqual([]);
  });
});
