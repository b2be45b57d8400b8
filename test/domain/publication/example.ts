import { leafChanges } from '../../../src/domain/publication/leaf-changes.ts';
import type { Lineage } from '../../../src/domain/publication/lineage.ts';
import { parseManifest } from '../../../src/domain/publication/manifest.ts';
import { parseReport, type Report } from '../../../src/domain/publication/report.ts';

/** What strangers may call a leaf, themselves, or a commit. */
export const EVIL =
  '@everyone `x` ``y`` | <script>alert(1)</script> [a](javascript:b) ![i](http://x) #1 \u202e\u001b[31m\n## evil --> \\|';

/** One leaf as a manifest has it. */
export function leafJson(path: string, createdBy: string, qna = 'd') {
  return {
    id: path.replaceAll('/', '_'),
    ...{
      path,
      kind: 'knowledge',
      version: 3,
      createdBy,
      changed: null,
      examples: 5,
      heldOut: 1,
      trainRows: { knowledge: 10, skills: 14 },
    },
    qna: `sha256:${qna.repeat(64)}`,
  };
}

function scoreJson(loss: number, accuracy: number | null) {
  return { heldout_loss: loss, heldout_loss_se: 0.05, mc_accuracy: accuracy, mc_se: null };
}

/** A manifest as data generation writes it; the caller changes what it is about. */
export function manifestJson() {
  return {
    version: 1,
    taxonomy: { commit: 'c'.repeat(40), base: null, dirty: true, changedOnly: false } as Record<string, unknown>,
    settings: { heldOut: 0.2 },
    leaves: [leafJson('knowledge/ponds', 'ines'), leafJson('compositional_skills/x', 'tomas')],
    totals: { train_rows: 48, heldout_rows: 2, leaves: 2 },
    files: {},
  };
}

/** A report as an evaluation writes it. */
export function scoresJson() {
  return {
    base: { name: 'base', ...scoreJson(5.5, 0.25), per_leaf: { knowledge_ponds: scoreJson(5, 0.5) } } as Record<
      string,
      unknown
    >,
    candidates: [
      { name: 'phase1/epoch-1', ...scoreJson(4, 0.3) },
      {
        ...{ name: 'phase2/epoch-2', ...scoreJson(2.25, 0.5) },
        ...{ heldout_loss_delta_se: 0.125, mc_within_noise: true },
        per_leaf: { knowledge_ponds: scoreJson(2, 0.75) },
      },
    ] as Record<string, unknown>[],
    chosen: 'phase2/epoch-2',
    withinNoise: false,
  };
}

/** What the documents above come to. */
export function lineageOf(manifest: unknown = manifestJson(), given: Partial<Lineage> = {}): Lineage {
  return {
    model: 'workshop-tiny',
    run: { name: 'weekly-47', id: '0197f7a2-0000-7000-8000-000000000047', created: '2026-12-01T10:00:12.345Z' },
    plan: `sha256:${'4'.repeat(64)}`,
    images: { train: `sha256:${'5'.repeat(64)}`, greet: 'registry.example/greet:1' },
    base: 'tiny',
    manifest: parseManifest(JSON.stringify(manifest)),
    digests: { model: `sha256:${'1'.repeat(64)}`, manifest: `sha256:${'3'.repeat(64)}` },
    parameters: { train: { epochs: 2, lora: null } },
    tags: ['instructlab'],
    program: '1.2.3',
    ...given,
  };
}

/** What the report above comes to. */
export function reportOf(scores: unknown = scoresJson()): Report {
  return parseReport(JSON.stringify(scores));
}

/** The first model of its name. */
export const NOTHING_BEFORE = leafChanges(undefined, parseManifest(JSON.stringify(manifestJson())));

/** What of Markdown stands outside of code spans. */
export function outsideCode(text: string): string {
  return text.replace(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/gs, '');
}
