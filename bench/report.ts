/** One line of a table: a measurement in the table's unit. */
export interface Row {
  readonly name: string;
  readonly median: number;
  readonly least: number;
}

/** Rows are compared with the first. */
export interface Table {
  readonly unit: 'ms' | 'MiB' | '%' | 'bytes/s';
  readonly rows: readonly Row[];
}

/** A measurement and what it may be at most, in one unit. */
export interface Budget {
  readonly what: string;
  readonly unit: 'ms' | 's' | 'MiB' | 'lines' | 'x' | '%';
  readonly value: number;
  readonly limit: number;
}

/** What a section has found. */
export interface Findings {
  readonly tables: readonly Table[];
  readonly budgets: readonly Budget[];
  /** What was not measured, and why; what a figure means. */
  readonly notes: readonly string[];
}

const NAME_WIDTH = 44;

export function printFindings(title: string, { tables, budgets, notes }: Findings): void {
  console.log(`\n${title}`);
  for (const { unit, rows } of tables) {
    console.log(`  ${''.padEnd(NAME_WIDTH)}${[`median ${unit}`, `least ${unit}`, 'ratio'].map(column).join('')}`);
    const base = rows[0]?.median ?? 1;
    for (const { name, median, least } of rows) {
      const figures = [median.toFixed(1), least.toFixed(1), (median / base).toFixed(2)];
      console.log(`  ${name.padEnd(NAME_WIDTH)}${figures.map(column).join('')}`);
    }
  }
  for (const { what, unit, value, limit } of budgets) {
    const verdict = value <= limit ? 'pass' : 'over';
    console.log(`  ${verdict}  ${what}: ${figure(value)} ${unit} (budget ${figure(limit)})`);
  }
  for (const note of notes) console.log(`  note  ${note}`);
}

/** The median of the row of that name. Throws when there is none: a bug of the bench. */
export function medianOf(rows: readonly Row[], name: string): number {
  const row = rows.find((candidate) => candidate.name === name);
  if (row === undefined) throw new Error(`nothing was measured as ${name}`);
  return row.median;
}

function column(text: string): string {
  return text.padStart(12);
}

function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
}
