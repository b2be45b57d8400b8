import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Clone } from './clone.ts';

const SUPERVISOR = 'src/adapters/process/supervisor/main.ts';
const TRANSFER = 'src/adapters/kubernetes/transfer-server/main.ts';
const STORE = 'src/adapters/s3/sidecar/main.ts';
const PUBLICATION = 'src/publish-main.ts';

let clone: Clone;

beforeEach(() => {
  clone = new Clone();
  clone.linkPackages(['rolldown', '@rolldown', '@oxc-project', 'yaml', 'zod']);
  clone.write('src/main.ts', "const { word } = await import('./word.ts');\nconsole.log(word);\n");
  clone.write('src/word.ts', "export const word = 'first';\n");
  clone.write(SUPERVISOR, "console.log('supervisor');\n");
  clone.write(TRANSFER, "console.log('transfer');\n");
  clone.write(STORE, "console.log('store');\n");
  clone.write(PUBLICATION, "console.log('publication');\n");
  clone.write('templates/defaults.yaml', 'pipeline: hello\n');
  clone.write('templates/hello/pipeline.yaml', 'stages:\n  greet: {}\n  count: {}\n');
  clone.write('templates/hello/greet/job.yaml', 'kind: Job\n');
});

afterEach(() => clone.remove());

const dist = (name: string): string => join(clone.folder, 'dist', name);
const build = () => clone.withNode('--build', 'node', 'dist/main.js');
const chunks = (): string[] => readdirSync(dist('chunks'));

/** A build of a program that prints nothing, which is done for these inputs. */
const NOTES_INPUTS = `
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
mkdirSync('dist', { recursive: true });
writeFileSync('dist/main.js', '');
writeFileSync('dist/.inputs', readFileSync(0, 'utf8'));
console.error('Built dist/ in 0 ms');
`;

describe('scripts/with-node --build builds dist/', () => {
  test('with the programs and the names of the stages', () => {
    const { status, stdout, stderr } = build();
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'first\n' });
    expect(stderr).toMatch(/^Building dist\/: some seconds ...\nBuilt dist\/ in \d+ ms\n$/);
    expect(clone.withNode('node', 'dist/supervisor.js').stdout).toBe('supervisor\n');
    expect(clone.withNode('node', 'dist/transfer.js').stdout).toBe('transfer\n');
    expect(clone.withNode('node', 'dist/store.js').stdout).toBe('store\n');
    expect(clone.withNode('node', 'dist/publication.js').stdout).toBe('publication\n');
    expect(JSON.parse(readFileSync(dist('stage-names.json'), 'utf8'))).toEqual({
      defaultPipeline: 'hello',
      pipelines: { hello: ['greet', 'count'] },
    });
  });

  test('once', () => {
    build();
    const before = statSync(dist('main.js')).mtimeMs;
    expect(build().stderr).toBe('');
    expect(statSync(dist('main.js')).mtimeMs).toBe(before);
  });

  test('again when one of its inputs changed', () => {
    // Whether it builds is asked here; what it builds costs as much each time, and is looked at above and below.
    clone.write('scripts/build.ts', NOTES_INPUTS);
    clone.write('src/unused.ts', 'export {};\n');
    build();
    const changes: Readonly<Record<string, () => void>> = {
      'a source changed': () => clone.write('src/word.ts', "export const word = 'first'; // but longer\n"),
      'a source changed and kept its size': () =>
        clone.write('src/word.ts', "export const word = 'FIRST'; // but longer\n"),
      'a source is new': () => clone.write('src/other.ts', 'export {};\n'),
      'a source is gone': () => rmSync(join(clone.folder, 'src/unused.ts')),
      'a pipeline changed': () => clone.write('templates/hello/pipeline.yaml', 'stages:\n  greet: {}\n'),
      'the defaults changed': () => clone.write('templates/defaults.yaml', 'pipeline: "hello"\n'),
      'the packages changed': () => clone.write('package.json', '{ "type": "module", "a": 1 }\n'),
      'the build changed': () => clone.write('scripts/bundle.ts', `${readFileSync('scripts/bundle.ts', 'utf8')}\n`),
      'the result is gone': () => rmSync(join(clone.folder, 'dist'), { recursive: true }),
    };
    for (const [what, change] of Object.entries(changes)) {
      change();
      expect(build().stderr, what).toMatch(/^Built dist/m);
    }
    expect(build().stderr).toBe('');
  }, 90_000); // eleven starts of a shell and two Nodes

  test('not again when a file changed that is not in it', () => {
    build();
    clone.write('templates/hello/greet/job.yaml', 'kind: Pod\n');
    clone.write('README.md', 'read me\n');
    expect(build().stderr).toBe('');
  });

  test('and leaves the last good one when a source is broken, but does not run it', () => {
    build();
    const before = readFileSync(dist('main.js'), 'utf8');
    clone.write('src/word.ts', 'export const word = ;\n');
    for (const { status, stdout, stderr } of [build(), build()]) {
      expect(status).not.toBe(0);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/src\/word\.ts:1:21 [\s\S]*\nilab-backend: dist\/ was not built\n$/);
      expect(stderr).not.toContain('    at ');
    }
    expect(readFileSync(dist('main.js'), 'utf8')).toBe(before);
  });

  test('and refuses a default pipeline that is not there', () => {
    clone.write('templates/defaults.yaml', 'pipeline: helo\n');
    const { status, stderr } = build();
    expect(status).not.toBe(0);
    expect(stderr).toContain('templates/defaults.yaml names no pipeline of ours: helo');
  });

  test('when two start at once: one builds, both run it', async () => {
    const runs = [0, 1].map(async () => {
      const child = spawn(join(clone.folder, 'scripts/with-node'), ['--build', 'node', 'dist/main.js'], {
        env: clone.env,
      });
      const [[status], stdout, stderr] = await Promise.all([
        once(child, 'exit'),
        text(child.stdout),
        text(child.stderr),
      ]);
      return { status, stdout, built: stderr.includes('Built') };
    });
    const ended = await Promise.all(runs);
    expect(ended.map(({ status, stdout }) => [status, stdout])).toEqual([
      [0, 'first\n'],
      [0, 'first\n'],
    ]);
    expect(ended.filter(({ built }) => built)).toHaveLength(1);
  });
});

describe('a program that runs while dist/ is rebuilt', () => {
  test('still finds the parts it has not loaded yet', async () => {
    clone.write(
      'src/main.ts',
      "console.log('up');\nfor await (const _ of process.stdin);\nconsole.log((await import('./word.ts')).word);\n",
    );
    clone.withNode('--build');
    const child = spawn(process.execPath, [dist('main.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    await once(child.stdout, 'data');
    clone.write('src/word.ts', "export const word = 'second';\n");
    expect(clone.withNode('--build').status).toBe(0);
    const closed = once(child, 'close');
    child.stdin.end();
    await closed;
    expect(output).toBe('up\nfirst\n');
  });

  test('finds them for 30 days; then they are removed', () => {
    build();
    const [first = ''] = chunks();
    const age = (days: number): void => {
      const then = new Date(Date.now() - days * 24 * 60 * 60 * 1000);
      utimesSync(dist(`chunks/${first}`), then, then);
    };
    age(40); // built long ago, but in use until the next build
    clone.write('src/word.ts', "export const word = 'second';\n");
    build();
    expect(chunks()).toContain(first);
    age(29);
    clone.write('src/word.ts', "export const word = 'third';\n");
    build();
    expect(chunks()).toContain(first);
    age(31);
    clone.write('src/word.ts', "export const word = 'fourth';\n");
    build();
    expect(existsSync(dist(`chunks/${first}`))).toBe(false);
  });
});
