import { nameHint } from '../../domain/closest.ts';
import { UserError } from '../../domain/errors.ts';
import type { StageSelection } from '../run-sources.ts';
import type { Origin } from './origin.ts';

/** A flag of the form STAGE=TEXT that says something of one stage over the files. */
export interface StageFlag {
  /** `--require`. */
  readonly name: string;
  /** How it is typed, for the hint. */
  readonly form: string;
  /** What stands behind the `=`: `a condition`. */
  readonly needs: string;
  /** Whether the text, trimmed, can be what it needs. Absent = any. */
  readonly accepts?: (text: string) => boolean;
  /** The field of the stage that it sets. */
  readonly field: keyof StageSelection;
}

/**
 * The stages with what was typed, in order; `change` gives the field after one more flag. `origins` gets where it came from.
 * Throws `bad-usage` for another form, `unknown-stage`.
 */
export function withStageFlags(
  stages: Readonly<Record<string, StageSelection>>,
  typed: readonly string[],
  { name, form, needs, accepts, field }: StageFlag,
  origins: Map<string, Origin>,
  change: (before: StageSelection, text: string, flag: string) => Partial<StageSelection>,
): Readonly<Record<string, StageSelection>> {
  const said: Record<string, StageSelection> = { ...stages };
  for (const flag of typed) {
    // The text may hold more of them.
    const equals = flag.indexOf('=');
    const [stage, text] = [flag.slice(0, equals).trim(), flag.slice(equals + 1).trim()];
    if (equals < 1 || accepts?.(text) === false) {
      throw new UserError('bad-usage', `${name} ${flag}: a stage, = and ${needs} are needed`, { hint: form });
    }
    const before = said[stage];
    if (before === undefined) {
      const hint = nameHint(stage, Object.keys(stages));
      throw new UserError('unknown-stage', `${name} ${flag}: there is no stage ${stage}`, { ...(hint && { hint }) });
    }
    said[stage] = { ...before, ...change(before, text, flag) };
    origins.set(`stages.${stage}.${field}`, { kind: 'flag', flag: `${name} ${stage}` });
  }
  return said;
}
