import type { ShownPhase } from '../../../domain/run/run-phase.ts';
import type { RunRow } from '../../../domain/run/run-row.ts';
import { formatAge } from '../format.ts';
import { paint, phaseTone } from '../paint.ts';
import { oneLine } from '../sanitize.ts';
import { table } from '../table.ts';
import type { DocumentOptions } from './status-text.ts';

/** What `list` prints: one row a run, in the order given. No newline at the end. */
export function listTable(
  runs: readonly { readonly row: RunRow; readonly phase: ShownPhase }[],
  now: Date,
  options: DocumentOptions = {},
): string {
  const rows = runs.map(({ row, phase }) => [
    row.name,
    oneLine(row.pipeline, options),
    row.target,
    paint(phaseTone(phase), phase, options.color === true),
    `${row.done}/${row.stages}`,
    oneLine(row.user, options),
    formatAge(row.createdAt, now),
  ]);
  return table(['NAME', 'PIPELINE', 'TARGET', 'PHASE', 'DONE', 'BY', 'AGE'], rows, options);
}
