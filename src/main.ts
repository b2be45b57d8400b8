import { readFileSync } from 'node:fs';
import { homedir, release } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CliContext, Output } from './cli/context.ts';
import { COMPLETE, runProgram } from './cli/program.ts';
import { asksForJson, reportError } from './cli/report-error.ts';
import { isAbort, UserError } from './domain/errors.ts';
import { type TypedPlace, typedPlace } from './domain/typed-place.ts';
import { Interruption } from './interruption.ts';
import { machineContext } from './machine-context.ts';
import { createPlaces } from './places.ts';
import { projectContext } from './project-context.ts';
import type { Surroundings } from './surroundings.ts';

/*
 * The composition root: the only file that reads the environment, writes to the streams of the process, sets its exit
 * code and handles its signals. Adapters are loaded when a command first needs them.
 */

const SECOND_SIGNAL_MS = 2000;
/** Of a command that did its work and could not print all of it. */
const CUT_EXIT_CODE = 1;
const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');

function main(): void {
  const typed = process.argv.slice(2);
  const place = typedPlace(typed);
  const exit = new ExitCode();
  const closed = new AbortController();
  const stderr = output(process.stderr, place, () => undefined);
  const stdout = output(process.stdout, place, (fault) => {
    closed.abort(new Error('stdout was closed'));
    if (fault === undefined) return;
    stderr.write(`ilab-backend: what was printed is not complete: ${fault.message}\n`);
    exit.cut();
  });
  const tell = (error: unknown): number =>
    reportError(error, stderr, { home: homedir(), isProgram: asksForJson(process.argv), place });
  const interruption = new Interruption(() => process.exit(tell(interrupted())));
  handleSignals((signal) => interruption.take(signal));

  const context = contextOf({ stdout, stderr, stdoutClosed: closed.signal, interruption });
  runProgram(typed, stageNames(), context).then(
    (exitCode) => {
      exit.set(exitCode);
      // A cluster that does not answer must not hold up whoever pressed a key.
      if (typed[0] === COMPLETE) process.exit();
    },
    (error: unknown) => exit.set(tell(isAbort(error, interruption.signal) ? interrupted() : error)),
  );
}

/** What commands get to see of the process and of the world. */
function contextOf({
  interruption,
  ...streams
}: Pick<CliContext, 'stdout' | 'stderr' | 'stdoutClosed'> & { readonly interruption: Interruption }): CliContext {
  const around: Surroundings = {
    packageRoot,
    command: [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)],
    home: homedir(),
    cwd: process.cwd(),
    env: process.env,
    version: packageVersion(),
    say: (message) => streams.stderr.write(`ilab-backend: ${message}\n`),
  };
  const { env, cwd, home, version } = around;
  const places = createPlaces(around);
  return {
    ...streams,
    ...{ env, cwd, home, packageRoot, version },
    platform: { node: process.version, os: `${process.platform} ${process.arch} ${release()}` },
    // Whoever reads it ends in order.
    get signal() {
      return interruption.heed();
    },
    onInterrupt: (work) => interruption.doInstead(work),
    ...places,
    ...projectContext(places),
    ...machineContext(around, places),
    openPrompt: async () => {
      if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined;
      const { openPrompt } = await import('./adapters/machine/prompt.ts');
      return openPrompt(process.stdin, process.stderr, interruption.heed());
    },
    openKeyboard: async () => {
      const { Keyboard } = await import('./adapters/terminal/keyboard.ts');
      return new Keyboard({ process, onLent: (isLent) => interruption.lend(isLent) });
    },
  };
}

/** The exit code of the process, from when the command has one; what could not be printed spoils a good one. */
class ExitCode {
  #ended: number | undefined;
  #isCut = false;

  set(code: number): void {
    this.#ended = code;
    this.#apply();
  }

  /** Not all of what was printed arrived. */
  cut(): void {
    this.#isCut = true;
    this.#apply();
  }

  #apply(): void {
    if (this.#ended !== undefined) process.exitCode = this.#ended === 0 && this.#isCut ? CUT_EXIT_CODE : this.#ended;
  }
}

function interrupted(): UserError {
  return new UserError('interrupted', 'interrupted');
}

/** The first signal that is heeded ends the command in order; a second one within two seconds ends the process at once. */
function handleSignals(end: (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => boolean): void {
  let first = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (first > 0 && now - first < SECOND_SIGNAL_MS) process.exit(130);
      if (end(signal)) first = now;
    });
  }
}

/**
 * Whoever reads may go away (`| head`): what is written then is dropped, and a run goes on. So it does when the file
 * that somebody redirected to cannot take it, but that is a fault, and is told.
 */
function output(stream: NodeJS.WriteStream, place: TypedPlace, onClosed: (fault: Error | undefined) => void): Output {
  let open = true;
  const onDrained: (() => void)[] = [];
  const drained = (): void => {
    for (const done of onDrained.splice(0)) done();
  };
  writeWithoutWaiting(stream);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // EPIPE from a pipe, EIO from a terminal that went away: nobody reads.
    const isReaderGone = error.code === 'EPIPE' || error.code === 'EIO';
    if (open) onClosed(isReaderGone ? undefined : error);
    open = false;
    drained();
  });
  stream.on('drain', drained).on('close', drained);
  const { NO_COLOR, FORCE_COLOR, TERM, LC_ALL, LC_CTYPE, LANG } = process.env;
  const isTTY = stream.isTTY === true;
  const wanted = isTTY && TERM !== 'dumb' && (NO_COLOR ?? '') === '';
  return {
    write: (text) => {
      if (open) stream.write(text);
    },
    drained: async () => {
      if (open && stream.writableNeedDrain) await new Promise<void>((done) => onDrained.push(done));
    },
    isTTY,
    isDumb: TERM === 'dumb',
    columns: stream.columns ?? 80,
    color: wanted || (FORCE_COLOR ?? '0') !== '0',
    unicode: /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || 'UTF-8'),
    stream,
    ...(place.length === 0 ? {} : { place }),
  };
}

/**
 * Node writes to a terminal before it does anything else. One that was stopped (Ctrl-S) or is slow would stop the driver and its
 * Lease, and a kubelet whose log is followed. As with a pipe, what the terminal does not take waits.
 */
function writeWithoutWaiting(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as {
    readonly _handle?: { readonly fd: number; setBlocking?(on: boolean): number };
  };
  // It was opened anew for this process; where that could not be done it is the shell's own, which is left as it is.
  const isOwn = handle !== undefined && handle.fd > process.stderr.fd;
  if (stream.isTTY && isOwn) handle.setBlocking?.(false);
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** Written by the build, so that `--help` parses no YAML. */
function stageNames(): readonly string[] {
  const { defaultPipeline, pipelines } = JSON.parse(
    readFileSync(join(packageRoot, 'dist', 'stage-names.json'), 'utf8'),
  ) as {
    defaultPipeline: string;
    pipelines: Record<string, readonly string[]>;
  };
  return pipelines[defaultPipeline] ?? [];
}

main();
