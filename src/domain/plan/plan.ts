import type { StageResult } from '../attempt/outcome.ts';
import type { JsonObject } from '../json.ts';
import type { StageName } from '../naming.ts';
import type { StageTimeouts } from '../pipeline/render-values.ts';
import type { Rule } from '../rights/rbac.ts';
import { shellWord } from '../typed-place.ts';
import type { PlannedObject } from './planned-objects.ts';
import type { Spread } from './spread.ts';

/** The identity of an image that nobody can make: its folder is not there. */
export const NOT_BUILT = 'not built';

/** An attempt of some run that made a result. */
export interface AttemptOrigin {
  readonly run: string;
  readonly stage: string;
  /** Counts from 1. */
  readonly attempt: number;
}

/** What would happen to one stage, and why. */
export type Verdict =
  /** It runs; `reasons` say what is new against the latest run of the stage, `since`, or that there is none. */
  | { readonly kind: 'run'; readonly reasons: readonly string[]; readonly since?: string }
  /** Its result is taken from `from`. */
  | { readonly kind: 'reuse'; readonly from: AttemptOrigin; readonly result: StageResult; readonly reason: string }
  /** It does not run and counts as done. */
  | { readonly kind: 'skip'; readonly reason: string }
  /** It cannot run as things stand; `hint` is what to type. */
  | { readonly kind: 'blocked'; readonly reason: string; readonly hint?: string }
  /** Nothing of its own changed, but whether it runs depends on what these stages make. */
  | { readonly kind: 'later'; readonly on: readonly StageName[]; readonly reason: string };

/** What would happen to one stage, and what it would create. */
export interface StagePlan {
  readonly name: StageName;
  readonly verdict: Verdict;
  readonly engine: string;
  readonly variant: string;
  /** The image reference as the target names it, and what it is now. */
  readonly image: {
    readonly reference: string;
    readonly identity: string;
    /** True when the stage could not start now: as far as is known nobody built the image. */
    readonly notBuilt?: true;
  };
  /** What its first attempt would create; nothing when it does not run. */
  readonly creates: readonly PlannedObject[];
  /** GPUs its pods hold, 0 without. */
  readonly gpus: number;
  /** What ends an attempt, in seconds; absent when it does not run. */
  readonly timeouts?: StageTimeouts;
  /** How long it took in the runs in which it last ended well; absent when it does not run or never did so with this profile. */
  readonly tookBefore?: TookBefore;
  /** What it would hold its GPUs for if it took as long again; absent without GPUs or without such times. */
  readonly gpuHours?: Spread;
  /** What must hold before it starts: the pipeline's conditions, then those of `--require`. */
  readonly gates: readonly { readonly name: string; readonly condition: string }[];
  /** When a person must agree: a condition, or `required`. Absent = nobody is asked. */
  readonly approval?: string;
}

/** Earlier times of a stage. */
export interface TookBefore {
  readonly seconds: Spread;
  /** The runs they are from, newest first. */
  readonly runs: readonly string[];
}

/** What the stages that would run take, as far as earlier runs tell. */
export interface Outlook {
  /** From the first that starts to the last that ends. */
  readonly seconds: Spread;
  /** Absent where no GPU is held. */
  readonly gpuHours?: Spread;
  /** The runs that tell, newest first. */
  readonly runs: readonly string[];
  /** Stages that would run and of which no run tells. */
  readonly unknown: readonly StageName[];
}

/** What `plan` shows and `run` does; computed without creating anything. */
export interface Plan {
  readonly pipeline: { readonly name: string; readonly version: string };
  readonly profile?: string;
  readonly target: 'local' | 'kubernetes';
  readonly stages: readonly StagePlan[];
  /** The most GPUs that the stages that run can hold at one time. */
  readonly peakGpus: number;
  /** Absent where no earlier run tells anything. */
  readonly expected?: Outlook;
  /** What the run would create beside its stages. */
  readonly creates: readonly PlannedObject[];
  /** What driving it takes in the namespace, at the least; none on this machine. */
  readonly rights: readonly Rule[];
  /** Fields of the manifests that only limit and are not enforced on this target. */
  readonly notEnforced: readonly string[];
}

/** The stages that would run and whose image nobody built; one that is reused needs none. */
export function withoutImage(plan: Plan): readonly StagePlan[] {
  return plan.stages.filter(
    ({ image, verdict }) => image.notBuilt === true && (verdict.kind === 'run' || verdict.kind === 'later'),
  );
}

/** What to do about images that are not built: a command to paste, which takes `BUILD_FLAGS` too, or a sentence where an engine without a folder has to be brought. */
export type BuildAdvice =
  | { readonly kind: 'build'; readonly command: string }
  | { readonly kind: 'bring'; readonly sentence: string };

/** Where a cluster finds what is built. */
export const BUILD_FLAGS = '--load kind or --push REGISTRY';

/** `project`: as it was typed. */
export function buildAdvice(
  { pipeline, profile }: Pick<Plan, 'pipeline' | 'profile'>,
  missing: readonly Pick<StagePlan, 'name' | 'image'>[],
  project?: string,
): BuildAdvice {
  const brought = missing.filter(({ image }) => image.identity === NOT_BUILT).map(({ name }) => name);
  if (brought.length > 0) {
    const sentence = `no folder in stages/ makes the image of ${brought.join(', ')}: name your own under \`images:\``;
    return { kind: 'bring', sentence };
  }
  const names = missing.map(({ name }) => name);
  return { kind: 'build', command: buildCommand({ pipeline, profile }, names, project) };
}

/** Builds the images of `stages`, of all without; `project`: as it was typed. */
export function buildCommand(of: Chosen, stages: readonly string[], project?: string): string {
  return command(['ilab-backend images build', ...stages], ['--pipeline', of.pipeline.name], of.profile, project);
}

/** Prints the rights that runs need; `project`: as it was typed. */
export function rightsCommand(of: Chosen, project?: string): string {
  return command(['ilab-backend rbac', of.pipeline.name], [], of.profile, project);
}

/** What a command is about. */
interface Chosen {
  readonly pipeline: { readonly name: string };
  readonly profile?: string | undefined;
}

function command(
  words: readonly string[],
  pipeline: readonly string[],
  profile: string | undefined,
  project: string | undefined,
): string {
  return [
    ...words,
    ...(project === undefined ? [] : [`--project ${shellWord(project)}`]),
    ...pipeline,
    ...(profile === undefined ? [] : [`--profile ${profile}`]),
  ].join(' ');
}

/** The parts of a reuse key; leaves are compared one by one to say what changed. */
export interface ReuseParts {
  readonly contract: string;
  /** Container name -> what it runs; resources and placement are left out. */
  readonly containers: JsonObject;
  /** `params.json` with placeholder bindings. */
  readonly params: JsonObject;
  /** Input name -> digest. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Every parameter of the pipeline as it was; not part of the key, but what a change is named after. */
  readonly values?: JsonObject;
}
