import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Candidate, isInstalled } from './measure.ts';
import { writePipeline } from './pipelines.ts';
import type { Findings, Row } from './report.ts';
import { Workplace } from './workplace.ts';

const LIMIT_MIB = 90;
const LOOK_EVERY_MS = 25;

/** A stage of about six seconds that prints 100 000 lines, every 100th of them progress. */
const CHATTER = [
  'awk',
  'BEGIN { for (i = 1; i <= 100000; i++) { if (i % 100 == 0) printf "ilab-progress: {\\"message\\":\\"line %d\\",\\"fraction\\":%f}\\n", i, i / 100000; else print "line", i, "of a training that says much"; if (i % 2000 == 0) { fflush(); system("sleep 0.1") } } }',
];

/** The most memory that a program ever had (VmHWM) while one run was followed; Linux only. */
export async function memory(root: string): Promise<Findings> {
  if (process.platform !== 'linux') return nothing('memory is measured on Linux only');
  const place = new Workplace(root);
  try {
    writePipeline(place, 'chatter', [{ name: 'talk', command: CHATTER }]);
    const idle = place.other('node, idle', process.execPath, '-e', 'setTimeout(() => {}, 200)');
    const start = (name: string, run: string, ...args: readonly string[]) =>
      place.command(name, 'run', 'chatter', '--name', run, ...args);
    const rows = await peaks([idle]);
    rows.push(...(await peaks([start('run -o json: drives', 'json', '-o', 'json')])));
    rows.push(
      ...(await followed(start('detached', 'followed', '--detach'), [
        place.command('watch -o json: follows', 'watch', 'followed', '-o', 'json'),
        place.command('logs -f', 'logs', 'followed', 'talk', '-f'),
      ])),
    );
    const notes: string[] = [];
    if (isInstalled('script')) {
      const { program, args } = start('', 'screen');
      const typed = [program, ...args].map((word) => `'${word}'`).join(' ');
      rows.push(...(await peaks([place.other('run on a terminal', 'script', '-qec', `exec ${typed}`, '/dev/null')])));
    } else {
      notes.push('not measured on a terminal: script is not installed');
    }
    const [, ...ours] = rows;
    return {
      tables: [{ unit: 'MiB', rows }],
      budgets: ours.map(({ name, median }) => ({ what: name, unit: 'MiB', value: median, limit: LIMIT_MIB })),
      notes,
    };
  } finally {
    place.remove();
  }
}

function nothing(note: string): Findings {
  return { tables: [], budgets: [], notes: [note] };
}

async function followed(start: Candidate, followers: readonly Candidate[]): Promise<readonly Row[]> {
  await peaks([start]);
  return peaks(followers);
}

/** Runs the commands side by side; the peak of each. */
async function peaks(commands: readonly Candidate[]): Promise<Row[]> {
  return Promise.all(
    commands.map(async (command) => {
      const value = await peakOf(command);
      return { name: command.name, median: value, least: value };
    }),
  );
}

async function peakOf({ name, program, args, cwd, env }: Candidate): Promise<number> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((done, failed) => child.once('error', failed).once('close', done));
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    peak = Math.max(peak, peakNow(child, program === 'script'));
    await pause(LOOK_EVERY_MS);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`);
  return peak;
}

/** MiB; 0 before the program is there and when it has gone. With `inside`, of the only child. */
function peakNow(child: ChildProcess, inside: boolean): number {
  try {
    const pid = inside ? readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').trim() : child.pid;
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}
