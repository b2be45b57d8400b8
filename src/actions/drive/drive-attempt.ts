import { attemptManifestKey } from '../../domain/attempt/attempt-key.ts';
import type { Outcome } from '../../domain/attempt/outcome.ts';
import type { StoreReport } from '../../domain/attempt/store-sidecar.ts';
import { unreachable } from '../../domain/errors.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import { gpusOf } from '../../domain/plan/workload.ts';
import { isCancelling, lastAttempt } from '../../domain/run/run-phase.ts';
import type { AttemptRecord } from '../../domain/run/run-record.ts';
import type { AttemptRef, AttemptSpec } from '../../ports/target.ts';
import { type Deps, timestamp } from '../deps.ts';
import { attemptSpec } from '../plan/attempt-spec.ts';
import type { InputSource } from '../plan/bind-inputs.ts';
import { type PastResult, whatChanged } from '../plan/past-results.ts';
import { pinsOf } from '../plan/run-document.ts';
import { type DriveContext, notice } from './drive-context.ts';
import { AttemptWatch } from './stop-on-warning.ts';

/** The next attempt of a stage, in INTENT; not recorded yet. */
export function newAttempt(context: DriveContext, stage: Stage, inputs: readonly InputSource[]): AttemptRecord {
  const { session, deps } = context;
  const { record } = session;
  const attempt = session.stage(stage.name).attempts.length + 1;
  const spec = specOf(context, stage, attempt, inputs, '');
  const gpus = gpusOf(spec.objects);
  return {
    attempt,
    epoch: record.epoch,
    state: 'intent',
    key: attemptManifestKey(record.id, stage.name, attempt, spec.objects),
    bindings: {
      inputs: Object.fromEntries(
        inputs.map(({ name, digest, uri, subPath }) => [name, { digest, uri: uri ?? `workspace:${subPath ?? ''}` }]),
      ),
    },
    ...(gpus === 0 ? {} : { gpus }),
    at: { intent: timestamp(deps.clock) },
  };
}

/** Brings an attempt from wherever it stands to its outcome, or as far as it goes before `signal` fires. */
export async function carryThrough(
  context: DriveContext,
  stage: Stage,
  from: AttemptRecord,
  inputs: readonly InputSource[],
): Promise<void> {
  const { session, deps } = context;
  let attempt = from;
  const save: Save = async (change) => {
    attempt = { ...attempt, ...change, at: { ...attempt.at, ...change.at } };
    await session.commitAttempt(stage.name, attempt);
  };
  const ref = { run: session.record.name, stage: stage.name, attempt: attempt.attempt };

  if (attempt.state === 'intent') {
    const fault = await faultOfInputs(deps, inputs);
    if (fault !== undefined) return end(save, deps, fault, undefined);
    await placeSources(context, stage);
    await save({}); // INTENT is durable before anything leaves
    const spec = specOf(context, stage, attempt.attempt, inputs, attempt.key);
    if (isCancelling(session.record))
      return end(save, deps, { kind: 'cancelled', message: 'cancelled before it was submitted' }, undefined);
    // The INTENT stays: whoever drives now finds out whether there is an object, and makes it if not.
    if (context.lost.aborted) return;
    const bound = await deps.target.submit(spec);
    if (bound.kind === 'refused') return end(save, deps, bound.outcome, undefined);
    await save({ state: 'bound', uid: bound.uid, at: { bound: timestamp(deps.clock) } });
  }
  await observe(context, stage, ref, attempt, save);
}

interface AttemptChange {
  readonly state?: AttemptRecord['state'];
  readonly uid?: string;
  readonly outcome?: Outcome;
  readonly at?: Partial<AttemptRecord['at']>;
}
type Save = (change: AttemptChange) => Promise<void>;

async function observe(
  context: DriveContext,
  stage: Stage,
  ref: AttemptRef,
  attempt: AttemptRecord,
  save: Save,
): Promise<void> {
  const { deps, session, emit, signal, cancelling } = context;
  const uid = attempt.uid ?? '';
  const terminate = (): void => {
    deps.target
      .terminate(ref, uid)
      .catch((error: unknown) => notice(context, `${stage.name} could not be told to end: ${String(error)}`));
  };
  if (cancelling.aborted) terminate();
  cancelling.addEventListener('abort', terminate, { once: true });
  const watching = new AbortController();
  const stop = AbortSignal.any([signal, watching.signal]);
  const watch = new AttemptWatch(context, stage, ref);
  const progress = watch.follow(terminate, stop);
  /** What was told last, as long as it holds. */
  let held: 'waiting' | 'troubled' | undefined;
  try {
    for await (const seen of deps.target.observe(ref, uid, signal)) {
      switch (seen.kind) {
        case 'waiting': {
          // Not worth a sentence.
          if (seen.reason === '') break;
          held = 'waiting';
          const fix = seen.fix === undefined ? {} : { fix: seen.fix };
          emit({
            type: 'attempt-waits',
            time: timestamp(deps.clock),
            run: session.record.name,
            stage: stage.name,
            attempt: ref.attempt,
            reason: seen.reason,
            ...fix,
          });
          break;
        }
        case 'troubled':
          held ??= 'troubled';
          notice(context, `${stage.name}: ${seen.reason}${seen.fix === undefined ? '' : ` (${seen.fix})`}`);
          break;
        case 'started': {
          const since = lastAttempt(session.stage(stage.name))?.at.started;
          if (since === undefined) {
            const { kind: _, at: started, ...before } = seen;
            await save({ at: { ...before, started } });
          } else if (held !== undefined) tellGoingOn(context, ref, since, held);
          held = undefined;
          break;
        }
        case 'ended':
          if (seen.stored !== undefined) tellStored(context, stage, seen.stored);
          return await end(save, deps, await watch.verdict(seen.outcome, seen.at), seen.at);
        case 'gone': {
          if (seen.reason !== undefined) context.placeGone();
          const message = seen.reason ?? 'it vanished before its outcome was seen';
          return await end(save, deps, { kind: 'lost', message }, undefined);
        }
        default:
          return unreachable(seen);
      }
    }
  } finally {
    cancelling.removeEventListener('abort', terminate);
    watching.abort();
    await progress;
  }
}

/** That it began is recorded once; who saw it wait is told that it runs again. */
function tellGoingOn(context: DriveContext, ref: AttemptRef, since: string, held: 'waiting' | 'troubled'): void {
  const { run, stage, attempt } = ref;
  if (held === 'waiting') context.emit({ type: 'attempt-started', time: since, run, stage, attempt });
  else notice(context, `${stage}: that is over, it goes on`, 'info');
}

/** Nothing is lost by what is not stored: it lies in the workspace. */
function tellStored(context: DriveContext, stage: Stage, { message, isComplete }: StoreReport): void {
  notice(context, `${stage.name}: ${message}`, isComplete ? 'info' : 'warning');
}

/** The target says `ended` only when its log is stored too, so both arrows are one commit. */
async function end(save: Save, deps: Deps, outcome: Outcome, endedAt: string | undefined): Promise<void> {
  const noticed = timestamp(deps.clock);
  const at = { outcome: noticed, logsComplete: noticed, ...(endedAt === undefined ? {} : { ended: endedAt }) };
  await save({ state: 'logs-complete', outcome, at });
}

/** Names what an earlier stage made and somebody changed since; the stage is not submitted with it. */
async function faultOfInputs(deps: Deps, inputs: readonly InputSource[]): Promise<Outcome | undefined> {
  for (const { artifact, digest } of inputs) {
    if (artifact === undefined) continue;
    const { name, path, origin } = artifact;
    const past: PastResult = {
      origin,
      result: { version: 1, metrics: {}, artifacts: [{ name, path, digest, size: 0 }] },
    };
    const message = await whatChanged(past, deps.artifacts);
    if (message !== undefined) return { kind: 'failed', class: 'config', reason: 'digest-mismatch', message };
  }
  return undefined;
}

async function placeSources(context: DriveContext, stage: Stage): Promise<void> {
  const { pod } = context.decision.pipeline;
  for (const pin of pinsOf(context.decision.document, stage.name)) {
    await context.deps.sources.place(pin.source, pin.request, { pod, signal: context.signal });
  }
}

function specOf(
  { decision, session, deps }: DriveContext,
  stage: Stage,
  attempt: number,
  inputs: readonly InputSource[],
  key: string,
): AttemptSpec {
  const { pipeline, document } = decision;
  return attemptSpec({ record: session.record, pipeline, document, target: deps.target }, stage, attempt, inputs, key);
}
