import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Progress, Warning } from '../../../src/domain/attempt/progress.ts';
import { withoutColour } from '../../../src/domain/training/segments.ts';
import { TrainingReader } from '../../../src/domain/training/training-reader.ts';
import { VERDICTS } from './verdicts.ts';

const CORPUS = join(import.meta.dirname, 'corpus');

function read(name: string): { readonly progress: Progress | undefined; readonly warnings: readonly Warning[] } {
  const reader = new TrainingReader();
  const lines = readFileSync(join(CORPUS, `${name}.log`), 'utf8').split('\n');
  const heard = lines.flatMap((text, index) => reader.line(text, undefined, index * 2000));
  return {
    progress: heard.flatMap((one) => (one.kind === 'progress' ? [one.progress] : [])).at(-1),
    warnings: heard.flatMap((one) => (one.kind === 'warned' ? [one.warning] : [])),
  };
}

test('every log of the corpus has a verdict', () => {
  const names = readdirSync(CORPUS).filter((file) => file.endsWith('.log'));
  expect(names.map((file) => file.slice(0, -4)).sort()).toEqual(Object.keys(VERDICTS).sort());
});

test.each(Object.entries(VERDICTS))('%s', (name, verdict) => {
  const { progress, warnings } = read(name);
  expect(warnings.map(({ kind, message }) => ({ kind, message }))).toEqual(verdict.warnings ?? []);
  // The line of the log is the evidence, as it stands there.
  const text = withoutColour(readFileSync(join(CORPUS, `${name}.log`), 'utf8'));
  for (const { evidence } of warnings) expect(text).toContain(evidence?.trim());
  if (verdict.progress === undefined) expect(progress).toBeUndefined();
  else expect(progress).toMatchObject(verdict.progress);
});
