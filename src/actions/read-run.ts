import { UserError } from '../domain/errors.ts';
import { parseRunName } from '../domain/naming.ts';
import type { StoredRun } from '../ports/run-store.ts';
import type { Deps } from './deps.ts';

/** The newest run of this place that the same person started. */
export const LATEST = '@latest';

/** Throws `not-found` when there is no such run here. */
export async function readRun(deps: Deps, name: string): Promise<StoredRun> {
  const stored = await deps.store.read(name);
  if (stored !== undefined) return stored;
  const why = await deps.store.whyNothing?.();
  if (why !== undefined) throw why;
  throw new UserError('not-found', `there is no run ${name} in ${deps.store.place}`, {
    hint: 'see the runs: `ilab-backend list`; to look elsewhere: `--state-dir DIR`, on a cluster `--context NAME -n NAMESPACE`',
  });
}

/**
 * The name that a person's RUN means: itself, or for `@latest` the newest run of theirs. When only others have runs
 * here, it says whose. Throws `not-found`.
 */
export async function resolveRunName(deps: Deps, text: string): Promise<string> {
  if (text !== LATEST) {
    if (parseRunName(text) === undefined) {
      const hint = text.startsWith('@') ? { hint: `did you mean ${LATEST}?` } : {};
      throw new UserError('not-found', `${text} cannot be the name of a run`, hint);
    }
    return (await readRun(deps, text)).record.name;
  }
  const runs = await deps.store.listAs(({ record }) => ({ name: record.name, user: record.createdBy.user }));
  const own = runs.find(({ user }) => user === deps.who.user);
  if (own !== undefined) return own.name;
  const others = runs[0];
  throw others === undefined
    ? new UserError('not-found', `there is no run in ${deps.store.place}`, { hint: 'start one: `ilab-backend run`' })
    : new UserError('not-found', `${deps.who.user} has no run here; the newest is ${others.name} of ${others.user}`, {
        hint: `name it: ${others.name}`,
      });
}
