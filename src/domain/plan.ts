import type { JsonObject } from './json.ts';
import type { StageName } from './naming.ts';
import type { StageResult } from './outcome.ts';

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
  /** Kind and name of each object that would be created, e.g. `Job/preview-train-1`. */
  readonly objects: readonly string[];
  /** GPUs its pods hold, 0 without. */
  readonly gpus: number;
  /** How long it took when it last ended well; absent when it does not run or never did so with this profile. */
  readonly tookBefore?: { readonly seconds: number; readonly run: string };
  /** What it would hold its GPUs for if it took as long again; absent without GPUs or without such a time. */
  readonly gpuHours?: number;
  readonly gates: readonly string[];
}

/** What `plan` shows and `run` does; computed without creating anything. */
export interface Plan {
  readonly pipeline: { readonly name: string; readonly version: string };
  readonly profile?: string;
  readonly target: 'local' | 'kubernetes';
  readonly stages: readonly StagePlan[];
  /** The most GPUs that the stages that run can hold at one time. */
  readonly peakGpus: number;
  /** Fields of the manifests that only limit and are not enforced on this target. */
  readonly notEnforced: readonly string[];
}

/** The stages that would run and whose image nobody built; one that is reused needs none. */
export function withoutImage(plan: Plan): readonly StagePlan[] {
  return plan.stages.filter(
    ({ image, verdict }) => image.notBuilt === true && (verdict.kind === 'run' || verdict.kind === 'later'),
  );
}

/** What to type for images that are not built; an engine without a folder has to be brought. `project`: as it was typed. */
export function howToBuild(
  { pipeline, profile }: Pick<Plan, 'pipeline' | 'profile'>,
  missing: readonly Pick<StagePlan, 'name' | 'image'>[],
  project?: string,
): string {
  const brought = missing.filter(({ image }) => image.identity === NOT_BUILT).map(({ name }) => name);
  if (brought.length > 0) {
    return `no folder in stages/ makes the image of ${brought.join(', ')}: name your own under \`images:\``;
  }
  const names = missing.map(({ name }) => name);
  return `\`${buildCommand({ pipeline, profile }, names, project)}\`, with --load kind or --push REGISTRY`;
}

/** Builds the images of `stages`, of all without; `project`: as it was typed. */
export function buildCommand(
  { pipeline, profile }: { readonly pipeline: { readonly name: string }; readonly profile: string | undefined },
  stages: readonly string[],
  project?: string,
): string {
  return [
    ...['ilab-backend images build', ...stages],
    ...(project === undefined ? [] : [`--project ${shellWord(project)}`]),
    `--pipeline ${pipeline.name}`,
    ...(profile === undefined ? [] : [`--profile ${profile}`]),
  ].join(' ');
}

/** A word as a shell takes it for one. */
function shellWord(text: string): string {
  return /^[\w./:@%+,~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
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
