import { describe, expect, test } from 'vitest';
import type { StageName } from '../../../src/domain/naming.ts';
import { neededStages, selectStages, type Wanted } from '../../../src/domain/plan/selection.ts';
import { fakePipeline } from '../../fakes/story.ts';

const { stages } = fakePipeline([
  { name: 'datagen' },
  { name: 'train', needs: ['datagen'] },
  { name: 'eval', needs: ['train', 'datagen'] },
  { name: 'publish', needs: ['eval'] },
]).pipeline;
const name = (text: string): StageName => text as StageName;

describe('the stages a person asks for', () => {
  test.each<[Wanted, readonly string[]]>([
    [{}, ['datagen', 'train', 'eval', 'publish']],
    [{ only: [name('train')] }, ['train']],
    [{ only: [name('eval'), name('datagen')] }, ['datagen', 'eval']],
    [{ from: name('train') }, ['train', 'eval', 'publish']],
    [{ until: name('train') }, ['datagen', 'train']],
    [{ from: name('train'), until: name('eval') }, ['train', 'eval']],
    [{ from: name('eval'), until: name('train') }, []],
  ])('%j', (wanted, selected) => {
    expect(selectStages(stages, wanted)).toEqual(selected);
  });
});

describe('the stages whose results are needed beside', () => {
  test.each<[string, readonly string[], readonly string[], readonly string[], readonly string[]]>([
    ['all upstream', ['eval'], [], [], ['train', 'datagen']],
    ['nothing behind a result that is given', ['train'], [], ['datagen'], ['datagen']],
    ['not what another input replaces', ['train'], ['train.datagen'], [], []],
    ['still what one input of two replaces', ['eval'], ['eval.train'], [], ['datagen']],
    ['nothing for the first stage', ['datagen'], [], [], []],
  ])('%s', (_what, selected, replaced, given, needed) => {
    const found = neededStages(stages, selected.map(name), new Set(replaced), new Set(given.map(name)));
    expect([...found].sort()).toEqual([...needed].sort());
  });
});
