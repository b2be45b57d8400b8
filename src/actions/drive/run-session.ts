import type { RunEvent } from '../../domain/event.ts';
import type { StageName } from '../../domain/naming.ts';
import { mergeRecords } from '../../domain/run/merge.ts';
import { eventsBetween } from '../../domain/run/record-events.ts';
import type { AttemptRecord, RunRecord, StageRecord } from '../../domain/run/run-record.ts';
import type { RunStore, StoredRun } from '../../ports/run-store.ts';
import { recordGone } from '../follow/record-gone.ts';

/**
 * One driver's view of a run: every change goes through `commit`, is durable when it returns, and only then becomes
 * events. Changes of others are merged in, whoever made them.
 */
export class RunSession {
  readonly #store: RunStore;
  readonly #emit: (events: readonly RunEvent[]) => void;
  #stored: StoredRun;
  /** The versions that were read or written here: what a watch tells of them is no news. */
  readonly #known: Set<string>;
  readonly #waiting = new Set<() => void>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: RunStore, stored: StoredRun, emit: (events: readonly RunEvent[]) => void) {
    this.#store = store;
    this.#stored = stored;
    this.#emit = emit;
    this.#known = new Set([stored.version]);
  }

  get record(): RunRecord {
    return this.#stored.record;
  }

  stage(name: StageName): StageRecord {
    const stage = this.record.stages.find((candidate) => candidate.name === name);
    if (stage === undefined) throw new Error(`the record of ${this.record.name} has no stage ${name}`);
    return stage;
  }

  /** Applies a change to the newest record and writes it; changes are written one after the other. */
  commit(change: (record: RunRecord) => RunRecord): Promise<RunRecord> {
    const written = this.#last.then(() => this.#write(change));
    this.#last = written.catch(() => undefined);
    return written;
  }

  commitStage(name: StageName, change: (stage: StageRecord) => StageRecord): Promise<RunRecord> {
    return this.commit((record) => ({
      ...record,
      stages: record.stages.map((stage) => (stage.name === name ? change(stage) : stage)),
    }));
  }

  /** Changes attempt number `attempt` (from 1) of a stage, or appends it when it is the next one. */
  commitAttempt(name: StageName, attempt: AttemptRecord): Promise<RunRecord> {
    return this.commitStage(name, (stage) => ({
      ...stage,
      attempts: [...stage.attempts.slice(0, attempt.attempt - 1), attempt],
    }));
  }

  /**
   * Takes in what another program wrote, e.g. the wish to cancel. `version`: what a watch has seen; absent = whatever is
   * stored now.
   */
  refresh(version?: string): Promise<void> {
    const read = this.#last.then(async () => {
      if (version !== undefined && this.#known.has(version)) return;
      const current = await this.#store.read(this.record.name);
      if (current !== undefined && current.version !== this.#stored.version) this.#takeIn(current);
    });
    this.#last = read.catch(() => undefined);
    return read;
  }

  /** Returns once the record, as it is known here, is so; or when `signal` fires. */
  async until(holds: (record: RunRecord) => boolean, signal: AbortSignal): Promise<void> {
    if (signal.aborted || holds(this.record)) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!signal.aborted && !holds(this.record)) return;
        this.#waiting.delete(look);
        signal.removeEventListener('abort', look);
        resolve();
      };
      this.#waiting.add(look);
      signal.addEventListener('abort', look);
    });
  }

  async #write(change: (record: RunRecord) => RunRecord): Promise<RunRecord> {
    for (;;) {
      const before = this.#stored;
      // A change was thought of before another driver's arrows were seen: it takes none of them back.
      const changed = mergeRecords(change(before.record), before.record);
      const written = await this.#store.update(changed, before.version);
      if (written !== undefined) {
        this.#stored = written;
        this.#known.add(written.version);
        this.#tell(before.record);
        return written.record;
      }
      const current = await this.#store.read(before.record.name);
      if (current === undefined) throw recordGone({ store: this.#store }, before.record.name);
      this.#takeIn(current);
    }
  }

  #takeIn(current: StoredRun): void {
    const before = this.record;
    this.#known.add(current.version);
    this.#stored = { record: mergeRecords(before, current.record), version: current.version };
    this.#tell(before);
  }

  #tell(before: RunRecord): void {
    this.#emit(eventsBetween(before, this.record));
    for (const look of this.#waiting) look();
  }
}
