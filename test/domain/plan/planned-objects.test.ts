import { expect, test } from 'vitest';
import { anchorName, leaseName, pieceName } from '../../../src/adapters/kubernetes/run-store/names.ts';
import { objectsOfRun, objectsOfStage } from '../../../src/domain/plan/planned-objects.ts';

const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'preview-train-1' } };

test('of a stage: what its template renders, with RUN for the name of the run', () => {
  const odd = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a-preview' } };
  expect(objectsOfStage('kubernetes', 'train', [job, odd])).toEqual([
    { kind: 'Job', name: 'RUN-train-1' },
    { kind: 'Secret', name: 'a-preview' },
  ]);
  expect(objectsOfStage('local', 'train', [job])).toEqual([{ kind: 'Process', name: 'RUN-train-1' }]);
});

test('of a run: its record as the store names it, and the claim', () => {
  expect(objectsOfRun('kubernetes', { workspaceClaim: 'ours' })).toEqual([
    { kind: 'ConfigMap', name: anchorName('RUN') },
    { kind: 'ConfigMap', name: pieceName('RUN', 1).replace(/1$/, 'N') },
    { kind: 'Lease', name: leaseName('RUN') },
    { kind: 'PersistentVolumeClaim', name: 'ours', ifAbsent: true },
  ]);
  expect(objectsOfRun('local', {})).toEqual([]);
});
