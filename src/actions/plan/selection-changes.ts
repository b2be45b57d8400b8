import type { Selection } from './run-document.ts';

/** How what a person asked for beside the values differs from what they asked for then: a line each, in words of the flags. */
export function selectionChanges(then: Selection, now: Selection): readonly string[] {
  const [were, are] = [selectionFlags(then), selectionFlags(now)];
  return [
    ...stagesChange(then.selected, now.selected),
    ...were.filter((flag) => !are.includes(flag)).map((flag) => `\`${flag}\` was given then, and is not now`),
    ...are.filter((flag) => !were.includes(flag)).map((flag) => `\`${flag}\` was not given then`),
  ];
}

function stagesChange(then: readonly string[], now: readonly string[]): readonly string[] {
  if (then.length === now.length && then.every((stage) => now.includes(stage))) return [];
  return [`the stages asked for (--only, --from, --until) changed ${then.join(', ')} -> ${now.join(', ')}`];
}

/** The flags that say it, but for the stages: `--reuse datagen@weekly-46`. */
export function selectionFlags({ fresh, reuse, inputs }: Selection): readonly string[] {
  return [
    ...fresh.map((stage) => (stage === '*' ? '--no-reuse' : `--no-reuse=${stage}`)),
    ...Object.values(reuse).map(({ stage, run }) => `--reuse ${stage}@${run}`),
    ...Object.entries(inputs).map(([name, { stage, run }]) => `--input ${name}=${stage}@${run}`),
  ];
}
