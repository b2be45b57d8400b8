import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';

const KEPT = 'test/github/description.json';
const WHOLE = 'package/generated/api.github.com.json';

test('the part of GitHub’s description that is kept is that of the published package', ({ onTestFinished }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ilab-openapi-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const kept = readFileSync(KEPT, 'utf8');
  const { info } = z.object({ info: z.object({ version: z.string() }) }).parse(JSON.parse(kept));
  const pack = ['pack', '--silent', '--pack-destination', folder, `@octokit/openapi@${info.version}`];
  execFileSync('npm', pack, { stdio: 'inherit' });
  const [packed = ''] = readdirSync(folder);
  execFileSync('tar', ['-xzf', packed, WHOLE], { cwd: folder, stdio: 'inherit' });
  const script = resolve('scripts/github-openapi.ts');
  const read = execFileSync(process.execPath, [script, join(folder, WHOLE)], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  expect(read === kept).toBe(true);
});
