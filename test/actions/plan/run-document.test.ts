import { expect, test } from 'vitest';
import { chosenImages, documentDigest, type RunDocument } from '../../../src/actions/plan/run-document.ts';
import type { RenderablePipeline } from '../../../src/domain/pipeline/renderable-pipeline.ts';

const IMAGES = { one: 'stages/make/one', two: 'example/two' };
const pipeline = {
  pipeline: { stages: [{ name: 'make' }, { name: 'use' }, { name: 'tell' }, { name: 'odd' }] },
  choice: (name: string) => ({ image: name === 'odd' ? 'unknown' : name === 'make' ? IMAGES.one : IMAGES.two }),
} as unknown as RenderablePipeline;
const document = {
  images: {
    [IMAGES.one]: { reference: 'x:1', identity: 'sha256:1' },
    [IMAGES.two]: { reference: 'example/two', identity: 'example/two' },
  },
  selection: { selected: ['make', 'use', 'odd'], reuse: {}, fresh: [], inputs: {} },
} as unknown as RunDocument;

test('the image of a stage is said where its result is made with it', () => {
  expect(chosenImages(pipeline, document)).toEqual({ make: 'sha256:1', use: 'example/two' });
});

test('not of a result that is taken whatever made it', () => {
  const selection = { ...document.selection, reuse: { make: { run: 'old', stage: 'make' } } };
  expect(chosenImages(pipeline, { ...document, selection })).toEqual({ use: 'example/two' });
});

test('where values came from and who is told is no part of the plan', () => {
  const digestOf = (sources: object): string => documentDigest({ ...document, sources: JSON.stringify(sources) });
  const plan = { params: { epochs: 3 }, origins: {} };
  const told = {
    ...plan,
    origins: { 'params.epochs': { kind: 'flag', flag: '--set epochs=3' } },
    notify: { url: 'x' },
  };
  expect(digestOf(told)).toBe(digestOf(plan));
  expect(digestOf({ ...plan, params: { epochs: 4 } })).not.toBe(digestOf(plan));
});
