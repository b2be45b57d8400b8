import { listProducts, type Product } from '../actions/artifacts/list-products.ts';
import type { Deps } from '../actions/deps.ts';
import { readRun } from '../actions/read-run.ts';
import { stagesTable } from '../ui/text/answers/status-text.ts';
import { oneLine } from '../ui/text/sanitize.ts';
import type { CliContext } from './context.ts';
import { layoutOf } from './documents.ts';

const FILES_MAX = 3;

/** What a run that ended well leaves the person with: its stages with their figures (`table`), and where its products lie. */
export async function runSummary(
  context: CliContext,
  deps: Deps,
  name: string,
  { table }: { readonly table: boolean },
): Promise<string> {
  const { record } = await readRun(deps, name);
  const layout = layoutOf(context, context.stderr);
  const products = await listProducts(deps, name);
  const elsewhere = `in the workspace claim; to take it: ilab-backend artifacts ${record.name} --download DIR`;
  const lines = products.flatMap((product) => productLines(product, elsewhere));
  if (!table && lines.length === 0) return '';
  const stages = table ? [stagesTable(record, { now: deps.clock.now() }, layout), ''] : [];
  return ['', ...stages, ...lines, ''].join('\n');
}

function productLines({ name, location, files }: Product, elsewhere: string): readonly string[] {
  const shown = files.slice(0, FILES_MAX).map((file) => oneLine(file));
  const more = files.length > FILES_MAX ? [`and ${files.length - FILES_MAX} more`] : [];
  const contents = files.length > 1 ? [`  ${[...shown, ...more].join(', ')}`] : [];
  return [`${name}: ${oneLine(location ?? elsewhere)}`, ...contents];
}
