/*
 * Records a run as a person sees it, for the README: `npm run record`. The real program runs in a tmux of its own, what
 * stands on its screen is kept whenever it changes, and the frames become one animated SVG, docs/run.svg. Waiting is cut
 * short; nothing else is changed. It works in a folder of its own: nobody's runs are touched.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Frame, renderFrames } from './svg.ts';

const COMMAND = 'ilab-backend run --name weekly-47 --no-reuse';
const SIZE = { columns: 92, rows: 26 };
const LOOK_MS = 100;
/** No screen stands still for longer in the recording, but for the last. */
const LONGEST_S = 0.6;
const LAST_S = 8;
const PATIENCE_S = 900;
const COLOR_CODES = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g');

const root = join(import.meta.dirname, '..', '..');

/** A terminal of its own with the program on its PATH. */
class Terminal {
  readonly home = mkdtempSync(join(tmpdir(), 'ilab-record-'));

  open(): void {
    const bin = join(this.home, 'bin');
    mkdirSync(bin);
    symlinkSync(join(root, 'bin', 'ilab-backend.js'), join(bin, 'ilab-backend'));
    const env = { PATH: `${bin}:${process.env['PATH']}`, XDG_STATE_HOME: join(this.home, 'state'), PS1: '$ ' };
    // So that no recorded second goes into what is installed once.
    execFileSync(join(root, 'bin', 'ilab-backend.js'), ['run'], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: 'ignore',
    });
    const shell = ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), 'bash', '--norc'];
    this.#tmux('new-session', '-d', '-x', String(SIZE.columns), '-y', String(SIZE.rows), '-c', root, ...shell);
    this.#tmux('set-option', 'status', 'off');
  }

  type(command: string): void {
    this.#tmux('send-keys', command, 'Enter');
  }

  /** With the codes of its colours. */
  screen(): string {
    return this.#tmux('capture-pane', '-p', '-e');
  }

  close(): void {
    try {
      this.#tmux('kill-server');
    } catch {
      // It has ended.
    }
    rmSync(this.home, { recursive: true, force: true });
  }

  #tmux(...args: readonly string[]): string {
    const line = ['-S', join(this.home, 'tmux'), '-f', '/dev/null', ...args];
    return execFileSync('tmux', line, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }
}

async function record(terminal: Terminal): Promise<readonly Frame[]> {
  const seen: { screen: string; at: number }[] = [];
  const until = Date.now() + PATIENCE_S * 1000;
  terminal.type(COMMAND);
  for (let isOver = false; !isOver; ) {
    const screen = terminal.screen();
    if (Date.now() > until) throw new Error(`it did not end within ${PATIENCE_S} s:\n${screen}`);
    // The last words name the folder it works in: nobody else has it.
    if (screen !== seen.at(-1)?.screen && !screen.includes(terminal.home)) seen.push({ screen, at: Date.now() });
    isOver = /\nrun\/[a-z0-9-]+\n(?:.*\n)*?\$ *\n*$/.test(screen.replace(COLOR_CODES, ''));
    await wait(LOOK_MS);
  }
  return seen.map(({ screen, at }, index) => {
    const next = seen[index + 1];
    return { screen, seconds: next === undefined ? LAST_S : Math.min(LONGEST_S, (next.at - at) / 1000) };
  });
}

const terminal = new Terminal();
try {
  terminal.open();
  writeFileSync(join(root, 'docs', 'run.svg'), renderFrames(await record(terminal), SIZE));
} finally {
  terminal.close();
}
