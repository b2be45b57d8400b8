import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isInstalled } from './measure.ts';
import { writePipeline } from './pipelines.ts';
import type { Findings } from './report.ts';
import { Workplace } from './workplace.ts';

const LIMIT_PERCENT = 5;
/** Until everything is loaded and the stage sleeps, and how long it is looked at. */
const SETTLE_MS = 5000;
const LOOK_MS = 10_000;
/** Of the kernel's clock, as `getconf CLK_TCK` says on every Linux we know. */
const TICKS_A_SECOND = 100;

/** What the screen of a run costs while nothing happens in it but time: share of one core, bytes to the terminal; Linux only. */
export async function screen(root: string): Promise<Findings> {
  if (process.platform !== 'linux' || !isInstalled('script')) {
    return { tables: [], budgets: [], notes: ['not measured: needs Linux and script'] };
  }
  const place = new Workplace(root);
  try {
    writePipeline(place, 'sleeper', [{ name: 'sleep', command: ['sleep', String((SETTLE_MS + LOOK_MS) / 1000 + 5)] }]);
    const { program, args } = place.command('', 'run', 'sleeper');
    const typed = [program, ...args].map((word) => `'${word}'`).join(' ');
    const terminal = spawn('script', ['-qec', `stty rows 24 cols 80; exec ${typed}`, '/dev/null'], {
      cwd: place.project,
      env: { ...place.env, TERM: 'xterm-256color' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let bytes = 0;
    terminal.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const ended = new Promise((done, failed) => terminal.once('close', done).once('error', failed));
    await pause(SETTLE_MS);
    const [ticks, written, began] = [ticksOf(terminal), bytes, performance.now()];
    await pause(LOOK_MS);
    const seconds = (performance.now() - began) / 1000;
    const percent = ((ticksOf(terminal) - ticks) / TICKS_A_SECOND / seconds) * 100;
    const sent = (bytes - written) / seconds;
    await ended;
    return {
      tables: [
        { unit: '%', rows: [{ name: 'of a core, a driver and its screen, idle', median: percent, least: percent }] },
        { unit: 'bytes/s', rows: [{ name: 'to the terminal, idle', median: sent, least: sent }] },
      ],
      budgets: [{ what: 'a driver and its screen, idle', unit: '%', value: percent, limit: LIMIT_PERCENT }],
      notes: [],
    };
  } finally {
    place.remove();
  }
}

/** User and system time of the only child of `script`, all its threads. */
function ticksOf(terminal: ChildProcess): number {
  const pid = readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'latin1').trim();
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
