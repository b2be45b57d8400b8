import { existsSync, statSync } from 'node:fs';
import { UserError } from '../../domain/errors.ts';
import type { Observation } from '../../ports/target.ts';
import { readIfThere } from '../files/durable-file.ts';
import { FolderChanges } from '../files/folder-changes.ts';
import { isAlive } from '../machine/process-identity.ts';
import type { AttemptFolder } from './attempt-folder.ts';
import type { SupervisorSpec } from './attempt-spec.ts';
import { readClaim } from './claim.ts';
import { keepSupervised } from './keep-supervised.ts';
import { readOutcome } from './outcome-file.ts';
import type { HostEnv } from './secret-values.ts';
import type { SupervisorProgram } from './start-supervisor.ts';

const LOOK_MS = 1000;
/** A supervisor that dies so often by itself has a fault that the next one has too. */
const MOST_DEATHS = 20;

/** Which attempt is looked at, and what starts its supervisor anew when that has died. */
export interface Observed {
  readonly folder: AttemptFolder;
  readonly uid: string;
  readonly program: SupervisorProgram;
  readonly hostEnv: HostEnv;
}

/** The state changes of an attempt; whoever looks also sees to it that a supervisor looks after it. */
export async function* observeAttempt(observed: Observed, signal: AbortSignal): AsyncGenerator<Observation, void> {
  const { folder, uid } = observed;
  const changes = new FolderChanges([folder.root, folder.runtime]);
  let told: Observation = { kind: 'waiting', reason: '' };
  let deaths = 0;
  try {
    while (!signal.aborted) {
      const claim = readClaim(folder);
      if (claim?.uid !== uid) return yield { kind: 'gone' };
      const seen = look(folder);
      if (!isSame(seen, told)) {
        if (seen.kind === 'ended' && told.kind !== 'started') yield* startOf(folder);
        yield seen;
        told = seen;
      }
      if (seen.kind === 'ended' || seen.kind === 'gone') return;
      if (!isAlive(claim.process)) {
        deaths += 1;
        const trouble = await takeOver(observed, deaths);
        if (trouble !== undefined && !isSame(trouble, told)) {
          yield trouble;
          told = trouble;
        }
      }
      changes.add(folder.runtime);
      await changes.changed(LOOK_MS, signal);
    }
  } finally {
    changes.close();
  }
}

/** Undefined when a supervisor works again. What keeps one from it is told, and tried again as long as somebody looks. */
async function takeOver({ folder, program, hostEnv }: Observed, deaths: number): Promise<Observation | undefined> {
  if (deaths > MOST_DEATHS) {
    throw new Error(`the supervisor of ${folder.root} dies again and again: ${readIfThere(folder.complaint) ?? ''}`);
  }
  try {
    await keepSupervised(program, folder, hostEnv);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      kind: 'waiting',
      reason: `its supervisor died, and no other can take over: ${error.message}`,
      fix: error.hint,
    };
  }
}

/** How an attempt stands now. Nobody is started to look after it: that is for whoever drives. */
export function peekAttempt(folder: AttemptFolder, uid: string | undefined): Observation {
  const claim = readClaim(folder);
  if (claim === undefined || (uid !== undefined && claim.uid !== uid)) return { kind: 'gone' };
  // Asked first: whoever is dead by now had written the outcome before that, if there is one.
  const isSupervised = isAlive(claim.process);
  const seen = look(folder);
  if (seen.kind === 'ended' || seen.kind === 'gone' || isSupervised) return seen;
  return { kind: 'troubled', reason: 'what looked after it here has died' };
}

function look(folder: AttemptFolder): Observation {
  const ended = endOf(folder);
  if (ended !== undefined) return ended;
  const spec = readIfThere(folder.spec);
  if (spec === undefined) return { kind: 'gone' }; // removed since its claim was read
  const { containers } = JSON.parse(spec) as SupervisorSpec;
  const main = containers.at(-1)?.name ?? '';
  const begun = statSync(`${folder.instance(main, 0)}.pid`, { throwIfNoEntry: false });
  if (begun !== undefined) return { kind: 'started', at: begun.mtime.toISOString() };
  // What tells that it has begun goes when it has ended; that may have been since the first look.
  const late = endOf(folder);
  if (late !== undefined) return late;
  const waitsFor = containers.findLast(
    ({ name, role }) => role !== 'main' && existsSync(`${folder.instance(name, 0)}.start`),
  );
  if (waitsFor === undefined) return { kind: 'waiting', reason: '' };
  const what =
    waitsFor.role === 'init' ? `init container ${waitsFor.name} runs` : `sidecar ${waitsFor.name} is not ready yet`;
  return { kind: 'waiting', reason: what };
}

function endOf(folder: AttemptFolder): Observation | undefined {
  const ended = readOutcome(folder);
  if (ended === undefined) return undefined;
  const { endedAt, outcome, stored } = ended;
  return { kind: 'ended', at: endedAt, outcome, ...(stored === undefined ? {} : { stored }) };
}

/** A short stage may have ended before anybody saw it begin. */
function* startOf(folder: AttemptFolder): Generator<Observation> {
  const at = readOutcome(folder)?.startedAt;
  if (at !== undefined) yield { kind: 'started', at };
}

function isSame(a: Observation, b: Observation): boolean {
  return a.kind === b.kind && (a.kind !== 'waiting' || (b.kind === 'waiting' && a.reason === b.reason));
}
