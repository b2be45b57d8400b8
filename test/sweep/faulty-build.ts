import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'rolldown';
import { bundle } from '../../scripts/bundle.ts';

const ROOT = join(import.meta.dirname, '../..');

/** One module with a fault put into it. The edit must apply: `before` stands there exactly once. */
export interface PlantedFault {
  /** Relative to the repository. */
  readonly module: string;
  readonly edits: readonly { readonly before: string; readonly after: string }[];
}

/** Builds the program with a fault in it into `dist`. */
export async function buildFaulty(dist: string, fault: PlantedFault): Promise<void> {
  for (const { fileName, code } of await bundle(ROOT, [plant(fault)])) {
    const path = join(dist, fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  copyFileSync(join(ROOT, 'dist/stage-names.json'), join(dist, 'stage-names.json'));
}

function plant(fault: PlantedFault): Plugin {
  const path = join(ROOT, fault.module);
  return {
    name: 'planted-fault',
    load: (id) => (id === path ? fault.edits.reduce(edit, readFileSync(path, 'utf8')) : null),
  };
}

function edit(text: string, { before, after }: PlantedFault['edits'][number]): string {
  if (text.split(before).length !== 2) throw new Error(`the module does not hold exactly once: ${before}`);
  return text.replace(before, () => after);
}
