import { UserError } from '../errors.ts';

/** There is nothing to read where a location points: whoever knows who named it says how to name another. */
export class NoData extends UserError {
  constructor(message: string) {
    super('bad-input', message, { hint: 'who named this one: `ilab-backend config view --show-origin`' });
  }
}
