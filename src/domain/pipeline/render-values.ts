import type { JsonObject } from '../json.ts';
import type { StageName } from '../naming.ts';

/** Exactly what a template sees (docs/templates.md). Bindings (`run`, `attempt`, `inputs`, `outputs`) are known at submit; before, they are placeholders. */
export interface RenderValues {
  readonly params: JsonObject;
  readonly stage: StageValues;
  /** The image reference of the stage's engine, as the target names it. */
  readonly image: string;
  /** That of this program; `program` where nothing was chosen. */
  readonly program: string;
  /** The `pod:` block of profile and project file; every key optional. */
  readonly pod: JsonObject;
  readonly run: RunBinding;
  readonly attempt: number;
  /** By input name; an input that has no source is absent. */
  readonly inputs: Readonly<Record<string, InputBinding>>;
  readonly outputs: OutputBinding;
}

/** The value `run` of a template: which run the attempt belongs to, and what that is made from. */
export interface RunBinding {
  readonly name: string;
  readonly id: string;
  /** When it was recorded, ISO 8601 in UTC. */
  readonly created: string;
  /** `sha256:<hex>` of the recorded plan: templates, values, data and images as they were read. */
  readonly plan: string;
  /** By stage: the identity of the image that the plan chose, of those whose result is made with it. */
  readonly images: Readonly<Record<string, string>>;
}

/** The value `stage` of a template: the stage as pipeline, profile and parameters make it. */
export interface StageValues {
  readonly name: StageName;
  readonly engine: string;
  readonly variant: string;
  /** What becomes `/content/params.json`. */
  readonly params: JsonObject;
  /** The same as one line of JSON. */
  readonly paramsJson: string;
  /** `PARAM_<UPPER_SNAKE>` of every scalar parameter, sorted by name. */
  readonly paramEnv: readonly { readonly name: string; readonly value: string }[];
  /** The inputs that are mounted, in the order of the pipeline file. */
  readonly inputs: readonly MountedInput[];
  /** Seconds. */
  readonly timeouts: StageTimeouts;
}

/** The time limits of a stage, in seconds. */
export interface StageTimeouts {
  /** How long it may wait for room in the cluster. */
  readonly queue: number;
  /** How long from being placed to running: image, volumes, sidecars. */
  readonly start: number;
  /** `activeDeadlineSeconds`. */
  readonly run: number;
  /** `terminationGracePeriodSeconds`: from SIGTERM to SIGKILL. */
  readonly grace: number;
}

/** One of `inputs` in a template: what the attempt reads. */
export interface InputBinding {
  /** Where the stage finds it: `<content root>/inputs/<name>`; absent when it is not a folder (a git URL, a model of a hub). */
  readonly path?: string;
  /** `file://<path>`, `git+<url>@<commit>`, `hf:<org>/<name>@<revision>`, `builtin:<name>`. */
  readonly uri: string;
  /** `sha256:<hex>` of the listing; of a git or hub source `git:<commit>` or `hf:<revision>`. */
  readonly digest: string;
}

/** An input that the template mounts from the workspace, read-only. */
export interface MountedInput {
  readonly name: string;
  /** `/content/inputs/<name>`, or a file that goes with it, e.g. `<name>.listing`. */
  readonly mountPath: string;
  /** The folder inside the workspace claim. */
  readonly subPath: string;
}

/** The value `outputs` of a template: where the attempt writes. */
export interface OutputBinding {
  /** `<content root>/artifacts`. */
  readonly path: string;
  /** The folder inside the workspace claim: `runs/<run>/<stage>/<attempt>`. */
  readonly subPath: string;
}
