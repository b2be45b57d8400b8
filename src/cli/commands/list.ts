import type { Deps } from '../../actions/deps.ts';
import { seeAttempts } from '../../actions/follow/see-attempts.ts';
import { runPhase, shownPhase } from '../../domain/run/run-phase.ts';
import { rowOf } from '../../domain/run/run-row.ts';
import { NO_SIGHTS } from '../../domain/run/sight.ts';
import { withPlace } from '../../domain/typed-place.ts';
import { listTable } from '../../ui/text/answers/list-table.ts';
import { toRunObject } from '../../ui/text/answers/run-object.ts';
import type { CliContext } from '../context.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, layoutOf, outputOption, writeDocument } from '../documents.ts';
import { addPlaceOptions, openPlace, type PlaceFlags } from '../place.ts';

export const defineList: DefineCommand = (command, context, done) => {
  addPlaceOptions(command)
    .alias('ls')
    .addOption(outputOption())
    .action(async (flags: PlaceFlags & { readonly output?: DocumentForm }) => {
      const deps = await openPlace(context, flags);
      const onUnreadable: OnUnreadable = ({ name, fault }) =>
        context.stderr.write(`ilab-backend: ${name} cannot be shown: ${fault.message}\n  ${fault.hint}\n`);
      if (flags.output === 'json' || flags.output === 'yaml') {
        await writeWhole(context, deps, flags.output, onUnreadable);
      } else {
        await writeRows(context, deps, flags.output, onUnreadable);
      }
      done(0);
    });
};

type OnUnreadable = NonNullable<Parameters<Deps['store']['list']>[0]>;

/** Only programs are told how each single stage stands. */
async function writeWhole(
  context: CliContext,
  deps: Deps,
  form: 'json' | 'yaml',
  onUnreadable: OnUnreadable,
): Promise<void> {
  const stored = await deps.store.list(onUnreadable);
  if (stored.length === 0) await demandPlace(deps);
  const driven = await deps.store.whichLocked(stored.map(({ record }) => record.name));
  const items = await Promise.all(
    stored.map(async ({ record }) => {
      const isDriven = driven.has(record.name);
      const sights = isDriven ? NO_SIGHTS : await seeAttempts(deps, record, isDriven);
      return toRunObject(record, shownPhase(record, runPhase(record, isDriven)), sights);
    }),
  );
  const document = { apiVersion: 'ilab-backend.dev/v1alpha1', kind: 'RunList', items };
  const none = (): string => '';
  await writeDocument(context, form, document, none, none);
}

/** Throws `not-found` for a place that is not there. */
async function demandPlace({ store }: Deps): Promise<void> {
  const why = await store.whyNothing?.();
  if (why !== undefined) throw why;
}

async function writeRows(
  context: CliContext,
  deps: Deps,
  form: DocumentForm | undefined,
  onUnreadable: OnUnreadable,
): Promise<void> {
  const rows = await deps.store.listAs(({ record }) => rowOf(record), onUnreadable);
  if (rows.length === 0) await demandPlace(deps);
  const driven = await deps.store.whichLocked(rows.map(({ name }) => name));
  const runs = rows.map((row) => ({ row, phase: row.phases[driven.has(row.name) ? 'driven' : 'undriven'] }));
  const text = (): string =>
    runs.length === 0
      ? withPlace(`No runs in ${deps.store.place}. Start one: ilab-backend run`, context.stdout.place)
      : listTable(runs, deps.clock.now(), layoutOf(context));
  const names = (): string => rows.map(({ name }) => `run/${name}`).join('\n');
  await writeDocument(context, form, undefined, text, names);
}
