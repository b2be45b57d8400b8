import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/domain/errors.ts';
import { flatParameters } from '../../../src/domain/publication/lineage.ts';
import { parseManifest } from '../../../src/domain/publication/manifest.ts';
import { parseReport } from '../../../src/domain/publication/report.ts';
import { manifestJson, scoresJson } from './example.ts';

describe('a manifest', () => {
  test('is read, with what nobody said left out', () => {
    const manifest = parseManifest(JSON.stringify(manifestJson()));
    expect(manifest.taxonomy).toEqual({ commit: 'c'.repeat(40), isDirty: true, isChangedOnly: false, pulls: [] });
    expect(manifest.leaves[0]).toMatchObject({ id: 'knowledge_ponds', path: 'knowledge/ponds', trainRows: 24 });
    expect(manifest.totals['train_rows']).toBe(48);
    expect(manifest).not.toHaveProperty('teacher');
  });

  test('of a plain folder, with a teacher and pull requests', () => {
    const pulls = [{ number: 7, commit: '7'.repeat(40), leaves: ['knowledge/ponds'], authors: ['Ada'] }];
    const taxonomy = { commit: null, onto: 'b'.repeat(40), changedOnly: true, pulls };
    const json = { ...manifestJson(), taxonomy, teacher: { model: 'mixtral' } };
    const { taxonomy: read, teacher } = parseManifest(JSON.stringify(json));
    expect(read).toEqual({ onto: 'b'.repeat(40), isDirty: false, isChangedOnly: true, pulls });
    expect(teacher).toBe('mixtral');
  });

  test.each([
    [{ version: 2 }, /has version 2; this program reads version 1/],
    [{ leaves: undefined }, /input manifest is no manifest of data: leaves: /],
    [{ leaves: [{ id: 'x' }] }, /leaves\.0\.path: /],
    [{ taxonomy: { pulls: [{ number: -1, commit: 'x' }] } }, /taxonomy\.pulls\.0\.number: /],
  ])('with %j is refused', (change, message) => {
    expect(() => parseManifest(JSON.stringify({ ...manifestJson(), ...change }))).toThrow(message);
  });
});

describe('a report', () => {
  test('holds the base and the candidate that was chosen', () => {
    const report = parseReport(JSON.stringify(scoresJson()));
    expect(report).toMatchObject({
      ...{ chosen: 'phase2/epoch-2', candidates: 2, isNoise: false },
      base: { loss: { value: 5.5, error: 0.05 }, mmlu: { isNoise: false } },
      tuned: { loss: { value: 2.25, deltaError: 0.125 }, choice: { value: 0.5, isNoise: true } },
    });
    expect(report.tunedLeaves.get('knowledge_ponds')?.loss.value).toBe(2);
  });

  test.each(['much', true, null, [1]])('of the figure %j has none', (value) => {
    const scores = scoresJson();
    scores.base['heldout_loss'] = value;
    expect(parseReport(JSON.stringify(scores)).base.loss).toEqual({ error: 0.05, isNoise: false });
  });

  test.each([
    [{ chosen: 'nobody' }, /has no candidate of the name it chose, "nobody"/],
    [{ base: undefined }, /input scores is no report of scores: base: /],
    [{ candidates: [] }, /candidates: /],
  ])('with %j is refused', (change, message) => {
    expect(() => parseReport(JSON.stringify({ ...scoresJson(), ...change }))).toThrow(message);
  });
});

test('whatever is read, a fault of it is a fault of the input', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      for (const parse of [parseManifest, parseReport]) {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect(error).toMatchObject({ code: 'bad-input', message: expect.stringMatching(/^input \w+ .{1,300}$/) });
        }
      }
    }),
  );
});

test('parameters are dotted names in order, without what is not given', () => {
  expect(flatParameters({ train: { epochs: 2, lora: null, b: [1, 'x'] }, a: { b: { c: 'ü' } } })).toEqual([
    ['a.b.c', '"ü"'],
    ['train.b', '[1,"x"]'],
    ['train.epochs', '2'],
  ]);
});
