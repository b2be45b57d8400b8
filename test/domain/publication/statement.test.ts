import { expect, test } from 'vitest';
import {
  compareToStatement,
  parseStatement,
  provenance,
  runOfStatement,
} from '../../../src/domain/publication/statement.ts';
import { lineageOf, manifestJson, reportOf } from './example.ts';

const FILES = [
  { path: 'model.safetensors', size: 7, sha256: 'b'.repeat(64) },
  { path: 'README.md', size: 3, sha256: 'a'.repeat(64) },
];

test('a statement names every file, what it was made from and what it scored', async () => {
  const pulls = [{ number: 7, commit: '7'.repeat(40), leaves: ['knowledge/ponds'], authors: ['Ines'] }];
  const manifest = { ...manifestJson(), taxonomy: { commit: 'c'.repeat(40), onto: 'b'.repeat(40), pulls } };
  const text = provenance(lineageOf(manifest), reportOf(), FILES);
  await expect(text).toMatchFileSnapshot('../../golden/publication/provenance.intoto.json');
  expect(JSON.parse(text)).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'https://slsa.dev/provenance/v1',
    subject: [{ name: 'README.md' }, { name: 'model.safetensors', digest: { sha256: 'b'.repeat(64) } }],
  });
  expect(provenance(lineageOf(manifest), reportOf(), [...FILES].reverse())).toBe(text);
  expect(runOfStatement(text)).toEqual({ name: 'weekly-47', created: '2026-12-01T10:00:12.345Z' });
  expect(runOfStatement(text.replace('startedOn', 'x'))).toBeUndefined();
});

test('what does not match a statement is named, file by file', () => {
  const stated = parseStatement(provenance(lineageOf(), reportOf(), FILES));
  const [model, card] = FILES;
  if (model === undefined || card === undefined) throw new Error('two files');
  const beside = [
    { path: 'provenance.intoto.json', size: 1 },
    { path: '.gitattributes', size: 1 },
    { path: '.git/HEAD', size: 1 },
  ];
  expect(compareToStatement(stated, [...FILES, ...beside])).toEqual([]);
  expect(compareToStatement(stated, [{ ...model, sha256: 'c'.repeat(64) }, card])).toEqual([
    'model.safetensors has other contents',
  ]);
  expect(
    compareToStatement(stated, [
      { ...model, size: 8 },
      { path: 'evil.bin', size: 1 },
    ]),
  ).toEqual(['model.safetensors has 8 bytes, not 7', 'evil.bin was added', 'README.md is missing']);
});

test.each(['{}', '[]', 'x', '{"_type":"https://in-toto.io/Statement/v1","predicateType":"x","subject":[{"name":""}]}'])(
  '%s is no statement',
  (text) => {
    expect(() => parseStatement(text)).toThrow(/^(provenance\.intoto\.json is no in-toto statement|input provenance)/);
  },
);
