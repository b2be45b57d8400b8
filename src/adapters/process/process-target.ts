import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { ArtifactStore } from '../../ports/artifact-store.ts';
import type {
  AttemptRef,
  AttemptSpec,
  Bound,
  ImageIdentity,
  Installation,
  LogLine,
  LogOptions,
  Observation,
  Target,
} from '../../ports/target.ts';
import { createDurably, readIfThere } from '../files/durable-file.ts';
import { storing } from '../files/storing.ts';
import { AttemptFolder } from './attempt-folder.ts';
import type { SupervisorSpec } from './attempt-spec.ts';
import { readClaim } from './claim.ts';
import { createEnvironments, type Environments } from './environment.ts';
import { keepSupervised } from './keep-supervised.ts';
import { readWorkload, type WorkloadReading } from './manifest/workload.ts';
import { observeAttempt, peekAttempt } from './observe-attempt.ts';
import { readOutcome } from './outcome-file.ts';
import { readLogs } from './read-logs.ts';
import { cleanAttempt, removeAttempt } from './remove-attempt.ts';
import { type HostEnv, secretVariables } from './secret-values.ts';
import type { SupervisorProgram } from './start-supervisor.ts';
import { WorkspaceArtifacts } from './workspace-artifacts.ts';

export interface LocalPlaceOptions {
  readonly stateDir: string;
  /** Where our `stages/` are. */
  readonly packageRoot: string;
  /** A project may bring stages of its own, in its folder `stages/`. */
  readonly projectDir?: string;
  /** What runs the supervisor's bundle, and the bundle. */
  readonly nodePath: string;
  readonly supervisorEntry: string;
  /** The caller's environment: secrets by name, the PATH where the tools of a POSIX system are found, the installer's settings. */
  readonly env: HostEnv;
}

/** What was checked can be run here: nothing is refused for now. */
export interface LocalTarget extends Target {
  submit(spec: AttemptSpec): Promise<Bound>;
}

/** The local target and what goes with it. */
export interface LocalPlace {
  readonly target: LocalTarget;
  readonly artifacts: ArtifactStore;
  /** The folder that plays the workspace claim of a cluster. */
  readonly workspace: string;
}

/** The target `local`: an attempt is a folder below the state folder, and a supervisor that runs its containers here. */
export function createProcessTarget(options: LocalPlaceOptions): LocalPlace {
  const { stateDir, packageRoot, projectDir, env } = options;
  const roots = projectDir === undefined ? [packageRoot] : [projectDir, packageRoot];
  const environments = createEnvironments({
    stateDir,
    roots,
    program: { nodePath: options.nodePath, dist: dirname(options.supervisorEntry) },
    hostEnv: env,
  });
  const workspace = workspaceFolder(stateDir);
  return { target: new ProcessTarget(options, environments), artifacts: new WorkspaceArtifacts(workspace), workspace };
}

function workspaceFolder(stateDir: string): string {
  return join(stateDir, 'workspace');
}

class ProcessTarget implements LocalTarget {
  readonly kind = 'local';
  readonly #options: LocalPlaceOptions;
  readonly #environments: Environments;
  readonly #program: SupervisorProgram;

  constructor(options: LocalPlaceOptions, environments: Environments) {
    this.#options = options;
    this.#environments = environments;
    const toolPath = options.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
    this.#program = { nodePath: options.nodePath, entry: options.supervisorEntry, toolPath };
  }

  async check(
    spec: Pick<AttemptSpec, 'objects' | 'images' | 'stage'>,
  ): Promise<{ readonly notEnforced: readonly string[] }> {
    const { workload, notEnforced } = this.#read(spec, '/content');
    secretVariables(workload.secrets, this.#options.env);
    for (const { image, argv } of workload.containers) {
      if (argv[0] !== undefined) this.#environments.checkProgram(image, argv[0]);
    }
    return { notEnforced };
  }

  async identify(image: string): Promise<ImageIdentity> {
    return this.#environments.identify(image);
  }

  async prepare(images: readonly ImageIdentity[], say: (message: string) => void, signal: AbortSignal): Promise<void> {
    for (const image of images) await storing(() => this.#environments.prepare(image, say, signal));
  }

  toInstall(image: ImageIdentity): Promise<Installation | undefined> {
    return this.#environments.toInstall(image);
  }

  foldersOf(run: string): Readonly<Record<'outputs' | 'logs', string>> {
    const { stateDir } = this.#options;
    return { outputs: join(workspaceFolder(stateDir), 'runs', run), logs: join(stateDir, 'attempts', run) };
  }

  contentRoot(ref: AttemptRef): string {
    return this.#folder(ref).content;
  }

  async submit(spec: AttemptSpec): Promise<Bound> {
    const folder = this.#folder(spec);
    const isNew = await storing(() => {
      mkdirSync(folder.root, { recursive: true, mode: 0o700 });
      const text = `${JSON.stringify(this.#supervisorSpec(spec), undefined, 1)}\n`;
      return createDurably(folder.spec, text);
    });
    if (!isNew) this.#checkKey(folder, spec);
    const claim = await storing(() => keepSupervised(this.#program, folder, this.#options.env));
    return { kind: isNew ? 'created' : 'exists', uid: claim.uid };
  }

  observe(ref: AttemptRef, uid: string, signal: AbortSignal): AsyncIterable<Observation> {
    const { env: hostEnv } = this.#options;
    return observeAttempt({ folder: this.#folder(ref), uid, program: this.#program, hostEnv }, signal);
  }

  async peek(ref: AttemptRef, uid: string | undefined): Promise<Observation> {
    return peekAttempt(this.#folder(ref), uid);
  }

  async terminate(ref: AttemptRef, uid: string): Promise<void> {
    const folder = this.#folder(ref);
    if (readClaim(folder)?.uid !== uid || readOutcome(folder) !== undefined) return;
    await storing(() => createDurably(folder.terminate, ''));
    await storing(() => keepSupervised(this.#program, folder, this.#options.env));
  }

  logs(ref: AttemptRef, options: LogOptions, signal: AbortSignal): AsyncIterable<readonly LogLine[]> {
    return readLogs(this.#folder(ref), options, signal);
  }

  async clean(ref: AttemptRef, uid: string): Promise<void> {
    await storing(() => cleanAttempt(this.#folder(ref), uid));
  }

  async remove(ref: AttemptRef): Promise<void> {
    await storing(() => removeAttempt(this.#options.stateDir, this.#folder(ref), ref));
  }

  #folder({ run, stage, attempt }: AttemptRef): AttemptFolder {
    return new AttemptFolder(join(this.#options.stateDir, 'attempts', run, stage, String(attempt)));
  }

  #checkKey(folder: AttemptFolder, spec: AttemptSpec): void {
    const { key } = JSON.parse(readIfThere(folder.spec) ?? '') as SupervisorSpec;
    if (key === spec.key) return;
    throw new UserError(
      'name-taken',
      `attempt ${spec.attempt} of ${spec.stage} in ${spec.run} belongs to another run (${folder.root})`,
    );
  }

  #read(spec: Pick<AttemptSpec, 'objects' | 'images' | 'stage'>, contentRoot: string): WorkloadReading {
    const workspace = workspaceFolder(this.#options.stateDir);
    const reading = readWorkload({ objects: spec.objects, images: spec.images, workspace, contentRoot });
    if (reading.problems.length === 0) return reading;
    const [first, ...more] = reading.problems;
    const what = more.length === 0 ? first : reading.problems.map((problem) => `\n  ${problem}`).join('');
    throw new UserError('not-supported', `stage ${spec.stage} cannot run on the local target: ${what}`);
  }

  #supervisorSpec(spec: AttemptSpec): SupervisorSpec {
    const { workload } = this.#read(spec, this.contentRoot(spec));
    const { containers, ...rest } = workload;
    return {
      version: 1,
      key: spec.key,
      contract: spec.contract,
      outputs: spec.outputs,
      startTimeout: spec.startTimeout,
      ...rest,
      containers: containers.map(({ image, ...container }) => {
        const identity = spec.images.find((candidate) => candidate.reference === image.reference);
        if (identity === undefined) throw new Error(`no identity of ${image.reference}`);
        return { ...container, bin: this.#environments.bin(identity) };
      }),
    };
  }
}
