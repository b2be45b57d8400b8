import { presentThere } from '../../actions/deps.ts';
import { seeAttempts } from '../../actions/follow/see-attempts.ts';
import { seeLogs } from '../../actions/follow/see-logs.ts';
import { readRun } from '../../actions/read-run.ts';
import { waysOn } from '../../actions/typed-again.ts';
import { endingOf } from '../../domain/run/run-ending.ts';
import { shownPhase } from '../../domain/run/run-phase.ts';
import { withPlace } from '../../domain/typed-place.ts';
import { toRunObject } from '../../ui/text/answers/run-object.ts';
import { statusText } from '../../ui/text/answers/status-text.ts';
import type { CliContext } from '../context.ts';
import { type DocumentForm, layoutOf, writeDocument } from '../documents.ts';
import { openRunPlace, type PlaceFlags } from '../place.ts';

export interface StatusFlags extends PlaceFlags {
  readonly output?: DocumentForm;
}

/** Prints how a run stands, with what can be seen of its attempts now. */
export async function showStatus(context: CliContext, run: string, flags: StatusFlags): Promise<void> {
  const { deps, name, context: there } = await openRunPlace(context, flags, run);
  const { record } = await readRun(deps, name);
  const driven = await deps.store.isLocked(name);
  const sights = await seeAttempts(deps, record, driven);
  const ending = endingOf(record, driven, sights);
  const place = record.target === 'kubernetes' ? { place: deps.store.place } : {};
  const logs = await seeLogs(deps, record, sights, context.signal);
  const after = await waysOn(deps, record, ending);
  const known = { ending, sights, after, logs, now: presentThere(deps), ...place };
  const text = (): string => withPlace(statusText(record, known, layoutOf(context)), there.stdout.place);
  await writeDocument(
    context,
    flags.output,
    toRunObject(record, shownPhase(record, ending.phase), sights, logs),
    text,
    () => `run/${name}`,
  );
}
