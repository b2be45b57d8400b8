import { UserError } from '../../domain/errors.ts';
import type { Deps } from '../deps.ts';

/** What is told of a run whose record vanished while it was driven or followed: nobody can say how it ended. */
export function recordGone({ store }: { readonly store: Pick<Deps['store'], 'place'> }, name: string): UserError {
  return new UserError(
    'run-lost',
    `the record of run ${name} is gone from ${store.place}: how it ends is written nowhere`,
  );
}
