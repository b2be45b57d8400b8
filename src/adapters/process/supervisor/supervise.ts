import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '../../../domain/attempt/outcome.ts';
import type { StoreReport } from '../../../domain/attempt/store-sidecar.ts';
import { unreachable } from '../../../domain/errors.ts';
import { writeDurably } from '../../files/durable-file.ts';
import { removeTree } from '../../files/remove-tree.ts';
import type { ContainerSpec } from '../attempt-spec.ts';
import type { Claim } from '../claim.ts';
import type { OutcomeFile } from '../outcome-file.ts';
import type { ContainerState, Ended } from './container.ts';
import { type Attempt, ContainerRun } from './container-run.ts';
import { clearTmp, layOut, MissingInput } from './content.ts';
import { failureOf } from './failure.ts';
import { lastWords } from './last-words.ts';
import { persist } from './persist.ts';
import { plainResult, type ResultReading, readResult } from './result-file.ts';
import { newestLife, Sidecar } from './sidecar.ts';
import type { StopReason } from './stopper.ts';

type Failed = Extract<Outcome, { kind: 'failed' }>;

/** How an attempt ended and when its main container ran. */
interface Ending {
  readonly outcome: Outcome;
  readonly startedAt?: Date;
  readonly endedAt: Date;
  readonly stored?: StoreReport;
}

/**
 * Brings an attempt to its outcome, from wherever an earlier supervisor left it: everything that was done is seen in its
 * files, and nothing is done twice.
 */
export async function supervise(attempt: Attempt, claim: Claim): Promise<void> {
  const { folder, stopper } = attempt;
  if (!existsSync(folder.outcome)) {
    const ending = await run(attempt, claim);
    const file: OutcomeFile = {
      version: 1,
      uid: claim.uid,
      outcome: ending.outcome,
      ...(ending.startedAt === undefined ? {} : { startedAt: ending.startedAt.toISOString() }),
      endedAt: ending.endedAt.toISOString(),
      ...(ending.stored === undefined ? {} : { stored: ending.stored }),
    };
    await persist(() => writeDurably(folder.outcome, `${JSON.stringify(file, undefined, 2)}\n`));
  }
  stopper.close();
  await persist(() => {
    removeTree(folder.runtime);
    clearTmp(folder);
  });
}

/** Lays out the content and runs the containers; afterwards nothing of the attempt runs and every log is stored. */
async function run(attempt: Attempt, claim: Claim): Promise<Ending> {
  const { folder, spec, stopper } = attempt;
  try {
    await persist(() => layOut(folder, spec.content));
  } catch (error) {
    if (!(error instanceof MissingInput)) throw error;
    return endedNow({
      kind: 'failed',
      class: 'config',
      reason: 'cannot-start',
      message: `it cannot start: ${error.message}`,
    });
  }
  const passed = Math.max(0, Date.now() - Date.parse(claim.startedAt));
  if (spec.deadline !== undefined) stopper.after(spec.deadline * 1000 - passed, 'deadline');
  const started = stopper.after(spec.startTimeout * 1000 - passed, 'start-timeout');
  const sidecars: Sidecar[] = [];
  const ending = await runContainers(attempt, sidecars, started);
  let stored: StoreReport | undefined;
  for (const sidecar of sidecars.reverse()) stored = (await sidecar.end()) ?? stored;
  return stored === undefined ? ending : { ...ending, stored };
}

async function runContainers(attempt: Attempt, sidecars: Sidecar[], started: () => void): Promise<Ending> {
  const { spec, stopper } = attempt;
  const main = spec.containers.at(-1) as ContainerSpec;
  const mainRun = new ContainerRun(attempt, main, 0);
  const before = mainRun.instance.state().kind;
  const begun = before !== 'new' && before !== 'sealed';
  for (const container of spec.containers.slice(0, -1)) {
    if (stopper.signal.aborted && !begun) break;
    const failed =
      container.role === 'sidecar'
        ? await runSidecar(attempt, container, sidecars, before)
        : await runInit(attempt, container);
    if (failed !== undefined && !begun) return stopper.reason === undefined ? endedNow(failed) : stopped(attempt);
  }
  if (stopper.signal.aborted && !begun && (await mainRun.instance.seal())) return stopped(attempt);
  await mainRun.start();
  started();
  const end = await mainRun.ended(stopper.signal);
  await mainRun.finish();
  return judge(attempt, main, mainRun, end);
}

async function runInit(attempt: Attempt, container: ContainerSpec): Promise<Failed | undefined> {
  const run = new ContainerRun(attempt, container, 0);
  await run.start();
  const end = await run.ended(attempt.stopper.signal);
  await run.finish();
  if (end.kind === 'exited' && end.code === 0) return undefined;
  const words = lastWords(run.terminationLog, run.log, attempt.masker);
  return failureOf(container, end.kind === 'exited' ? end.code : 255, words, attempt.memoryKills);
}

/** Beside a main container that has begun already, nobody waits for it. */
async function runSidecar(
  attempt: Attempt,
  container: ContainerSpec,
  sidecars: Sidecar[],
  main: ContainerState['kind'],
): Promise<Failed | undefined> {
  const sidecar = new Sidecar(attempt, container);
  sidecars.push(sidecar);
  if (main === 'new' || main === 'sealed') return sidecar.start();
  await sidecar.resume(main === 'starting' || main === 'running');
  return undefined;
}

async function judge(attempt: Attempt, main: ContainerSpec, run: ContainerRun, end: Ended): Promise<Ending> {
  if (end.kind === 'vanished') return endedNow(attempt.stopper.reason === undefined ? LOST : stopped(attempt).outcome);
  const times = { ...(end.since === undefined ? {} : { startedAt: end.since }), endedAt: end.at };
  if (attempt.stopper.reason !== undefined) return { ...times, outcome: stopped(attempt).outcome };
  if (end.code !== 0) {
    const words = lastWords(run.terminationLog, run.log, attempt.masker);
    return { ...times, outcome: failureOf(main, end.code, words, attempt.memoryKills) };
  }
  return { ...times, outcome: fromResult(await persist(() => readArtifacts(attempt)), attempt.folder.content) };
}

const LOST: Outcome = {
  kind: 'lost',
  message: 'its processes vanished before their end was seen: the machine went down, or somebody killed them all',
};

function readArtifacts({ spec, folder }: Attempt): ResultReading {
  const artifacts = join(folder.content, 'artifacts');
  return spec.contract === 'plain' ? plainResult(artifacts) : readResult(artifacts, spec.outputs);
}

function fromResult(reading: ResultReading, content: string): Outcome {
  const failed = { kind: 'failed', class: 'user', exitCode: 0 } as const;
  switch (reading.kind) {
    case 'result':
      return { kind: 'succeeded', result: reading.result };
    case 'absent':
      return {
        ...failed,
        reason: 'no-result',
        message: `it ended with exit code 0 but left no ${join(content, 'artifacts', 'result.json')}`,
      };
    case 'invalid':
      return {
        ...failed,
        reason: 'invalid-result',
        message: `it ended with exit code 0, but its result ${reading.fault}`,
      };
    default:
      return unreachable(reading);
  }
}

function stopped(attempt: Attempt): Ending {
  return endedNow(outcomeOf(attempt.stopper.reason ?? 'cancelled', attempt));
}

function outcomeOf(reason: StopReason, attempt: Attempt): Outcome {
  const { spec } = attempt;
  switch (reason) {
    case 'cancelled':
      return { kind: 'cancelled', message: 'it was ended on request' };
    case 'deadline': {
      const message = `it did not end within ${spec.deadline} seconds (activeDeadlineSeconds); to give it more: \`--run-timeout\` of \`resume\`, \`timeouts.run\` of the stage`;
      return { kind: 'failed', class: 'user', reason: 'deadline', message };
    }
    case 'start-timeout': {
      const { what, isSidecar, ...named } = waitedFor(attempt);
      const message = `it did not start within ${spec.startTimeout} seconds${what}; to give it more: \`--start-timeout\`, \`timeouts.start\` of the stage`;
      // A server that does not get ready in this time does not in the next.
      return { kind: 'failed', class: isSidecar ? 'user' : 'infra', reason: 'cannot-start', message, ...named };
    }
    default:
      return unreachable(reason);
  }
}

/** What main waits for, and what that said last. */
function waitedFor(attempt: Attempt): {
  readonly what: string;
  readonly isSidecar: boolean;
  readonly container?: string;
} {
  const { folder, spec, masker } = attempt;
  const helper = spec.containers.slice(0, -1).findLast(({ name }) => existsSync(`${folder.instance(name, 0)}.start`));
  if (helper === undefined) return { what: '', isSidecar: false };
  const run = new ContainerRun(attempt, helper, newestLife(attempt, helper));
  const words = lastWords(run.terminationLog, run.log, masker);
  const said = words === undefined ? '' : `: ${words}`;
  const isSidecar = helper.role === 'sidecar';
  const how = isSidecar ? `sidecar ${helper.name} did not get ready` : `init container ${helper.name} did not end`;
  return { what: `: ${how}${said}`, isSidecar, container: helper.name };
}

function endedNow(outcome: Outcome): Ending {
  return { outcome, endedAt: new Date() };
}
