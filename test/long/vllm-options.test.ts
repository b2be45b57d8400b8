import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VLLM } from '../templates/vllm-options.ts';

test('the options that are known are those of the published package', ({ onTestFinished }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ilab-vllm-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '--dest', folder];
  execFileSync('python3', [...pip, `vllm==${VLLM.vllm}`], { stdio: 'inherit' });
  const [wheel = ''] = readdirSync(folder);
  const read = execFileSync('python3', ['scripts/vllm-options.py', join(folder, wheel)], { encoding: 'utf8' });
  expect(read).toBe(readFileSync('test/templates/vllm-options.json', 'utf8'));
});
