/*
 * How fast it is, beside other tools on the same machine in the same minute: `npm run bench [SECTION...]`. A report for
 * people: it ends with 0 when something is over its budget, and no test asserts a wall time.
 */

import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { clusterTime } from './cluster-time.ts';
import { logs } from './logs.ts';
import { memory } from './memory.ts';
import { ownTime } from './own-time.ts';
import { render } from './render.ts';
import { type Findings, printFindings } from './report.ts';
import { screen } from './screen.ts';
import { startUp } from './start-up.ts';

const SECTIONS: Readonly<Record<string, (root: string) => Findings | Promise<Findings>>> = {
  'start-up': startUp,
  render,
  'own-time': ownTime,
  cluster: clusterTime,
  memory,
  screen,
  logs,
};

const root = dirname(import.meta.dirname);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => SECTIONS[name] === undefined);

if (unknown.length > 0) {
  console.error(`no such section: ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}`);
  process.exitCode = 2;
} else {
  const memorySize = `${Math.round(totalmem() / 1024 ** 3)} GiB`;
  console.log(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, ${memorySize}, Node ${process.version}`);
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (asked.length === 0 || asked.includes(name)) printFindings(name, await measured(section));
  }
}

/** What a section found; one that cannot be measured does not keep the others from it. */
async function measured(section: (root: string) => Findings | Promise<Findings>): Promise<Findings> {
  try {
    return await section(root);
  } catch (error) {
    process.exitCode = 1;
    return { tables: [], budgets: [], notes: [`not measured: ${error instanceof Error ? error.message : error}`] };
  }
}
