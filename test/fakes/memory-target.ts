import type { Outcome } from '../../src/domain/attempt/outcome.ts';
import { UserError } from '../../src/domain/errors.ts';
import type {
  AttemptRef,
  AttemptSpec,
  Bound,
  ImageIdentity,
  LogLine,
  LogOptions,
  Observation,
  Target,
} from '../../src/ports/target.ts';
import { Bell } from './bell.ts';

interface FakeObject {
  readonly spec: AttemptSpec;
  readonly uid: string;
  outcome: Outcome | undefined;
  started: boolean;
  terminating: boolean;
}

/** What a fake stage does once it is submitted; `undefined` = it runs until the test ends it with `finish`. */
export type Script = (spec: AttemptSpec) => Outcome | undefined;

/** A Target in memory whose objects outlive the driver, as real ones do. */
export class MemoryTarget implements Target {
  readonly kind = 'local';
  readonly objects = new Map<string, FakeObject>();
  /** Every attempt ever created, in order: what proves that none was created twice. */
  readonly created: string[] = [];
  script: Script;
  /** Lets a test kill the driver between the creation and the answer. */
  afterCreate: () => void = () => undefined;
  readonly #changed = new Bell();
  readonly #printed = new Map<string, readonly LogLine[]>();

  constructor(script: Script) {
    this.script = script;
  }

  async check(): Promise<{ readonly notEnforced: readonly string[] }> {
    return { notEnforced: [] };
  }

  async identify(image: string): Promise<ImageIdentity> {
    return { reference: image, identity: `identity-of-${image}` };
  }

  async prepare(): Promise<void> {}

  contentRoot(ref: AttemptRef): string {
    return `/attempts/${nameOf(ref)}/content`;
  }

  async submit(spec: AttemptSpec): Promise<Bound> {
    const name = nameOf(spec);
    const found = this.objects.get(name);
    if (found !== undefined) {
      if (found.spec.key !== spec.key) throw new UserError('name-taken', `${name} belongs to another run`);
      return { kind: 'exists', uid: found.uid };
    }
    this.created.push(name);
    const uid = `uid-${this.created.length}`;
    const outcome = this.script(spec);
    this.objects.set(name, { spec, uid, outcome, started: true, terminating: false });
    this.afterCreate();
    return { kind: 'created', uid };
  }

  async *observe(ref: AttemptRef, uid: string, signal: AbortSignal): AsyncIterable<Observation> {
    let told = false;
    while (!signal.aborted) {
      const object = this.objects.get(nameOf(ref));
      if (object === undefined || object.uid !== uid) {
        yield { kind: 'gone' };
        return;
      }
      if (!told) {
        told = true;
        yield { kind: 'started', at: '2026-01-01T00:00:00.000Z' };
      }
      if (object.terminating) object.outcome ??= { kind: 'cancelled', message: 'ended by SIGTERM' };
      if (object.outcome !== undefined) {
        yield { kind: 'ended', at: '2026-01-01T00:00:01.000Z', outcome: object.outcome };
        return;
      }
      await this.#changed.heard(signal);
    }
  }

  async peek(ref: AttemptRef, uid: string | undefined): Promise<Observation> {
    const object = this.objects.get(nameOf(ref));
    if (object === undefined || (uid !== undefined && object.uid !== uid)) return { kind: 'gone' };
    if (object.outcome === undefined) return { kind: 'started', at: '2026-01-01T00:00:00.000Z' };
    return { kind: 'ended', at: '2026-01-01T00:00:01.000Z', outcome: object.outcome };
  }

  async terminate(ref: AttemptRef): Promise<void> {
    const object = this.objects.get(nameOf(ref));
    if (object !== undefined) object.terminating = true;
    this.#changed.ring();
  }

  async *logs(ref: AttemptRef, options: LogOptions, signal: AbortSignal): AsyncIterable<readonly LogLine[]> {
    const name = nameOf(ref);
    for (let given = 0; ; ) {
      const lines = (this.#printed.get(name) ?? []).slice(given);
      given += lines.length;
      if (lines.length > 0) yield lines.slice(-(options.tail ?? lines.length));
      else if (!options.follow || signal.aborted || this.objects.get(name)?.outcome !== undefined) return;
      else await this.#changed.heard(signal);
    }
  }

  /** Lines of an attempt's main container, a second apart from the given time on. */
  print(name: string, texts: readonly string[], from = '2026-01-01T00:00:00.000Z'): void {
    const lines = this.#printed.get(name) ?? [];
    const added = texts.map((text, index): LogLine => {
      const time = new Date(Date.parse(from) + index * 1000).toISOString();
      return { container: 'main', stream: 'stdout', time, text };
    });
    this.#printed.set(name, [...lines, ...added]);
    this.#changed.ring();
  }

  async clean(): Promise<void> {}

  async remove(ref: AttemptRef): Promise<void> {
    this.objects.delete(nameOf(ref));
  }

  /** Ends a running attempt, e.g. `weekly-1-train-1`. */
  finish(name: string, outcome: Outcome): void {
    const object = this.objects.get(name);
    if (object === undefined) throw new Error(`no attempt ${name}: there are ${[...this.objects.keys()].join(', ')}`);
    object.outcome = outcome;
    this.#changed.ring();
  }
}

function nameOf(ref: AttemptRef): string {
  return `${ref.run}-${ref.stage}-${ref.attempt}`;
}
