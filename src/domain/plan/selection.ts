import { nameHint } from '../closest.ts';
import { UserError } from '../errors.ts';
import type { StageName } from '../naming.ts';
import type { Stage } from '../pipeline/pipeline.ts';

/** Which stages a person asked for; names are known to exist. */
export interface Wanted {
  readonly only?: readonly StageName[];
  /** The stage and all that build on it. */
  readonly from?: StageName;
  /** The stage and all it builds on. */
  readonly until?: StageName;
}

/** The stages that may run, in the order of `stages`; all of them when nothing was asked for. */
export function selectStages(stages: readonly Stage[], wanted: Wanted): readonly StageName[] {
  let names = stages.map((stage) => stage.name);
  if (wanted.only !== undefined) {
    const only = wanted.only;
    names = names.filter((name) => only.includes(name));
  }
  if (wanted.from !== undefined) {
    const from = wanted.from;
    names = names.filter((name) => name === from || upstreamOf(stages, name).has(from));
  }
  if (wanted.until !== undefined) {
    const until = wanted.until;
    const before = upstreamOf(stages, until);
    names = names.filter((name) => name === until || before.has(name));
  }
  return names;
}

/** Every stage that `name` builds on, directly or not. */
function upstreamOf(stages: readonly Stage[], name: StageName): ReadonlySet<StageName> {
  const found = new Set<StageName>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const need of stages.find((stage) => stage.name === next)?.needs ?? []) {
      if (!found.has(need)) {
        found.add(need);
        open.push(need);
      }
    }
  }
  return found;
}

/**
 * The stages that are not selected but whose results the selected ones build on. A stage whose outputs all come from
 * elsewhere (`replaced`, as `stage.input`) is not needed, nor is what only stands behind a stage of `given`.
 */
export function neededStages(
  stages: readonly Stage[],
  selected: readonly StageName[],
  replaced: ReadonlySet<string>,
  given: ReadonlySet<string>,
): ReadonlySet<StageName> {
  const needed = new Set<StageName>();
  const open = [...selected];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const stage = stages.find((candidate) => candidate.name === next);
    for (const need of stage === undefined ? [] : stage.needs) {
      if (selected.includes(need) || needed.has(need) || (stage !== undefined && isReplaced(stage, need, replaced)))
        continue;
      needed.add(need);
      if (!given.has(need)) open.push(need);
    }
  }
  return needed;
}

function isReplaced(stage: Stage, need: StageName, replaced: ReadonlySet<string>): boolean {
  const using = stage.inputs.filter((input) => input.kind === 'output' && input.from.some((ref) => ref.stage === need));
  return using.length > 0 && using.every((input) => replaced.has(`${stage.name}.${input.name}`));
}

/** Throws `unknown-stage` with the name that was meant, or those there are. */
export function knownStage(stages: readonly Stage[], name: string): StageName {
  const stage = stages.find((candidate) => candidate.name === name);
  if (stage !== undefined) return stage.name;
  const hint = nameHint(
    name,
    stages.map((other) => other.name),
  );
  throw new UserError('unknown-stage', `there is no stage ${name}`, { ...(hint && { hint }) });
}
