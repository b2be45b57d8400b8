import type { Argument, Option } from 'commander';
import type { PipelineOutline } from '../../actions/project/outline-pipeline.ts';
import { LATEST } from '../../actions/read-run.ts';
import type { CliContext, NamedRun } from '../context.ts';
import { clusterOf, type PlaceFlags, placeOf } from '../place.ts';
import { librarySurroundings } from '../project.ts';
import { longName, type Typed } from './typed-words.ts';

/** Something that can be typed, and what it means. */
export interface Candidate {
  readonly text: string;
  readonly meaning?: string;
}

/** What the shell shall offer. */
export interface Offer {
  readonly candidates: readonly Candidate[];
  /** `nospace`: more follows in the same word. `files`, `folders`: the shell knows them better. */
  readonly kind: 'words' | 'nospace' | 'files' | 'folders';
}

const NOTHING: Offer = { candidates: [], kind: 'words' };

/** What can stand in the place of the last word; whoever calls keeps those that fit what was typed of it. */
export async function offer(typed: Typed, context: CliContext): Promise<Offer> {
  const { place } = typed;
  switch (place.kind) {
    case 'option':
      return optionsOf(typed);
    case 'value':
      return valuesOf(place.option, new Known(typed, context));
    case 'argument':
      return argumentsOf(typed, place.argument, new Known(typed, context));
  }
}

function optionsOf({ command, given }: Typed): Offer {
  const isLeft = (option: Option): boolean =>
    !given.has(longName(option)) || /may be repeated/.test(option.description);
  const candidates = command.options
    .filter((option) => !option.hidden && isLeft(option))
    .map(({ long, short, description }) => ({ text: long ?? short ?? '', meaning: description }));
  return words([...candidates, { text: '--help', meaning: 'show help' }]);
}

async function argumentsOf({ command, args }: Typed, argument: Argument | undefined, known: Known): Promise<Offer> {
  if (command.commands.length > 0 && args.length === 0) {
    return words(command.commands.map((one) => ({ text: one.name(), meaning: one.description() })));
  }
  if (argument?.argChoices !== undefined) return words(argument.argChoices.map((text) => ({ text })));
  switch (argument?.name()) {
    case 'run':
    case 'other':
      return words(await known.runs());
    case 'pipeline':
      return words(await known.pipelines());
    case 'stage':
      return words(await known.stages());
    case 'artifact': {
      const stages = await known.stages();
      return { candidates: stages.flatMap(({ text }) => [{ text }, { text: `${text}/` }]), kind: 'nospace' };
    }
    case 'parameter':
      return words([...(args.length === 0 ? await known.pipelines() : []), ...(await known.explained())]);
    case 'model':
      return { ...NOTHING, kind: 'folders' };
    default:
      return NOTHING;
  }
}

/** By what the option's help calls its value. */
async function valuesOf(option: Option, known: Known): Promise<Offer> {
  const { argChoices, flags } = option;
  if (argChoices !== undefined) return words(argChoices.map((text) => ({ text })));
  const name = longName(option);
  const [, value = ''] = /<(.+)>/.exec(flags) ?? [];
  switch (value) {
    case 'dir':
      return { ...NOTHING, kind: 'folders' };
    case 'file':
    case 'path':
      return { ...NOTHING, kind: 'files' };
    case 'run':
      return words(await known.runs());
    case 'stage':
      return words(await known.stages());
    case 'stages':
      return known.stageList();
    case 'stage@run':
      return known.stagesAtRuns();
    case 'stage=condition':
      return { candidates: (await known.stages()).map(({ text }) => ({ text: `${text}=` })), kind: 'nospace' };
    case 'name=value':
      return name === 'set' ? known.parameters() : NOTHING;
    case 'name':
      if (name === 'profile') return words(await known.profiles());
      if (name === 'pipeline') return words(await known.pipelines());
      return name === 'stage' ? words(await known.stages()) : NOTHING;
    default:
      return NOTHING;
  }
}

function words(candidates: readonly Candidate[]): Offer {
  return { candidates, kind: 'words' };
}

/** What is there by name, as far as the words before say where. */
class Known {
  readonly #typed: Typed;
  readonly #context: CliContext;

  constructor(typed: Typed, context: CliContext) {
    this.#typed = typed;
    this.#context = context;
  }

  async runs(): Promise<readonly Candidate[]> {
    const runs = await this.#runs();
    const { args } = this.#typed;
    const latest = runs.length === 0 ? [] : [{ text: LATEST, meaning: 'your newest run' }];
    const named = runs.map(({ name, pipeline, created }) => ({
      text: name,
      meaning: `${pipeline}, ${created.slice(0, 16)}`,
    }));
    return [...named, ...latest].filter(({ text }) => !args.includes(text));
  }

  async pipelines(): Promise<readonly Candidate[]> {
    const found = await this.#context.listPipelines(this.#library());
    return found.map(({ name, folder }) => ({ text: name, meaning: folder }));
  }

  /** Of the run that is named, else of the pipeline. */
  async stages(): Promise<readonly Candidate[]> {
    const { command, args } = this.#typed;
    const isOfRun = command.registeredArguments[0]?.name() === 'run';
    if (isOfRun) {
      const [named] = args;
      const runs = await this.#runs();
      const run = named === LATEST ? runs[0] : runs.find(({ name }) => name === named);
      return (run?.stages ?? []).map((text) => ({ text }));
    }
    return (await this.#pipeline()).stages.map((text) => ({ text }));
  }

  /** `a,b`: one more, and none twice. */
  async stageList(): Promise<Offer> {
    const { current } = this.#typed;
    const before = current.slice(0, current.lastIndexOf(',') + 1);
    const taken = before.split(',');
    const left = (await this.stages()).filter(({ text }) => !taken.includes(text));
    return { candidates: left.map(({ text }) => ({ text: before + text })), kind: 'nospace' };
  }

  async stagesAtRuns(): Promise<Offer> {
    const { current } = this.#typed;
    const at = current.indexOf('@');
    if (at < 0) return { candidates: (await this.stages()).map(({ text }) => ({ text: `${text}@` })), kind: 'nospace' };
    const stage = current.slice(0, at);
    const runs = (await this.#runs()).filter(({ stages }) => stages.includes(stage));
    return words(runs.map(({ name, created }) => ({ text: `${stage}@${name}`, meaning: created.slice(0, 16) })));
  }

  async profiles(): Promise<readonly Candidate[]> {
    return (await this.#pipeline()).profiles.map((text) => ({ text }));
  }

  async explained(): Promise<readonly Candidate[]> {
    const { params, settings } = await this.#pipeline();
    return [...params, ...settings].map(({ path, title, type }) => ({ text: path, meaning: title ?? type }));
  }

  /** The name first, then its values where there are few. */
  async parameters(): Promise<Offer> {
    const { current } = this.#typed;
    const { params } = await this.#pipeline();
    const at = current.indexOf('=');
    if (at < 0) {
      const candidates = params.map(({ path, title, type }) => ({ text: `${path}=`, meaning: title ?? type }));
      return { candidates, kind: 'nospace' };
    }
    const path = current.slice(0, at);
    const param = params.find((one) => one.path === path);
    const values =
      param?.type === 'boolean' ? [true, false] : [...(param?.enum ?? []), ...(param?.source?.builtin ?? [])];
    return words(values.map((value) => ({ text: `${path}=${String(value)}` })));
  }

  #pipeline(): Promise<PipelineOutline> {
    const { command, args, given } = this.#typed;
    const isFirst = ['pipeline', 'words'].includes(command.registeredArguments[0]?.name() ?? '');
    const typed = (isFirst ? args[0] : undefined) ?? given.get('pipeline');
    return this.#context.outlinePipeline(this.#library(), typed);
  }

  #runs(): Promise<readonly NamedRun[]> {
    const { given } = this.#typed;
    const value = (name: string) => this.#path(given.get(name));
    const flags: PlaceFlags = {
      ...optional('stateDir', value('state-dir')),
      ...optional('kubeconfig', value('kubeconfig')),
      ...optional('context', given.get('context')),
      ...optional('namespace', given.get('namespace')),
    };
    // A cluster is never reached for unasked.
    const isCluster = given.get('target') === 'kubernetes' || given.has('context');
    return this.#context.namedRuns(placeOf(flags, isCluster ? clusterOf(flags) : undefined));
  }

  #library() {
    return librarySurroundings(this.#context, optional('project', this.#path(this.#typed.given.get('project'))));
  }

  /** As the shell would have it once the line is entered. */
  #path(text: string | undefined): string | undefined {
    return text?.replace(/^~(?=\/|$)/, () => this.#context.home);
  }
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: string });
}
