import { UserError } from '../../domain/errors.ts';
import { isDone } from '../../domain/run/run-phase.ts';
import type { Deps } from '../deps.ts';
import { openRun } from '../open-run.ts';
import type { OpenProject } from '../project/open-project.ts';
import { readRun } from '../read-run.ts';
import { type TypedThen, typedAgain, typedThen } from '../typed-again.ts';
import { planChanges } from './plan-changes.ts';
import type { RunDocument } from './run-document.ts';

/** What is otherwise now than when a run was made, and what to type to have it. */
export interface ChangesSince {
  /** What files and values say now, a phrase each: `stages/tune/sh has changed`. */
  readonly changes: readonly string[];
  /** The command that plans the same with what is there now. */
  readonly again: string;
}

/** Reads the project as it is now, with what was typed for a run. */
export type OpenAgain = (typed: TypedThen & { readonly target: 'local' | 'kubernetes' }) => Promise<OpenProject>;

/**
 * What of a run's templates, values and programs changed since it was made, as far as it concerns stages that are not done. A run keeps
 * its own copy, so none of it counts for it. Data is not looked at. Nothing where the project cannot be read: it is not here.
 */
export async function changesSince(deps: Deps, name: string, open: OpenAgain): Promise<ChangesSince> {
  const { record } = await readRun(deps, name);
  const { document, pipeline } = await openRun(deps, name);
  const again = typedAgain(document);
  const ahead = record.stages.filter((stage) => !isDone(stage) && document.selection.selected.includes(stage.name));
  const programs = new Set(ahead.map((stage) => pipeline.choice(stage.name).image));
  try {
    const { sources } = await open({ ...typedThen(document), target: pipeline.target });
    const changed = await changedPrograms(deps, document, programs);
    return { changes: [...changed, ...planChanges(document, { ...document, sources })], again };
  } catch (error) {
    if (error instanceof UserError) return { changes: [], again };
    throw error;
  }
}

/** Of our own folders: what a foreign image is made of does not change under its name here. */
async function changedPrograms(
  { target }: Pick<Deps, 'target'>,
  { images }: RunDocument,
  wanted: ReadonlySet<string>,
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const [image, { folder, identity }] of Object.entries(images)) {
    if (folder === undefined || !wanted.has(image)) continue;
    if ((await target.identify(image)).identity !== identity) changed.push(`${folder} has changed`);
  }
  return changed;
}
