import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { locateCluster } from '../test/cluster/support/locate.ts';
import { clusterLogs } from './cluster-logs.ts';
import { faults } from './counting.ts';
import { race, time } from './measure.ts';
import { writePipeline } from './pipelines.ts';
import { type Findings, medianOf } from './report.ts';
import { Workplace } from './workplace.ts';

const ROUNDS = 3;
const LINES = 1_000_000;
const LOOK_EVERY_MS = 20;
const MOST_LOOKS = 1500;

/** How fast a long log is read, and whether each line comes once and in its order. */
export async function logs(root: string): Promise<Findings> {
  const here = await logsHere(root);
  const cluster = locateCluster();
  if (cluster === undefined) {
    const note = 'not compared with `kubectl logs -f`: needs a cluster (`npm run cluster:up`, or ILAB_TEST_KUBECONFIG)';
    return { ...here, notes: [...here.notes, note] };
  }
  const there = await clusterLogs(root, cluster);
  return {
    tables: [...here.tables, ...there.tables],
    budgets: [...here.budgets, ...there.budgets],
    notes: [...here.notes, ...there.notes],
  };
}

async function logsHere(root: string): Promise<Findings> {
  const place = new Workplace(root);
  try {
    writePipeline(place, 'counting', [{ name: 'count-up', command: ['seq', String(LINES)] }]);
    const bare = time(place.other('seq into a pipe', 'sh', '-c', `seq ${LINES} | cat`)).milliseconds;
    time(place.command('run', 'run', 'counting', '--name', 'live', '--detach'));
    const stored = await logFile(place.stateDir); // `logs -f` ends at once while no driver has begun
    const live = time(place.command('logs -f while it is written', 'logs', 'live', 'count-up', '-f'), 'pipe');
    const cat = place.other('cat of the stored log', 'cat', stored);
    const after = place.command('logs -f after the end', 'logs', 'live', 'count-up', '-f');
    const rows = race([cat, after], ROUNDS);
    const read = time(after, 'pipe').stdout;
    const rate = Math.round(LINES / (medianOf(rows, after.name) / 1000));
    return {
      tables: [
        {
          unit: 'ms',
          rows: [
            ...rows,
            { name: 'seq into a pipe', median: bare, least: bare },
            { name: 'logs -f while it is written', median: live.milliseconds, least: live.milliseconds },
          ],
        },
      ],
      budgets: [
        {
          what: 'lines lost or doubled, while it is written',
          unit: 'lines',
          value: faults(live.stdout, LINES),
          limit: 0,
        },
        { what: 'lines lost or doubled, after the end', unit: 'lines', value: faults(read, LINES), limit: 0 },
      ],
      notes: [`${rate} lines a second after the end`],
    };
  } finally {
    place.remove();
  }
}

/** The only log below the state folder, once it is there. */
async function logFile(stateDir: string): Promise<string> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const files = filesBelow(stateDir);
    const found = files.find((file) => file.endsWith('/logs/main.log'));
    if (found !== undefined) return join(stateDir, found);
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`the run has not begun after ${(MOST_LOOKS * LOOK_EVERY_MS) / 1000} s`);
}

/** None while what is being listed changes. */
function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
