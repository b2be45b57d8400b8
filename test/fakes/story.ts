import type { Deps } from '../../src/actions/deps.ts';
import type { RunDocument } from '../../src/actions/plan/run-document.ts';
import { startRun } from '../../src/actions/start-run.ts';
import type { Outcome } from '../../src/domain/attempt/outcome.ts';
import type { WarningKind } from '../../src/domain/attempt/progress.ts';
import type { RunEvent } from '../../src/domain/event.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { StageName } from '../../src/domain/naming.ts';
import type { Pipeline, Stage } from '../../src/domain/pipeline/pipeline.ts';
import type {
  Bindings,
  GateVerdict,
  RenderablePipeline,
  Results,
} from '../../src/domain/pipeline/renderable-pipeline.ts';
import type { RunRecord } from '../../src/domain/run/run-record.ts';
import type { ArtifactStore } from '../../src/ports/artifact-store.ts';
import { MemoryStore } from './memory-store.ts';
import { MemoryTarget, type Script } from './memory-target.ts';

/** A stage of a fake pipeline: what differs from a plain one. */
export interface FakeStage {
  readonly name: string;
  readonly needs?: readonly string[];
  readonly params?: JsonObject;
  readonly retry?: { readonly infra: number; readonly user: number };
  readonly stopOn?: readonly WarningKind[];
  readonly reuse?: 'auto' | 'never';
  readonly when?: (results: Results) => boolean;
  readonly gate?: (results: Results, previous: Results) => string | undefined;
  /** Its gate does not apply. */
  readonly idleGate?: boolean;
  readonly approval?: boolean;
}

/** Names both that a gate may read. */
const FAKE_CONDITION = { text: 'results, previous', place: { file: 'pipeline.yaml', line: 1, column: 1 } };

/** A pipeline whose stages each take the artifact `out` of those before and make one themselves. */
export function fakePipeline(stages: readonly FakeStage[]): RenderablePipeline {
  const pipeline: Pipeline = { name: 'fake', version: '1.0.0', params: {}, stages: stages.map(toStage) };
  const find = (name: StageName): FakeStage => stages.find((stage) => stage.name === name) as FakeStage;
  return {
    pipeline,
    target: 'local',
    params: {},
    pod: {},
    choice: (name) => ({ engine: 'fake', variant: 'job', image: `stages/${name}/fake` }),
    render: (name, bindings) => [job(name, bindings)],
    stageParams: (name) => find(name).params ?? {},
    when: (name, results) => find(name).when?.(results) ?? true,
    gates: (name, results, previous = {}): readonly GateVerdict[] => {
      if (find(name).idleGate === true) return [{ kind: 'idle', name: 'gate', condition: 'fake', sides: [] }];
      const reason = find(name).gate?.(results, previous);
      return reason === undefined ? [] : [{ kind: 'refused', name: 'gate', reason, condition: 'fake', sides: [] }];
    },
    approval: (name) => find(name).approval ?? false,
    sourceInputs: () => [],
  };
}

function toStage(stage: FakeStage): Stage {
  const needs = (stage.needs ?? []) as readonly StageName[];
  return {
    name: stage.name as StageName,
    needs,
    inputs: needs.map((need) => ({ kind: 'output', name: need, from: [{ stage: need, output: 'out' }] })),
    gates: stage.gate === undefined ? [] : [{ name: 'gate', condition: FAKE_CONDITION }],
    engines: { fake: { image: `stages/${stage.name}/fake` } },
    variants: { job: 'job.yaml' },
    params: stage.params ?? {},
    outputs: ['out'],
    timeouts: { queue: 60, start: 60, run: 60, grace: 5 },
    retry: stage.retry ?? { infra: 0, user: 0 },
    stopOn: stage.stopOn ?? [],
    contract: 'full',
    reuse: stage.reuse ?? 'auto',
  };
}

function job(name: StageName, bindings: Bindings): JsonObject {
  const container = {
    name: 'main',
    image: bindings.image,
    command: [name],
    env: [{ name: 'RUN', value: bindings.run.name }],
  };
  return {
    kind: 'Job',
    metadata: { name: `${bindings.run.name}-${name}-${bindings.attempt}` },
    spec: { template: { spec: { containers: [container] } } },
  };
}

/** A good end whose artifact's digest depends on `made`. */
export function succeeded(made = 'a', metrics: Readonly<Record<string, number>> = {}): Outcome {
  const digest = `sha256:${made.padEnd(64, '0')}`;
  return {
    kind: 'succeeded',
    result: { version: 1, metrics, artifacts: [{ name: 'out', path: 'out', digest, size: 1 }] },
  };
}

export function failed(
  options: { readonly class?: 'user' | 'infra' | 'config'; readonly exitCode?: number } = {},
): Outcome {
  const kind = options.class ?? 'user';
  const reason = kind === 'infra' ? 'try-again' : kind === 'config' ? 'bad-input' : 'exit';
  return {
    kind: 'failed',
    class: kind,
    reason,
    message: `exit code ${options.exitCode ?? 1}`,
    exitCode: options.exitCode ?? 1,
  };
}

/** A machine: several drivers may share its store and its target. */
export class FakeWorld {
  readonly store = new MemoryStore();
  readonly target: MemoryTarget;
  /** `stage@run` -> what a person changed about its artifacts afterwards. */
  readonly spoilt = new Map<string, string>();
  pipeline: RenderablePipeline;
  #ids = 0;
  #time = Date.UTC(2026, 0, 1);

  constructor(stages: readonly FakeStage[], script: Script) {
    this.pipeline = fakePipeline(stages);
    this.target = new MemoryTarget(script);
  }

  deps(user = 'ada'): Deps {
    const artifacts: ArtifactStore = {
      folder: () => undefined,
      files: async () => [],
      verify: async (ref, artifact) => {
        const fault = this.spoilt.get(`${ref.stage}@${ref.run}`);
        return fault === undefined ? [] : [`${artifact.path}: ${fault}`];
      },
      listing: () => Promise.reject(new Error('no contents here')),
      read: () => {
        throw new Error('no contents here');
      },
      discard: async () => undefined,
      release: async () => undefined,
    };
    return {
      store: this.store,
      target: this.target,
      artifacts,
      sources: {
        pin: () => Promise.reject(new Error('no sources here')),
        place: async () => undefined,
        placed: async () => [],
        free: async () => [],
      },
      drivers: {
        beginSeconds: 0,
        check: async () => undefined,
        start: () => Promise.reject(new Error('no driver is detached in a story')),
        isComing: async () => false,
        remove: async () => undefined,
      },
      openPipeline: () => this.pipeline,
      clock: {
        now: () => {
          this.#time += 10;
          return new Date(this.#time);
        },
        sleep: async (_seconds, signal) => {
          await new Promise((resolve) => setImmediate(resolve));
          signal.throwIfAborted();
        },
      },
      who: { user, host: 'here', pid: 1 },
      newId: () => {
        this.#ids += 1;
        return `00000000-0000-0000-0000-${String(this.#ids).padStart(12, '0')}`;
      },
    };
  }

  /** What the store holds at this moment. */
  stored(name: string): RunRecord | undefined {
    return this.store.now(name);
  }

  document(change: Partial<RunDocument['selection']> & { readonly sources?: JsonObject } = {}): RunDocument {
    const { sources, ...selection } = change;
    const names = this.pipeline.pipeline.stages.map((stage) => stage.name);
    const images = Object.fromEntries(
      names.map((name) => [
        `stages/${name}/fake`,
        { reference: `stages/${name}/fake`, identity: `identity of ${name}` },
      ]),
    );
    return {
      version: 1,
      sources: JSON.stringify(sources ?? {}),
      pins: [],
      images,
      selection: { selected: names, reuse: {}, fresh: [], inputs: {}, ...selection },
    };
  }

  async start(name: string, document = this.document()): Promise<string> {
    return (await startRun(this.deps(), { name, pipeline: this.pipeline, document })).name;
  }
}

/** Reads a stream of events to its end; the last one must be `run-ended`. */
export async function play(events: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const seen: RunEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

/** One word an event, with the stage: what a table compares. */
export function shape(events: readonly RunEvent[]): readonly string[] {
  return events.map((event) => {
    if (event.type === 'run-ended') return `run-ended ${event.phase} ${event.exitCode}`;
    return 'stage' in event
      ? `${event.type} ${event.stage}${'attempt' in event ? `/${event.attempt}` : ''}`
      : event.type;
  });
}
