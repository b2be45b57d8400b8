import type { IntoFolder } from '../actions/artifacts/download-artifacts.ts';
import type { OpenArchive } from '../actions/artifacts/push-artifacts.ts';
import type { DestinationDoctor } from '../actions/check-destinations.ts';
import type { ClusterNeeds, Doctor, Endpoint } from '../actions/cluster-needs.ts';
import type { Deps, PlanDeps } from '../actions/deps.ts';
import type { LocalSecrets } from '../actions/diagnose-run.ts';
import type { ChosenImages, ImagesRequest } from '../actions/images/choose-images.ts';
import type { OpenImages } from '../actions/images/image-job.ts';
import type { PipelineDescription } from '../actions/project/describe-pipelines.ts';
import type { NodeGpus, ProjectMaker, Prompt } from '../actions/project/init-project.ts';
import type { LibraryRequest, PipelineSummary } from '../actions/project/list-pipelines.ts';
import type { OpenProject, ProjectRequest } from '../actions/project/open-project.ts';
import type { PipelineOutline } from '../actions/project/outline-pipeline.ts';
import type { Validation } from '../actions/project/validate-project.ts';
import type { VerifiedModel } from '../actions/verify-model.ts';
import type { Finding } from '../domain/diagnosis/finding.ts';
import type { Explanation } from '../domain/explain/explanation.ts';
import type { SourceFile } from '../domain/pipeline/source-file.ts';
import type { TypedPlace } from '../domain/typed-place.ts';
import type { ScreenTerminal } from '../ui/controls.ts';

/** What a command gets from main.ts; nothing below src/cli reads the process. */
export interface CliContext {
  readonly stdout: Output;
  readonly stderr: Output;
  /** The environment, for what names itself `ILAB_BACKEND_*`, XDG and colour. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** Where templates/, stages/ and examples/ lie. */
  readonly packageRoot: string;
  /** Fires on Ctrl-C, SIGTERM, SIGHUP: the driver ends, the stage goes on. */
  readonly signal: AbortSignal;
  /** Fires when nobody reads stdout any more: a command that only prints ends, a run goes on. */
  readonly stdoutClosed: AbortSignal;
  /** `--on-interrupt cancel`: what Ctrl-C does instead of firing `signal`; the second one fires it. */
  readonly onInterrupt: (work: () => void) => void;
  /** Made at the first use, so that `--help` opens no database. */
  readonly openDeps: (options: PlaceOptions) => Promise<Deps>;
  /** What planning for a target needs; a plan for a cluster needs no cluster. */
  readonly openPlanDeps: (options: PlaceOptions, target: 'local' | 'kubernetes') => Promise<PlanDeps>;
  /** What rendering needs of a target; opens no record of runs. */
  readonly openPlanTarget: (options: PlaceOptions, target: 'local' | 'kubernetes') => Promise<PlanDeps['target']>;
  /** Where this machine has seen a run of that name last, if that was on a cluster; undefined when it was not. */
  readonly placeOfRun: (options: PlaceOptions, run: string) => Promise<ClusterOptions | undefined>;
  /** Reads everything that decides a run. */
  readonly openProject: (request: ProjectRequest) => Promise<OpenProject>;
  /** What a value is and where it comes from; needs no other value. */
  readonly explainValue: (request: ProjectRequest, path: string) => Promise<Explanation>;
  /** The runs of a place by name, newest first, for completion: reads, and makes no place. */
  readonly namedRuns: (options: PlaceOptions) => Promise<readonly NamedRun[]>;
  /** The names in a pipeline, for completion; `name` absent = the one that is meant when none is typed. */
  readonly outlinePipeline: (request: LibraryRequest, name: string | undefined) => Promise<PipelineOutline>;
  /** Looks at everything that files can tell; asks nobody. */
  readonly validateProject: (request: ProjectRequest, tell: (what: string) => void) => Promise<Validation>;
  /** Makes the file of a new project; writes nothing. */
  readonly openProjectMaker: () => Promise<ProjectMaker>;
  /** Asks the person; undefined where nobody can be asked. */
  readonly openPrompt: () => Promise<Prompt | undefined>;
  /** The GPUs of a cluster's nodes; undefined where they may not be listed. Reaches for the cluster. */
  readonly nodeGpus: (options: PlaceOptions, signal: AbortSignal) => Promise<readonly NodeGpus[] | undefined>;
  readonly listPipelines: (request: LibraryRequest) => Promise<readonly PipelineSummary[]>;
  readonly describePipeline: (request: LibraryRequest, name: string) => Promise<PipelineDescription>;
  /** Which images a pipeline uses; needs no values. */
  readonly chooseImages: (request: ImagesRequest) => Promise<ChosenImages>;
  readonly openImages: (options: PlaceOptions) => Promise<OpenImages>;
  /** The object storage that pod settings name, as it is reached from this machine. */
  readonly openArchive: OpenArchive;
  /** Writes text files into a folder, which is made unless it must be there (`bad-usage`); returns their paths. */
  readonly writeFiles: (
    folder: string,
    files: readonly SourceFile[],
    options?: { readonly mustBeThere: boolean },
  ) => Promise<readonly string[]>;
  /** Opens a file on the desktop, with what its kind is opened with. Throws `bad-usage` where there is no desktop. */
  readonly openOnDesktop: (file: string) => Promise<void>;
  /** A folder that takes a run's files over; nothing is made yet. */
  readonly openDownloadFolder: (folder: string) => Promise<IntoFolder>;
  /** Holds a published model, a folder or `hf:org/name@revision`, against its statement. */
  readonly verifyModel: (location: string, signal: AbortSignal) => Promise<VerifiedModel>;
  /** Looks at what runs will need of this machine; changes nothing. */
  readonly examine: (options: PlaceOptions, signal: AbortSignal) => AsyncIterable<Finding>;
  /** Looks at what runs will need of a cluster, from here or from a pod of it. */
  readonly openDoctor: (options: PlaceOptions, needs: ClusterNeeds, from: 'here' | 'inside') => Promise<Doctor>;
  /** Asks whether endpoints answer this machine. */
  readonly probe: (endpoints: readonly Endpoint[], signal: AbortSignal) => AsyncIterable<Finding>;
  /** Asks the places that runs write to what a token may do there; of a cluster's tokens, whether they are there. */
  readonly openDestinations: (options?: PlaceOptions) => Promise<DestinationDoctor>;
  /** Opens the webhook that `notify:` names, as a driver here would. */
  readonly openNotifier: NonNullable<Deps['openNotifier']>;
  /** Makes what masks the secrets that this machine knows, and those that a run names. */
  readonly openMask: (options: PlaceOptions, secrets: LocalSecrets) => Promise<(text: string) => string>;
  /** Writes one file that only its owner may read; throws `storage-failed`. */
  readonly writeFile: (path: string, text: string) => Promise<void>;
  /** The person's keys and pager. */
  readonly openKeyboard: () => Promise<Keyboard>;
  readonly version: string;
  /** `v24.21.0`, and `linux x64 6.1.0`. */
  readonly platform: { readonly node: string; readonly os: string };
}

/** The terminal as far as it is read, or lent to a pager. */
export interface Keyboard extends ScreenTerminal {
  /** Shows lines until the person leaves them; false where there is no pager. Meanwhile Ctrl-C is the pager's. */
  page(lines: AsyncIterable<readonly string[]>, signal: AbortSignal): Promise<boolean>;
}

/** A stream to the person or to the next program. A closed one swallows what is written. */
export interface Output {
  write(text: string): void;
  /** Resolves when what was written has gone to whoever reads, or nobody reads any more. */
  drained(): Promise<void>;
  readonly isTTY: boolean;
  readonly columns: number;
  /** Colour is wanted: a TTY without NO_COLOR, or FORCE_COLOR. */
  readonly color: boolean;
  readonly unicode: boolean;
  /** What was typed to say where runs are; commands that are told carry it. */
  readonly place?: TypedPlace;
  /** A terminal that cannot move its cursor (`TERM=dumb`). */
  readonly isDumb: boolean;
  /** The stream for ink, which needs a real one. */
  readonly stream: NodeJS.WriteStream;
}

/** Which cluster, and which namespace of it; what is absent is as kubectl has it. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

/** As much of a run as its name needs to be chosen. */
export interface NamedRun {
  readonly name: string;
  readonly pipeline: string;
  /** RFC 3339. */
  readonly created: string;
  readonly stages: readonly string[];
}

/** Where runs are looked for. */
export interface PlaceOptions {
  readonly stateDir?: string;
  /** Seconds to wait for a cluster that is away; absent = half an hour. */
  readonly maxOffline?: number;
  /** Absent = this machine. */
  readonly cluster?: ClusterOptions;
  /** The project's folder, whose `stages/` may hold engines of its own; absent = the current one. */
  readonly project?: string;
}
