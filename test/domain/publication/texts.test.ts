import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { changelogEntry, withEntry } from '../../../src/domain/publication/changelog.ts';
import { leafChanges } from '../../../src/domain/publication/leaf-changes.ts';
import { modelCard } from '../../../src/domain/publication/model-card.ts';
import { commentedRun, commentMarker, pullComment, statusText } from '../../../src/domain/publication/pull-comment.ts';
import {
  EVIL,
  leafJson,
  lineageOf,
  manifestJson,
  NOTHING_BEFORE,
  outsideCode,
  reportOf,
  scoresJson,
} from './example.ts';

const GOLDEN = '../../golden/publication';
const ADDRESS = 'https://hub.example.org/acme/workshop-tiny/tree/weekly-47';

function withPulls() {
  const pulls = [
    { number: 123, commit: '1'.repeat(40), leaves: ['knowledge/ponds'], authors: ['Ines'] },
    { number: 7, commit: '7'.repeat(40), leaves: [], authors: [] },
  ];
  return { ...manifestJson(), taxonomy: { commit: 'c'.repeat(40), onto: 'b'.repeat(40), changedOnly: true, pulls } };
}

describe('the model card', () => {
  test('compares base and tuned and tells where the model comes from', async () => {
    const card = modelCard(lineageOf(), reportOf());
    await expect(card).toMatchFileSnapshot(`${GOLDEN}/README.md`);
    for (const expected of [
      '| 5.5000 ± 0.0500 | 2.2500 ± 0.0500 | -3.2500 ± 0.1250 |',
      '| multiple choice (part answered right, guessing gives 0.25) | 0.2500 | 0.5000 | +0.2500 *within noise* |',
      '| `knowledge/ponds` | 5.0000 -> 2.0000 | 0.5000 -> 0.7500 |',
      '| `compositional_skills/x` | - -> - | - -> - |',
      `| taxonomy | taxonomy commit \`${'c'.repeat(40)}\` with changes that no commit has |`,
      '| `train.epochs` | `2` |',
      '| `datagen.heldOut` | `0.2` |',
      '`tiny` is a small model of random numbers',
    ])
      expect(card).toContain(expected);
    expect(card).not.toContain('**within noise**');
    expect(card).not.toContain('train.lora');
  });

  test('has a head that machines read', () => {
    const lineage = lineageOf(manifestJson(), { base: 'hf:acme/base@main', license: 'apache-2.0' });
    const [, head = ''] = modelCard(lineage, reportOf()).split('---\n');
    expect(parse(head)).toMatchObject({
      ...{ license: 'apache-2.0', base_model: 'acme/base', tags: ['instructlab', 'ilab-backend'] },
      'model-index': [
        {
          name: 'workshop-tiny',
          results: [
            { task: { type: 'text-generation' }, metrics: [{ type: 'loss', value: 2.25 }] },
            { metrics: [{ type: 'accuracy', value: 0.5 }] },
          ],
        },
      ],
    });
  });

  test('tells what a judge said where there was one', () => {
    const judged = { mt_bench: 6.5, mt_bench_se: 0.25, mt_bench_branch: 7, mmlu: 0.5 };
    const base = { mt_bench: 6.25, mt_bench_se: 0, mt_bench_branch: 6.75, mmlu: 0.25 };
    const card = modelCard(
      lineageOf(),
      reportOf({
        base: { name: 'base', mc_accuracy: 0.25, ...base },
        candidates: [{ name: 'phase2/epoch-2', mc_accuracy: 0.5, ...judged }],
        ...{ chosen: 'phase2/epoch-2', withinNoise: true },
      }),
    );
    expect(card).toContain('| held-out loss (nats per answer token, lower is better) | - | - | - |');
    expect(card).toContain('| MMLU (part answered right) | 0.2500 | 0.5000 | +0.2500 |');
    expect(card).toContain(
      "| MT-Bench (a judge's mark from 1 to 10) | 6.2500 (all the same) | 6.5000 ± 0.2500 | +0.2500 |",
    );
    expect(card).toContain('| MT-Bench-branch (the same, on held-out examples) | 6.7500 | 7.0000 | +0.2500 |');
    expect(card).not.toContain('change of the held-out loss');
  });

  test('shows of the leaves what was measured of them', () => {
    const of = (mark: number) => ({ mt_bench_branch: mark, mt_bench_branch_se: 0.5 });
    const report = reportOf({
      base: { name: 'base', ...of(6), per_leaf: { knowledge_ponds: of(5) } },
      candidates: [
        { name: 'a', ...of(7), per_leaf: { knowledge_ponds: { ...of(8), mt_bench_branch_within_noise: true } } },
      ],
      chosen: 'a',
    });
    const card = modelCard(lineageOf(), report);
    expect(card).toContain(
      '| leaf | MT-Bench-branch |\n| --- | --- |\n| `knowledge/ponds` | 5.0000 -> 8.0000 *within noise* |\n| `compositional_skills/x` | - -> - |\n',
    );
    expect(changelogEntry(lineageOf(), report, NOTHING_BEFORE)).toContain('MT-Bench-branch 6.0000 -> 7.0000.');
  });

  test('says of how few examples a figure is, and claims nothing from one of them or from a spread of nothing', () => {
    const leaf = { rows: 1, questions: 3, heldout_loss: 5, mc_accuracy: 0.25, mc_se: 0 };
    const whole = { heldout_loss: 5, heldout_loss_se: 0.05, mc_accuracy: 0.25, mc_se: 0 };
    const other = { rows: 4, questions: 5, heldout_loss: 6 };
    const report = reportOf({
      base: { name: 'base', ...whole, per_leaf: { knowledge_ponds: leaf, compositional_skills_x: other } },
      candidates: [
        {
          ...{
            name: 'a',
            ...whole,
            heldout_loss: 4,
            heldout_loss_delta_se: 0.05,
            mc_delta_se: 0,
            mc_within_noise: true,
          },
          per_leaf: {
            knowledge_ponds: { ...leaf, heldout_loss: 3, mc_accuracy: 0.5, mc_delta_se: 0, mc_within_noise: false },
            compositional_skills_x: { ...other, heldout_loss: 5, heldout_loss_delta_se: 0.1 },
          },
        },
      ],
      ...{ chosen: 'a', withinNoise: false },
    });
    const card = modelCard(lineageOf(), report);
    expect(card).toContain(
      '| 0.2500 (all 8 the same) | 0.2500 (all 8 the same) | +0.0000 (all 8 the same) *within noise* |',
    );
    expect(card).toContain(
      '| `knowledge/ponds` | 5.0000 -> 3.0000, n = 1 *too few* | 0.2500 -> 0.5000, n = 3 *too few* |',
    );
    expect(card).toContain('| `compositional_skills/x` | 6.0000 -> 5.0000, n = 4 | - -> - |');
    expect(card).not.toContain('± 0.0000');
  });

  test('calls noise noise', () => {
    const report = reportOf({ ...scoresJson(), withinNoise: true });
    expect(modelCard(lineageOf(), report)).toContain('**within noise**');
    expect(changelogEntry(lineageOf(), report, NOTHING_BEFORE)).toContain(
      'Held-out loss 5.5000 -> 2.2500, within noise.',
    );
  });
});

describe('the ChangeLog', () => {
  test('has one entry a run, the newest first, once', async () => {
    const before = leafChanges(
      lineageOf({
        ...manifestJson(),
        leaves: [leafJson('knowledge/ponds', 'ines', 'e'), leafJson('knowledge/gone', 'x')],
      }).manifest,
      lineageOf().manifest,
    );
    const first = withEntry('', 'weekly-47', changelogEntry(lineageOf(), reportOf(), NOTHING_BEFORE));
    const run = { name: 'weekly-48', id: 'b' };
    const entry = changelogEntry(lineageOf(withPulls(), { run }), reportOf(), before);
    const second = withEntry(first, run.name, entry);
    await expect(second).toMatchFileSnapshot(`${GOLDEN}/CHANGELOG.md`);
    expect(withEntry(second, run.name, entry)).toBe(second);
    expect(withEntry(second, 'weekly-47', 'other')).toBe(second);
    expect(second.split('\n').filter((line) => line.startsWith('#'))).toEqual([
      ...['# Changelog', '## weekly-48', '## weekly-47'],
    ]);
  });

  test('keeps what people wrote above and below', () => {
    expect(withEntry('Notes of ours.\n\n## 1.0\n\n- x\n', 'r', '## r\n\nnew')).toBe(
      '# Changelog\n\n## r\n\nnew\n\nNotes of ours.\n\n## 1.0\n\n- x\n',
    );
  });

  test('has a run that tells late below those that were started after it, whoever else wrote there', () => {
    const entryOf = (name: string, created: string): string =>
      changelogEntry(lineageOf(manifestJson(), { run: { name, id: name, created } }), reportOf(), NOTHING_BEFORE);
    const headsOf = (text: string) => text.match(/^## .*$/gm);
    const late = entryOf('late', '2026-12-02T10:00:00.000Z');
    let text = withEntry('', 'old', entryOf('old', '2026-12-01T10:00:00.000Z'));
    text = withEntry(text, 'new', entryOf('new', '2026-12-03T10:00:00.000Z'));
    text = withEntry(`# Changelog\n\n## by hand\n\n- x\n\n${text.slice(13)}`, 'late', late);
    expect(headsOf(text)).toEqual(['## by hand', '## new', '## late', '## old']);
    expect(text).toContain(`.\n\n${late}\n\n## old\n`);
    expect(headsOf(withEntry('', 'late', late))).toEqual(['## late']);
    expect(headsOf(withEntry(withEntry('', 'late', late), 'new', '## new'))).toEqual(['## new', '## late']);
    const newest = withEntry('', 'new', entryOf('new', '2026-12-03T10:00:00.000Z'));
    expect(headsOf(withEntry(newest, 'late', late))).toEqual(['## new', '## late']);
  });

  test('names the digest of a file that has no commit others know', () => {
    const manifest = { ...manifestJson(), taxonomy: { commit: null } };
    expect(changelogEntry(lineageOf(manifest), reportOf(), NOTHING_BEFORE)).toContain(
      '(knowledge, 5 seed examples, 24 training rows, qna.yaml `sha256:dddddddddddd`)\n',
    );
  });

  test('names pull requests and the commit that others know', () => {
    const text = changelogEntry(lineageOf(withPulls()), reportOf(), NOTHING_BEFORE);
    expect(text).toContain(`Made from taxonomy commit \`${'b'.repeat(40)}\` with the pull requests 123, 7.`);
    expect(text).toContain('pull request 123, qna.yaml `sha256:dddddddddddd`');
    expect(text).not.toContain('c'.repeat(40));
  });
});

describe('what changed in the leaves', () => {
  const one = (qna: string, path = 'a', changedOnly = false) =>
    lineageOf({ ...manifestJson(), taxonomy: { changedOnly }, leaves: [leafJson(path, 'x', qna)] }).manifest;
  const ways = (before: ReturnType<typeof one>, now: ReturnType<typeof one>) => {
    const changes = leafChanges(before, now);
    return [now.leaves.map(changes.of), changes.removed];
  };

  test.each([
    ['the same', one('1'), one('1'), [['unchanged'], []]],
    ['another text', one('1'), one('2'), [['changed'], []]],
    ['another leaf', one('1', 'a'), one('1', 'b'), [['added'], ['a']]],
    ['another leaf, of changes only', one('1', 'a'), one('1', 'b', true), [['added'], []]],
    ['another leaf, after changes only', one('1', 'a', true), one('1', 'b'), [[undefined], []]],
  ])('%s', (_, before, now, expected) => {
    expect(ways(before, now)).toEqual(expected);
  });
});

describe('the comment for a pull request', () => {
  const lineage = lineageOf(withPulls());
  const [ponds, none] = lineage.manifest.taxonomy.pulls;
  if (ponds === undefined || none === undefined) throw new Error('the example has two');

  test('has the scores of its own leaves and of the whole model', async () => {
    const text = pullComment(lineage, reportOf(), ponds, ADDRESS);
    await expect(text).toMatchFileSnapshot(`${GOLDEN}/comment.md`);
    expect(text.split('\n')[0]).toBe(commentMarker('workshop-tiny'));
    expect(commentedRun(text.replaceAll('\n', '\r\n'))).toEqual({
      name: 'weekly-47',
      created: '2026-12-01T10:00:12.345Z',
    });
    expect(commentedRun(text.replace('<!-- run', '<!--'))).toBeUndefined();
    expect(text).toContain('`knowledge/ponds`');
    expect(text).not.toContain('compositional_skills');
  });

  test('says so where none of its leaves is in the model, and where there is no address', () => {
    const text = pullComment(lineage, reportOf(), none, undefined);
    expect(text).toContain('None of the leaves that this pull request changes');
    expect(text).toContain('### Model `workshop-tiny`, run `weekly-47`\n');
  });

  test('stays below what a comment may have', () => {
    const leaves = Array.from({ length: 3000 }, (_, index) => leafJson(`knowledge/${index}/${'x'.repeat(150)}`, 'x'));
    const manifest = { ...withPulls(), leaves };
    const pull = { ...ponds, leaves: leaves.map(({ path }) => path) };
    const text = pullComment(lineageOf(manifest), reportOf(), pull, ADDRESS);
    expect(text.length).toBeLessThan(60_000);
    expect(text).toMatch(/\n\d+ further leaves: see the model card\.\n/);
  });

  test('a status fits what a host takes', () => {
    expect(statusText(lineage, reportOf())).toBe('In workshop-tiny, run weekly-47. Held-out loss 5.5000 -> 2.2500');
    expect(statusText(lineageOf(withPulls(), { model: 'm'.repeat(200) }), reportOf())).toHaveLength(140);
  });
});

test('names of strangers stay text wherever they are shown', () => {
  const manifest = {
    ...manifestJson(),
    taxonomy: { commit: EVIL, pulls: [{ number: 1, commit: 'x', leaves: [`knowledge/${EVIL}`], authors: [EVIL] }] },
    leaves: [leafJson(`knowledge/${EVIL}`, EVIL)],
    settings: { [EVIL]: EVIL },
    teacher: { model: EVIL },
  };
  const scores = { ...scoresJson(), chosen: EVIL };
  scores.candidates[1] = { ...scores.candidates[1], name: EVIL };
  const lineage = lineageOf(manifest, { base: EVIL, parameters: { [EVIL]: EVIL } });
  const report = reportOf(scores);
  const before = leafChanges(
    lineageOf({ ...manifestJson(), leaves: [leafJson(EVIL, EVIL)] }).manifest,
    lineage.manifest,
  );
  const [pull] = lineage.manifest.taxonomy.pulls;
  if (pull === undefined) throw new Error('the example has one');
  const card = modelCard(lineage, report);
  const body = card.slice(card.indexOf('\n---\n') + 5);
  for (const text of [body, changelogEntry(lineage, report, before), pullComment(lineage, report, pull, ADDRESS)]) {
    for (const hidden of ['@', '\u202e', '\u001b']) expect(text).not.toContain(hidden);
    expect(text.split('\n').some((line) => line.startsWith('## evil'))).toBe(false);
    expect(outsideCode(text)).not.toMatch(/<script>|javascript|!\[i\]|#1|everyone|evil/);
  }
});
