import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { RunEvent } from '../../../src/domain/event.ts';
import { type Ended, endOf, Person, type RunObject } from '../../e2e/program.ts';

/** A program that runs. */
export interface Program {
  readonly stdout: Readable;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** A program that somebody started here. */
export function programOf(started: ReturnType<Person['start']>): Program {
  return { stdout: started.stdout, ended: endOf(started), kill: (signal) => started.kill(signal) };
}

/** A machine of a person's own with nothing on it but a kubeconfig: what it knows of a run, it has from the cluster. */
export class Machine {
  readonly person = new Person();
  readonly #there: readonly string[];

  constructor(kubeconfig: string, namespace: string) {
    this.person.env['KUBECONFIG'] = kubeconfig;
    this.#there = ['-n', namespace];
  }

  /** One that leaves with the test. `image`: that of the program, which the run's own pods start. */
  static ofTest(kubeconfig: string, namespace: string, image?: string): Machine {
    const machine = new Machine(kubeconfig, namespace);
    if (image !== undefined) machine.person.env['ILAB_BACKEND_IMAGE'] = image;
    onTestFinished(() => machine.leave());
    return machine;
  }

  /** Types a command as it is. */
  type(...args: readonly string[]): Promise<Ended> {
    return this.person.type(...args);
  }

  /** Types a command with the flags that name the place. */
  on(...args: readonly string[]): Promise<Ended> {
    return this.person.type(...args, ...this.#there);
  }

  /** Starts one so; the caller awaits or kills it. */
  begin(...args: readonly string[]): Program {
    return programOf(this.person.start([...args, ...this.#there]));
  }

  async status(run: string): Promise<RunObject> {
    const { exitCode, stdout, stderr } = await this.on('status', run, '-o', 'json');
    if (exitCode !== 0) throw new Error(`status ${run} ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout) as RunObject;
  }

  leave(): void {
    this.person.leave();
  }
}

/** What a program that writes NDJSON told until it ended; half a line, of one that was killed, was not told. */
export interface Told {
  readonly exitCode: number | undefined;
  readonly events: readonly RunEvent[];
  readonly stderr: string;
}

/** Hears a program to its end; `heed` acts on events as they come. */
export async function hear(program: Program, heed: (event: RunEvent) => unknown = () => undefined): Promise<Told> {
  const events: RunEvent[] = [];
  const lines = createInterface({ input: program.stdout });
  const heeded: unknown[] = [];
  for await (const line of lines) {
    const event = parsed(line);
    if (event === undefined) break;
    events.push(event);
    heeded.push(heed(event));
  }
  await Promise.all(heeded);
  const { exitCode, stderr } = await program.ended;
  return { exitCode, events, stderr };
}

/** Kills a driver when it has told what is waited for; what it told until then must stay true. */
export function killAt(program: Program, isTime: (event: RunEvent) => boolean): Promise<Told> {
  return hear(program, (event) => {
    if (isTime(event)) program.kill('SIGKILL');
  });
}

function parsed(line: string): RunEvent | undefined {
  try {
    return JSON.parse(line) as RunEvent;
  } catch {
    return undefined;
  }
}
