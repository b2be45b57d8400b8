import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FileReader } from '../../src/config/file-reader.ts';
import { POD_SCHEMA } from '../../src/config/settings/pod-settings.ts';
import { readSettingsFile } from '../../src/config/settings/settings-file.ts';
import { givenInFile } from '../../src/config/values/given-values.ts';
import { load, PIPELINE, problemsOf, TEMPLATE } from './pipeline-texts.ts';

const PROJECT = `apiVersion: ilab-backend.dev/v1alpha1
kind: Project
pipeline: p
params: { a: &x [1, 2], b: *x, c: { d: "e" } }
pod:
  nodeSelector: { gpu: h100 }
  tolerations: [{ key: gpu, operator: Exists }]
stages: { make: { engine: one, timeouts: { run: 1h } } }
pipelines:
  hello: { params: { name: x }, profile: y }
`;

/** The text with a piece taken out and another put in: what typing and merging leave behind. */
function edited(text: string) {
  const pieces = fc.constantFrom(
    '',
    ':',
    '-',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '\n',
    '  ',
    '#',
    '&x',
    '*x',
    '!!set',
    '${',
    '}',
    '|',
    '>-',
    '? ',
    '\t',
    '\0',
    '\ud800',
    'null',
    '.inf',
    '<<: *x',
    '__proto__: 1',
    'a: b',
  );
  const edit = fc.record({
    at: fc.nat(text.length),
    length: fc.nat(12),
    piece: fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 6 })),
  });
  return fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce((all, { at, length, piece }) => all.slice(0, at) + piece + all.slice(at + length), text),
    );
}

describe('whatever a file holds, it is read or its faults are told', () => {
  test('a project file', () => {
    fc.assert(
      fc.property(edited(PROJECT), (text) => {
        const file = readSettingsFile('project', { path: 'ilab-backend.yaml', text }, '/');
        const pod = givenInFile({ reader: file.reader, kind: 'project', base: '/' }, file.pod, POD_SCHEMA);
        for (const { value } of pod) expect(JSON.parse(JSON.stringify(value))).toEqual(value);
        for (const { line, column, length, sourceLine } of file.reader.problems) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(length).toBeGreaterThanOrEqual(1);
          expect(sourceLine).not.toContain('\n');
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a pipeline', () => {
    fc.assert(
      fc.property(edited(PIPELINE), (text) => {
        const result = load(text);
        if (result.kind === 'ok') expect(result.value.pipeline.stages.length).toBeGreaterThan(0);
        else expect(problemsOf(result).length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });

  test('a template', () => {
    fc.assert(
      fc.property(edited(TEMPLATE), (text) => {
        expect(['ok', 'problems']).toContain(load(PIPELINE, { 'make.yaml': text, 'use.yaml': TEMPLATE }).kind);
      }),
      { numRuns: 150 },
    );
  });

  test('no name that objects inherit is anything', () => {
    const reader = new FileReader({ path: 'x', text: '__proto__: { a: 1 }\nconstructor: 2\n' });
    const given = givenInFile({ reader, kind: 'values', base: '/' }, reader.root, { type: 'object', properties: {} });
    expect(given.map(({ path }) => path)).toEqual([['__proto__'], ['constructor']]);
  });
});
