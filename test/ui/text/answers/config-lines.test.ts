import { expect, test } from 'vitest';
import { configLines } from '../../../../src/ui/text/answers/config-lines.ts';
import { textWidth } from '../../../../src/ui/text/text-width.ts';

const VALUES = [
  { path: 'profile', value: 'h100x4', origin: '--profile h100x4' },
  { path: 'params.train.epochs', value: '7', origin: 'ilab-backend.yaml:9:20' },
  {
    path: 'params.teacher.server.resources.limits',
    value: '{"memory":"64Gi"}',
    origin: 'templates/instructlab/pipeline.yaml:90:17',
  },
  {
    path: 'params.datagen.folders',
    value: '["compositional_skills","knowledge"]',
    origin: 'templates/instructlab/pipeline.yaml:95:30',
  },
];

test('where all have room it is a table', () => {
  expect(configLines(VALUES, { width: 200 }).split('\n')[0]).toMatch(/^VALUE +IS +FROM$/);
  expect(configLines(VALUES)).toBe(configLines(VALUES, { width: 200 }));
});

test('at 80 columns origins stand at the right edge, below a value that leaves them no room', () => {
  const text = configLines(VALUES, { width: 80 });
  expect(text).toMatchInlineSnapshot(`
    "profile                           h100x4                        --profile h100x4
    params.train.epochs               7                       ilab-backend.yaml:9:20
    params.teacher.server.resources.limits
                                      {"memory":"64Gi"}
                                           templates/instructlab/pipeline.yaml:90:17
    params.datagen.folders            ["compositional_skills","knowledge"]
                                           templates/instructlab/pipeline.yaml:95:30"
  `);
  expect(text.split('\n').filter((line) => textWidth(line) > 80)).toEqual([]);
});

test('at 20 columns nothing is lost', () => {
  const text = configLines(VALUES, { width: 20 }).replace(/\s/g, '');
  for (const { path, value, origin } of VALUES) {
    expect(text).toContain(path);
    expect(text).toContain(value);
    expect(text).toContain(origin.replace(/\s/g, ''));
  }
});
