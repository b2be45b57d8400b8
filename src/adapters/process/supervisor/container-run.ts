import type { FolderChanges } from '../../files/folder-changes.ts';
import type { Masker } from '../../logs/masking.ts';
import type { AttemptFolder } from '../attempt-folder.ts';
import { type ContainerSpec, type EnvironmentValue, type SupervisorSpec, secretVariable } from '../attempt-spec.ts';
import { ContainerInstance, type Ended } from './container.ts';
import { LogWriter } from './log-writer.ts';
import { persist } from './persist.ts';
import { startScript } from './shim.ts';
import type { Stopper } from './stopper.ts';

/** Output is gathered for so long before it is stored, so that a chatty container costs few writes. */
const GATHER_MS = 10;
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const GAP_NOTE = '[some output is missing: what stores it was killed, or the disk was full when it came]';

/** What everything in one supervisor works with. */
export interface Attempt {
  readonly folder: AttemptFolder;
  readonly spec: SupervisorSpec;
  readonly changes: FolderChanges;
  readonly stopper: Stopper;
  readonly masker: Masker;
  /** By variable of the supervisor's environment. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly tmp: string;
  /** As `memoryKills` said before anything began. */
  readonly memoryKills: number | undefined;
  /** $PATH of the shims. */
  readonly toolPath: string;
}

/** One life of a container and its log. */
export class ContainerRun {
  readonly instance: ContainerInstance;
  readonly log: string;
  readonly terminationLog: string;
  readonly #attempt: Attempt;
  readonly #container: ContainerSpec;
  #writer: LogWriter | undefined;
  #forget: () => void = () => undefined;

  constructor(attempt: Attempt, container: ContainerSpec, number: number) {
    const { folder, changes, toolPath } = attempt;
    const files = folder.instance(container.name, number);
    this.#attempt = attempt;
    this.#container = container;
    this.log = folder.log(container.name, number);
    this.terminationLog = `${files}.termination`;
    const mark = `ILAB_TERMINATION_LOG=${this.terminationLog}`;
    this.instance = new ContainerInstance(files, mark, {
      changed: (ms, signal) => changes.changed(ms, signal),
      shimEnv: { PATH: toolPath, ILAB_CONTENT: folder.content },
    });
  }

  /** The complete environment but for the secrets. */
  get environment(): readonly EnvironmentValue[] {
    const { folder, tmp } = this.#attempt;
    const { env, bin } = this.#container;
    const values = new Map([
      ['PATH', [...bin, SYSTEM_PATH].join(':')],
      ['HOME', folder.home],
      ['LANG', 'C.UTF-8'],
      ['TMPDIR', tmp],
      ...env.map(({ name, value }) => [name, value] as const),
      ['ILAB_CONTENT', folder.content],
      ['ILAB_TERMINATION_LOG', this.terminationLog],
    ]);
    return [...values].map(([name, value]) => ({ name, value }));
  }

  /** Starts it if nobody has, and stores its output from now on. */
  async start(): Promise<void> {
    const { argv, secretEnv, workingDir } = this.#container;
    const secrets = secretEnv.map(({ name, index }) => ({ name, from: secretVariable(index) }));
    const script = startScript({ argv, env: this.environment, secrets });
    const values = Object.fromEntries(secrets.map(({ from }) => [from, this.#attempt.secrets[from] ?? '']));
    await this.instance.start(script, workingDir, values);
    await this.#follow();
  }

  /** Waits for its end; when the attempt is stopped it is told to end, and made to after the grace. */
  async ended(signal: AbortSignal): Promise<Ended> {
    return (await this.instance.ended({ signal })) ?? (await this.#stop());
  }

  /** Ends it if it still goes on; afterwards nothing of it is left and its log is complete and durable. */
  async finish(): Promise<Ended | undefined> {
    if (this.instance.state().kind === 'new') await this.instance.seal();
    if (this.instance.state().kind === 'sealed') return undefined;
    const end = await this.#stop();
    await this.instance.drained();
    await this.#follow();
    this.#forget();
    await this.#writer?.finish(this.instance.hasGaps ? GAP_NOTE : undefined);
    this.#writer = undefined;
    return end;
  }

  async #stop(): Promise<Ended> {
    while (!this.instance.terminate()) await this.#attempt.changes.changed(GATHER_MS);
    const inTime = await this.instance.ended({ ms: this.#attempt.spec.grace * 1000 });
    if (inTime !== undefined) return inTime;
    await this.instance.kill();
    const killed = await this.instance.ended();
    if (killed === undefined) throw new Error('a killed container does not end');
    return killed;
  }

  async #follow(): Promise<void> {
    if (this.#writer !== undefined) return;
    const { masker, changes } = this.#attempt;
    const writer = await persist(() => new LogWriter({ path: this.log, raw: this.instance.files, masker }));
    this.#writer = writer;
    let timer: NodeJS.Timeout | undefined;
    const look = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void writer.pump();
      }, GATHER_MS);
    };
    const off = changes.on(look);
    this.#forget = () => {
      off();
      clearTimeout(timer);
    };
    look();
  }
}
