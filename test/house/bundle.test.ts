import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BundledFile, bundle } from '../../scripts/bundle.ts';
import { readStageNames } from '../../scripts/stage-names.ts';

/*
 * The program starts fast because it loads little: what a command needs is loaded when the command is typed. A static
 * import in the wrong place undoes that silently, so here the bundle itself is looked at, and what `--version` loads.
 */

const KB = 1000;

const root = process.cwd();
let top: string;
let outputs: ReadonlyMap<string, BundledFile>;

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'ilab-bundle-'));
  const dist = join(top, 'dist');
  outputs = new Map((await bundle(root)).map((file) => [file.fileName, file]));
  for (const { fileName, code } of outputs.values()) {
    const path = join(dist, fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  copyFileSync(join(root, 'package.json'), join(top, 'package.json'));
  symlinkSync(join(root, 'templates'), join(top, 'templates'));
  writeFileSync(join(dist, 'stage-names.json'), JSON.stringify(readStageNames(join(root, 'templates'))));
}, 180_000);

afterAll(() => rmSync(top, { recursive: true, force: true }));

describe('what is loaded at the start', () => {
  test('of the program is small and holds no package but the one that reads the command line', () => {
    const files = startFiles('main.js');
    expect(packagesIn(files)).toEqual(['commander']);
    expect(bytesOf(files)).toBeLessThan(120 * KB);
  });

  test('of the supervisor is small and holds nothing of the program', () => {
    const files = startFiles('supervisor.js');
    const ours = inputsOf(files).filter((name) => /^src\/(?:actions|cli|config|template|ui)\//.test(name));
    expect(ours).toEqual([]);
    expect(packagesIn(files).filter((name) => name !== 'zod')).toEqual([]);
    expect(bytesOf(files)).toBeLessThan(200 * KB);
  });

  test.each([['--version'], ['--help'], ['run --help'], ['__complete -- run ']])(
    'by %s holds no package but that one',
    (words) => {
      const { status, stdout, stderr, files } = runTraced(...words.split(' '));
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).not.toBe('');
      expect(files).toContain('main.js');
      expect(packagesIn(files)).toEqual(['commander']);
    },
  );

  test.each(['run', 'plan', 'resume', 'watch', 'wait', 'logs', 'status', 'list', 'cancel', 'rm', 'render', 'config'])(
    'by a tab behind %s is small: its options, and not what does its work',
    (name) => {
      const files = startFiles(holderOf(`src/cli/commands/${name}.ts`));
      expect(packagesIn(files)).toEqual(['commander']);
      expect(bytesOf(files)).toBeLessThan(120 * KB);
    },
  );

  test('by --version answers with the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(runTraced('--version').stdout.trim()).toBe(version);
  });
});

describe('the bundle', () => {
  test('holds React as it is meant for use, and nothing of the tests', () => {
    const inputs = inputsOf([...outputs.keys()]);
    expect(inputs.filter((name) => /\.development\.js$|^test\/|node_modules\/vitest/.test(name))).toEqual([]);
  });

  test('holds of the official client what reads credentials, and not its transport', () => {
    const holders = [...outputs.keys()].filter((file) =>
      inputsOf([file]).includes('node_modules/@kubernetes/client-node/dist/config.js'),
    );
    expect(holders).toHaveLength(1);
    expect(bytesOf(holders)).toBeLessThan(300 * KB);
    expect(
      inputsOf([...outputs.keys()]).filter((name) =>
        /node_modules\/(?:undici|ws|tar-fs|@kubernetes\/client-node\/dist\/gen\/models)\//.test(name),
      ),
    ).toEqual([]);
  });

  test('asks no module of Node for everything it has: what `node:http` has of the web takes 50 ms to load', () => {
    const files = [...outputs.values()].filter(({ fileName }) => !fileName.startsWith('chunks/devtools-'));
    expect(files.filter(({ code }) => /["'`]WebSocket["'`]/.test(code)).map(({ fileName }) => fileName)).toEqual([]);
  });

  test.each([
    ['a screen that fetches nothing, which loads the HTTP client of Node', 'yoga-layout/dist/binaries/', /\bfetch\b/],
    ['a screen that does not remember each line that it ever showed', 'ink/build/', /\bmaxSize: ?(?:4096|4e3)\b/],
    ['a parser of YAML that asks no environment at each token', 'yaml/dist/parse/parser.js', /LOG_TOKENS/],
  ])('has %s', (_, module, unwanted) => {
    const holders = [...outputs.keys()].filter((file) =>
      inputsOf([file]).some((name) => name.includes(`node_modules/${module}`)),
    );
    expect(holders).not.toEqual([]);
    for (const file of holders) expect(outputs.get(file)?.code).not.toMatch(unwanted);
  });

  test('leaves nothing to be found at run time: not even a static import of a module of Node, which is slow', () => {
    const asked = [...outputs.values()].flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]);
    expect(asked.filter((name) => !outputs.has(name))).toEqual(['react-devtools-core']);
  });
});

function holderOf(module: string): string {
  const found = [...outputs.keys()].filter((file) => inputsOf([file]).includes(module));
  expect(found, module).toHaveLength(1);
  return found[0] ?? '';
}

/** The entry and the chunks that its static imports reach. */
function startFiles(entry: string): readonly string[] {
  const found = new Set<string>();
  const open = [entry];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(outputs.get(next)?.imports ?? []).filter((name) => outputs.has(name)));
  }
  return [...found].sort();
}

function inputsOf(files: readonly string[]): readonly string[] {
  const modules = files.flatMap((file) => Object.entries(outputs.get(file)?.modules ?? {}));
  const used = modules.filter(([id, { renderedLength }]) => renderedLength > 0 && !id.startsWith('\0'));
  return used.map(([id]) => relative(root, id));
}

function packagesIn(files: readonly string[]): readonly string[] {
  const names = inputsOf(files).map(
    (name) => /.*node_modules\/(?<name>(?:@[^/]+\/)?[^/]+)\//.exec(name)?.groups?.['name'],
  );
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

function bytesOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + (outputs.get(file)?.code.length ?? 0), 0);
}

/** Runs the built program and notes which of its files Node loads. */
function runTraced(...args: readonly string[]) {
  const trace = join(top, 'trace');
  const hook = `
    import { appendFileSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    registerHooks({
      load(url, context, next) {
        appendFileSync(${JSON.stringify(trace)}, url + '\\n');
        return next(url, context);
      },
    });`;
  writeFileSync(join(top, 'hook.mjs'), hook);
  writeFileSync(trace, '');
  const flags = ['--import', pathToFileURL(join(top, 'hook.mjs')).href, join(top, 'dist/main.js')];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, ...args], { encoding: 'utf8', cwd: top });
  const urls = readFileSync(trace, 'utf8').trimEnd().split('\n');
  const base = `${pathToFileURL(join(top, 'dist')).href}/`;
  const files = urls.filter((url) => url.startsWith(base)).map((url) => url.slice(base.length));
  return { status, stdout, stderr, files };
}
