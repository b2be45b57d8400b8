import { readFileSync } from 'node:fs';
import { homedir, release } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CliContext, Output } from './cli/context.ts';
import { COMPLETE, runProgram } from './cli/program.ts';
import { asksForJson, reportError, shortenHome } from './cli/report-error.ts';
import type { Finding } from './domain/diagnosis/finding.ts';
import { isAbort, UserError } from './domain/errors.ts';
import { type TypedPlace, typedPlace } from './domain/typed-place.ts';
import { createPlaces } from './places.ts';
import type { Endpoint } from './ports/doctor.ts';
import type { SourceFiles } from './ports/source-files.ts';

/*
 * The composition root: the only file that reads the environment, writes to the streams of the process, sets its exit
 * code and handles its signals. Adapters are loaded when a command first needs them.
 */

const SECOND_SIGNAL_MS = 2000;
/** Of a command that did its work and could not print all of it. */
const CUT_EXIT_CODE = 1;
const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');

function main(): void {
  const interrupt = new AbortController();
  let isHeeded = false;
  let onInterrupt: (() => void) | undefined;
  let isLent = false;
  handleSignals((signal) => {
    // While a pager has the terminal, Ctrl-C is meant for that; as with git and man.
    if (isLent && signal === 'SIGINT') return false;
    if (onInterrupt !== undefined) {
      const work = onInterrupt;
      onInterrupt = undefined;
      work();
    } else {
      // Nobody leaves in order who has not asked for the signal, or who was told before and is still here.
      if (!isHeeded || interrupt.signal.aborted) process.exit(tell(interrupted()));
      interrupt.abort(new Error('interrupted'));
    }
    return true;
  });
  const closed = new AbortController();
  let ended: number | undefined;
  let isCut = false;
  const setExitCode = (): void => {
    if (ended !== undefined) process.exitCode = ended === 0 && isCut ? CUT_EXIT_CODE : ended;
  };
  const place = typedPlace(process.argv.slice(2));
  const stdout = output(process.stdout, place, (fault) => {
    closed.abort(new Error('stdout was closed'));
    if (fault === undefined) return;
    stderr.write(`ilab-backend: what was printed is not complete: ${fault.message}\n`);
    isCut = true;
    setExitCode();
  });
  const stderr = output(process.stderr, place, () => undefined);
  const tell = (error: unknown): number =>
    reportError(error, stderr, { home: homedir(), isProgram: asksForJson(process.argv), place });
  const version = packageVersion();
  const places = createPlaces({
    packageRoot,
    command: [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)],
    home: homedir(),
    cwd: process.cwd(),
    env: process.env,
    version,
    say: (message) => stderr.write(`ilab-backend: ${message}\n`),
  });
  const context: CliContext = {
    stdout,
    stderr,
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    packageRoot,
    get signal() {
      isHeeded = true;
      return interrupt.signal;
    },
    stdoutClosed: closed.signal,
    onInterrupt: (work) => {
      onInterrupt = work;
    },
    ...places,
    openProject: async (request) => {
      const [{ openProject }, files] = await Promise.all([import('./actions/project/open-project.ts'), openFiles()]);
      return openProject(files, request);
    },
    explainValue: async (request, path) => {
      const [{ explainValue }, files] = await Promise.all([import('./actions/project/explain-value.ts'), openFiles()]);
      return explainValue(files, request, path);
    },
    outlinePipeline: async (request, name) => {
      const [{ outlinePipeline }, files] = await Promise.all([
        import('./actions/project/outline-pipeline.ts'),
        openFiles(),
      ]);
      return outlinePipeline(files, request, name);
    },
    validateProject: async (request, tell) => {
      const [{ validateProject }, files] = await Promise.all([
        import('./actions/project/validate-project.ts'),
        openFiles(),
      ]);
      const place = request.project === undefined ? {} : { project: request.project };
      return validateProject(files, request, (kind) => places.openPlanTarget(place, kind), tell);
    },
    openProjectMaker: async () => {
      const [{ projectMaker }, files] = await Promise.all([import('./actions/project/init-project.ts'), openFiles()]);
      return projectMaker(files);
    },
    openPrompt: async () => {
      if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined;
      const { openPrompt } = await import('./adapters/machine/prompt.ts');
      isHeeded = true;
      return openPrompt(process.stdin, process.stderr, interrupt.signal);
    },
    listPipelines: async (request) => {
      const [{ listPipelineSummaries }, files] = await Promise.all([
        import('./actions/project/list-pipelines.ts'),
        openFiles(),
      ]);
      return listPipelineSummaries(files, request);
    },
    describePipeline: async (request, name) => {
      const [{ describePipeline }, files] = await Promise.all([
        import('./actions/project/describe-pipelines.ts'),
        openFiles(),
      ]);
      return describePipeline(files, request, name);
    },
    chooseImages: async (request) => {
      const [{ chooseImages }, files] = await Promise.all([import('./actions/images/choose-images.ts'), openFiles()]);
      return chooseImages(files, request);
    },
    writeFiles: async (folder, files, options) =>
      (await import('./adapters/files/write-files.ts')).writeFiles(resolve(folder), files, options),
    openOnDesktop: async (file) =>
      (await import('./adapters/machine/open-on-desktop.ts')).openOnDesktop(file, process.env, process.platform),
    openDownloadFolder: async (folder) =>
      (await import('./adapters/files/disk-download-folder.ts')).diskDownloadFolder(resolve(folder)),
    verifyModel: async (location, signal) => {
      const say = (line: string): void => stderr.write(`ilab-backend: ${line}\n`);
      const [{ openModel }, { verifyModel }] = await Promise.all([
        import('./open-model.ts'),
        import('./actions/verify-model.ts'),
      ]);
      const model = await openModel(location, { cwd: process.cwd(), env: process.env, say });
      return verifyModel(model, location, signal);
    },
    examine: (options, signal) => examine(places.stateFolder(options), signal),
    probe,
    openDestinations: async (options) => {
      const { openDestinations } = await import('./open-destinations.ts');
      const isOfCluster = options?.cluster !== undefined;
      return openDestinations(process.env, isOfCluster ? places.secretKeys(options) : undefined);
    },
    openNotifier: async (settings) => {
      const { openNotifier } = await import('./open-notifier.ts');
      return openNotifier(settings, { env: process.env, version });
    },
    openMask: async ({ cluster }, { named, references }) => {
      const { maskKnownSecrets, readSecretFile } = await import('./adapters/machine/known-secrets.ts');
      const kubeconfig = cluster?.kubeconfig === undefined ? {} : { kubeconfig: cluster.kubeconfig };
      const referred = references.map(({ kind, key }) =>
        kind === 'env' ? (process.env[key] ?? '') : readSecretFile(key),
      );
      const mask = maskKnownSecrets({ env: process.env, ...kubeconfig }, [...named, ...referred]);
      return (text) => shortenHome(mask(text), homedir());
    },
    writeFile: async (path, text) => {
      const { writePrivateFile } = await import('./adapters/files/write-files.ts');
      await writePrivateFile(resolve(path), text);
    },
    openKeyboard: async () => {
      const { Keyboard } = await import('./adapters/terminal/keyboard.ts');
      return new Keyboard({
        process,
        onLent: (lent) => {
          isLent = lent;
        },
      });
    },
    version,
    platform: { node: process.version, os: `${process.platform} ${process.arch} ${release()}` },
  };
  runProgram(process.argv.slice(2), stageNames(), context).then(
    (exitCode) => {
      ended = exitCode;
      setExitCode();
      // A cluster that does not answer must not hold up whoever pressed a key.
      if (process.argv[2] === COMPLETE) process.exit();
    },
    (error: unknown) => {
      ended = tell(isAbort(error, interrupt.signal) ? interrupted() : error);
      setExitCode();
    },
  );
}

function interrupted(): UserError {
  return new UserError('interrupted', 'interrupted');
}

/** The first signal that is heeded ends the command in order; a second one within two seconds ends the process at once. */
function handleSignals(end: (signal: NodeJS.Signals) => boolean): void {
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

async function openFiles(): Promise<SourceFiles> {
  return (await import('./adapters/files/disk-source-files.ts')).diskSourceFiles();
}

async function* examine(stateDir: string, signal: AbortSignal): AsyncIterable<Finding> {
  const { createMachineDoctor } = await import('./adapters/machine/doctor.ts');
  yield* createMachineDoctor({ stateDir, path: process.env['PATH'] ?? '' }).examine(signal);
}

async function* probe(endpoints: readonly Endpoint[], signal: AbortSignal): AsyncIterable<Finding> {
  const { createEndpointDoctor } = await import('./adapters/machine/endpoint-doctor.ts');
  yield* createEndpointDoctor(endpoints).examine(signal);
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
