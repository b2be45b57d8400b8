import { UserError } from '../errors.ts';
import { type RunRecord, runRecordSchema } from './run-record.ts';

/** Where a record was found, for messages. */
export interface RecordOrigin {
  /** The run. */
  readonly name: string;
  /** A file, an object of a cluster. */
  readonly place: string;
}

/** The record that a store holds as text. Throws `state-newer` for one of a newer program, `state-broken` for no record. */
export function parseRunRecord(text: string, { name, place }: RecordOrigin): RunRecord {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError('state-broken', `the record of run ${name} in ${place} is no JSON`, { cause: error });
  }
  const parsed = runRecordSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  if (isNewer(json)) throw new UserError('state-newer', `run ${name} in ${place} was written by a newer ilab-backend`);
  throw new UserError('state-broken', `the record of run ${name} in ${place} cannot be read`, { cause: parsed.error });
}

function isNewer(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'version' in json && Number(json.version) > 1;
}
