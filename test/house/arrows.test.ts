import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/*
 * The rules of the house are lint rules; some are young and may change with a new version of the linter. Here each is
 * broken on purpose: a file with a violation, the rule that must find it, and beside it what must stay allowed.
 */

const root = process.cwd();

interface Planted {
  readonly file: string;
  readonly source: string;
  /** The rule that finds it; absent = nothing may be found. */
  readonly rule?: string;
}

const IMPORTS = 'noRestrictedImports';
const PROPERTIES = 'noJsRestrictedProperties';
const PLUGIN = 'plugin';

const planted: readonly Planted[] = [
  // The arrows.
  { file: 'src/domain/a.ts', source: "import { b } from '../ports/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/domain/b.ts', source: "import type { B } from '../actions/b.ts';\nexport type C = B;\n", rule: IMPORTS },
  { file: 'src/domain/c.ts', source: "export { b } from '../adapters/process/b.ts';\n", rule: IMPORTS },
  { file: 'src/domain/inner/d.ts', source: "import { b } from '../../ui/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/domain/inner/ok.ts', source: "import { b } from '../other.ts';\nb();\n" },
  { file: 'src/ports/a.ts', source: "import { b } from '../adapters/sqlite/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/ports/ok.ts', source: "import type { B } from '../domain/b.ts';\nexport type C = B;\n" },
  { file: 'src/template/a.ts', source: "import { b } from '../config/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/template/ok.ts', source: "import { parse } from 'yaml';\nparse('');\n" },
  { file: 'src/config/a.ts', source: "import { b } from '../actions/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/config/ok.ts', source: "import { b } from '../template/b.ts';\nb();\n" },
  { file: 'src/actions/a.ts', source: "import { b } from '../adapters/process/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/actions/b.ts', source: "import { b } from '../cli/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/actions/c.ts', source: "export const b = await import('../ui/b.ts');\n", rule: IMPORTS },
  { file: 'src/actions/ok.ts', source: "import { b } from '../ports/b.ts';\nimport { c } from './c.ts';\nb(c);\n" },
  { file: 'src/adapters/process/a.ts', source: "import { b } from '../../actions/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/adapters/process/b.ts', source: "import { b } from '../../template/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/adapters/kubernetes/c.ts', source: "import { b } from '../process/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/adapters/stage/a.ts', source: "import { b } from '../process/manifest/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/adapters/process/manifest/ok.ts', source: "import { b } from '../b.ts';\nb();\n" },
  { file: 'src/adapters/process/ok.ts', source: "import { b } from '../../ports/b.ts';\nb();\n" },
  { file: 'src/ui/plain/a.ts', source: "import { b } from '../../actions/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/ui/plain/b.ts', source: "import { b } from '../../ports/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/ui/plain/ok.ts', source: "import { b } from '../../domain/b.ts';\nb();\n" },
  { file: 'src/cli/a.ts', source: "import { b } from '../adapters/sqlite/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/cli/b.ts', source: "export const b = await import('../ports/b.ts');\n", rule: IMPORTS },
  { file: 'src/cli/c.ts', source: "import { b } from '../main.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/cli/ok.ts', source: "import { b } from '../actions/b.ts';\nimport { c } from '../ui/c.ts';\nb(c);\n" },
  {
    file: 'src/main.ts',
    source: "import { b } from './adapters/sqlite/b.ts';\nimport { c } from './cli/c.ts';\nb(c);\n",
  },

  // Packages and Node's own modules have their homes.
  { file: 'src/actions/d.ts', source: "import { readFileSync } from 'node:fs';\nreadFileSync('a');\n", rule: IMPORTS },
  { file: 'src/actions/e.ts', source: "import { readFile } from 'node:fs/promises';\nreadFile('a');\n", rule: IMPORTS },
  { file: 'src/domain/e.ts', source: "import { readFileSync } from 'node:fs';\nreadFileSync('a');\n", rule: IMPORTS },
  { file: 'src/domain/ok.ts', source: "import { createHash } from 'node:crypto';\ncreateHash('sha256');\n" },
  { file: 'src/template/b.ts', source: "import { hostname } from 'node:os';\nhostname();\n", rule: IMPORTS },
  { file: 'src/config/b.ts', source: "import { readFileSync } from 'node:fs';\nreadFileSync('a');\n", rule: IMPORTS },
  { file: 'src/ui/plain/c.ts', source: "import { render } from 'ink';\nrender(null);\n", rule: IMPORTS },
  { file: 'src/ui/ink/a.ts', source: "import { plot } from '@observablehq/plot';\nplot();\n", rule: IMPORTS },
  { file: 'src/ui/report/a.ts', source: "import { render } from 'ink';\nrender(null);\n", rule: IMPORTS },
  { file: 'src/ui/report/ok.ts', source: "import { plot } from '@observablehq/plot';\nplot();\n" },
  { file: 'src/ui/ink/ok.ts', source: "import { render } from 'ink';\nrender(null);\n" },
  { file: 'src/ui/ink/a.ts', source: "import { b } from '../../actions/b.ts';\nb();\n", rule: IMPORTS },
  { file: 'src/cli/d.ts', source: "import { useState } from 'react';\nuseState(0);\n", rule: IMPORTS },
  {
    file: 'src/cli/e.ts',
    source: "import { DatabaseSync } from 'node:sqlite';\nnew DatabaseSync('a').close();\n",
    rule: IMPORTS,
  },
  { file: 'src/actions/f.ts', source: "import { parse } from 'yaml';\nparse('');\n", rule: IMPORTS },
  { file: 'src/domain/f.ts', source: "import { execa } from 'execa';\nawait execa('a');\n", rule: IMPORTS },
  {
    file: 'src/adapters/sqlite/b.ts',
    source: "import { Command } from 'commander';\nnew Command().parse();\n",
    rule: IMPORTS,
  },
  {
    file: 'src/adapters/sqlite/c.ts',
    source: "import { KubeConfig } from '@kubernetes/client-node';\nnew KubeConfig().loadFromDefault();\n",
    rule: IMPORTS,
  },
  {
    file: 'src/adapters/kubernetes/ok.ts',
    source: "import { KubeConfig } from '@kubernetes/client-node';\nnew KubeConfig().loadFromDefault();\n",
  },
  {
    file: 'src/adapters/github/ok.ts',
    source: "import { Octokit } from '@octokit/rest';\nnew Octokit().request('a');\n",
  },
  {
    file: 'src/adapters/kubernetes/a.ts',
    source: "import { Octokit } from '@octokit/rest';\nnew Octokit().request('a');\n",
    rule: IMPORTS,
  },
  {
    file: 'src/adapters/kubernetes/b.ts',
    source: "import process from 'node:process';\nprocess.abort();\n",
    rule: IMPORTS,
  },
  {
    file: 'src/adapters/s3/ok.ts',
    source: "import { S3Client } from '@aws-sdk/client-s3';\nnew S3Client({}).destroy();\n",
  },
  {
    file: 'src/adapters/sources/a.ts',
    source: "import { S3Client } from '@aws-sdk/client-s3';\nnew S3Client({}).destroy();\n",
    rule: IMPORTS,
  },
  {
    file: 'src/actions/storage.ts',
    source: "import { S3Client } from '@aws-sdk/client-s3';\nnew S3Client({}).destroy();\n",
    rule: IMPORTS,
  },
  { file: 'src/config/c.ts', source: "import { z } from 'zod';\nz.string();\n", rule: IMPORTS },
  { file: 'src/config/zod-ok.ts', source: "import * as z from 'zod';\nz.string();\n" },

  // The process belongs to the composition root.
  { file: 'src/adapters/process/c.ts', source: 'export const home = process.env;\n', rule: PROPERTIES },
  { file: 'src/cli/f.ts', source: 'process.exitCode = 2;\n', rule: PLUGIN },
  { file: 'src/cli/g.ts', source: 'process.exit(2);\n', rule: PROPERTIES },
  { file: 'src/cli/h.ts', source: "process.on('SIGINT', () => undefined);\n", rule: PROPERTIES },
  { file: 'src/ui/plain/d.ts', source: "process.stdout.write('a');\n", rule: PROPERTIES },
  { file: 'src/ui/plain/e.ts', source: 'const { stderr } = process;\nstderr.write("a");\n', rule: PROPERTIES },
  { file: 'src/actions/g.ts', source: "console.log('a');\n", rule: 'noConsole' },
  { file: 'src/adapters/process/supervisor/main.ts', source: 'process.exitCode = process.env["A"] === "" ? 1 : 0;\n' },
  { file: 'src/adapters/process/kill.ts', source: "process.kill(1, 'SIGTERM');\n" },
  { file: 'src/wiring.ts', source: 'export const path = process.env["PATH"];\n' },

  // What the type checker cannot see.
  { file: 'src/domain/g.ts', source: 'async function f() {}\nf();\n', rule: 'noFloatingPromises' },
  {
    file: 'src/domain/h.ts',
    source: 'async function f() {\n  return true;\n}\nif (f()) throw new Error("a");\n',
    rule: 'noMisusedPromises',
  },
  {
    file: 'src/domain/i.ts',
    source: "export function f(kind: 'a' | 'b'): void {\n  switch (kind) {\n    case 'a':\n      return;\n  }\n}\n",
    rule: 'useExhaustiveSwitchCases',
  },
  { file: 'src/domain/j.ts', source: 'export function f(value: any): void {\n  value();\n}\n', rule: 'noExplicitAny' },
  {
    file: 'src/domain/cycle-a.ts',
    source: "import { b } from './cycle-b.ts';\nexport const a = () => b;\n",
    rule: 'noImportCycles',
  },
  {
    file: 'src/domain/cycle-b.ts',
    source: "import { a } from './cycle-a.ts';\nexport const b = () => a;\n",
    rule: 'noImportCycles',
  },
  { file: 'src/domain/k.ts', source: 'export default 1;\n', rule: 'noDefaultExport' },
  { file: 'src/domain/l.ts', source: 'export enum E {\n  A = 1,\n}\n', rule: 'noEnum' },
  { file: 'src/domain/m.ts', source: "export * from './k.ts';\n", rule: 'noReExportAll' },
  { file: 'src/domain/camelCase.ts', source: 'export const a = 1;\n', rule: 'useFilenamingConvention' },
  {
    file: 'test/a.test.ts',
    source: "import { test } from 'vitest';\ntest.only('a', () => {});\n",
    rule: 'noFocusedTests',
  },
];

let folder: string;
let found: ReadonlyMap<string, readonly string[]>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ilab-house-'));
  for (const name of ['.biome.json', 'package.json', 'tsconfig.json'])
    copyFileSync(join(root, name), join(folder, name));
  cpSync(join(root, 'scripts/lint'), join(folder, 'scripts/lint'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, source } of planted) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), source);
  }
  found = lint(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a planted violation is found by its rule', () => {
  const violations = planted.filter((plant) => plant.rule !== undefined);
  test.each(violations)('$rule in $file', ({ file, rule }) => {
    expect(found.get(file)).toContain(rule);
  });
});

describe('what the house allows stays allowed', () => {
  const allowed = planted.filter((plant) => plant.rule === undefined);
  test.each(allowed)('$file', ({ file }) => {
    const rules = found.get(file) ?? [];
    expect(rules.filter((rule) => [IMPORTS, PROPERTIES, PLUGIN, 'noConsole'].includes(rule))).toEqual([]);
  });
});

/** By file, the names of the rules with an error in it. */
function lint(cwd: string): ReadonlyMap<string, readonly string[]> {
  const rules = new Map<string, string[]>();
  for (const line of biome(cwd).split('\n')) {
    const match = /^::error title=(?:lint\/\w+\/)?(?<rule>\w+),file=(?<file>[^,]+),/.exec(line);
    if (match?.groups === undefined) continue;
    const { rule = '', file = '' } = match.groups;
    const name = file.replace(`${cwd}/`, '');
    rules.set(name, [...(rules.get(name) ?? []), rule]);
  }
  return rules;
}

function biome(cwd: string): string {
  const program = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const flags = ['lint', '--vcs-enabled=false', '--reporter=github', '--max-diagnostics=none'];
  try {
    return execFileSync(process.execPath, [program, ...flags], { cwd, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    if (error instanceof Error && 'stdout' in error) return String(error.stdout); // it found something, as it should
    throw error;
  }
}
