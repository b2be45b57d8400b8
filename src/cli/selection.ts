import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { InputWish, Wishes } from '../actions/plan/prepare-document.ts';
import { UserError } from '../domain/errors.ts';
import type { RenderablePipeline } from '../domain/pipeline/renderable-pipeline.ts';
import { knownStage } from '../domain/plan/selection.ts';

/** Flags that choose stages and data. */
export interface SelectionFlags {
  readonly only?: readonly string[];
  readonly from?: string;
  readonly until?: string;
  readonly input?: readonly string[];
  readonly reuse?: readonly StageAtRun[];
  readonly noReuse?: readonly string[];
}

interface StageAtRun {
  readonly stage: string;
  readonly run: string;
}

const HEADING = 'What runs:';

export function addSelectionOptions(command: Command): Command {
  command
    .optionsGroup(HEADING)
    .option('--only <stages>', 'only these stages, comma separated; what they need is taken from earlier runs', list)
    .option('--from <stage>', 'this stage and all that build on it')
    .option('--until <stage>', 'this stage and all it builds on');
  return addDataOptions(command);
}

/** The same of one stage alone. */
export function addDataOptions(command: Command): Command {
  return command
    .optionsGroup(HEADING)
    .option('--input <name=source>', 'data for an input: a folder, or STAGE@RUN; may be repeated', collect)
    .option('--reuse <stage@run>', 'take this result whatever changed; may be repeated', collectStageAtRun)
    .addOption(noReuseOption())
    .optionsGroup('Options:');
}

/** A word of its own, not the opposite of --reuse; a bare `--no-reuse` comes as `--no-reuse=*` (see program.ts). */
function noReuseOption(): Option {
  const option = new Option('--no-reuse <stage>', 'run it although a result is there; without a name all').argParser(
    list,
  );
  option.negate = false;
  // As help shows it: the name is typed with `=`, else it is the pipeline's.
  option.flags = '--no-reuse[=<stage>]';
  return option;
}

/** Checks the names against the pipeline. Relative folders are relative to `cwd`. Throws `unknown-stage`, `bad-usage`. */
export function wishesOf(pipeline: RenderablePipeline, flags: SelectionFlags, cwd: string): Wishes {
  const { stages } = pipeline.pipeline;
  const known = (name: string) => knownStage(stages, name);
  return {
    wanted: {
      ...(flags.only === undefined ? {} : { only: flags.only.map(known) }),
      ...(flags.from === undefined ? {} : { from: known(flags.from) }),
      ...(flags.until === undefined ? {} : { until: known(flags.until) }),
    },
    reuse: flags.reuse ?? [],
    fresh: flags.noReuse ?? [],
    inputs: (flags.input ?? []).map((text) => inputWish(text, cwd)),
  };
}

function inputWish(text: string, cwd: string): InputWish {
  const at = text.indexOf('=');
  const [name, source] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || source === '') {
    throw new UserError('bad-usage', `--input ${text}: a name, = and a folder or STAGE@RUN are needed`, {
      hint: '--input data=datagen@weekly-46',
    });
  }
  const result = /^([a-z][-a-z0-9]*)@([a-z][-a-z0-9]*)$/.exec(source);
  if (result?.[1] !== undefined && result[2] !== undefined)
    return { name, from: { kind: 'result', stage: result[1], run: result[2] } };
  const isPath = !/^([a-z][a-z0-9+.-]*:|git@)/.test(source);
  return { name, from: { kind: 'location', location: isPath ? resolve(cwd, source) : source } };
}

function list(text: string, before: readonly string[] = []): readonly string[] {
  return [
    ...before,
    ...text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ];
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function collectStageAtRun(text: string, before: readonly StageAtRun[] | undefined): readonly StageAtRun[] {
  const [, stage, run] = /^([^@]+)@([^@]+)$/.exec(text) ?? [];
  if (stage === undefined || run === undefined)
    throw new InvalidArgumentError('Give STAGE@RUN, e.g. datagen@weekly-46.');
  return [...(before ?? []), { stage, run }];
}
