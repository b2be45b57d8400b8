import { UserError } from '../domain/errors.ts';
import { WARNING_KINDS, type WarningKind } from '../domain/progress.ts';
import { nameHint } from '../template/closest.ts';
import type { Origin } from './origin.ts';
import type { StageSelection } from './run-sources.ts';

const FORM = '--stop-on train=nan,stall';

/**
 * The stages with what `--stop-on STAGE=WARNING,...` says over the files; `none` turns it off. `origins` gets where it came
 * from. Throws `bad-usage` for another form or word, `unknown-stage`.
 */
export function withStopOn(
  stages: Readonly<Record<string, StageSelection>>,
  flags: readonly string[],
  origins: Map<string, Origin>,
): Readonly<Record<string, StageSelection>> {
  const said: Record<string, StageSelection> = { ...stages };
  for (const flag of flags) {
    const equals = flag.indexOf('=');
    const stage = flag.slice(0, equals).trim();
    if (equals < 1) {
      throw new UserError('bad-usage', `--stop-on ${flag}: a stage, = and warnings are needed`, { hint: FORM });
    }
    const before = said[stage];
    if (before === undefined) {
      const hint = nameHint(stage, Object.keys(stages));
      throw new UserError('unknown-stage', `--stop-on ${flag}: there is no stage ${stage}`, { ...(hint && { hint }) });
    }
    said[stage] = { ...before, stopOn: kindsIn(flag, flag.slice(equals + 1)) };
    origins.set(`stages.${stage}.stopOn`, { kind: 'flag', flag: `--stop-on ${stage}` });
  }
  return said;
}

function kindsIn(flag: string, text: string): WarningKind[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.length === 1 && words[0] === 'none') return [];
  const kinds = words.map((word) => {
    const kind = WARNING_KINDS.find((known) => known === word);
    if (kind !== undefined) return kind;
    const hint = nameHint(word, WARNING_KINDS) ?? `there are ${WARNING_KINDS.join(', ')}; none turns it off`;
    throw new UserError('bad-usage', `--stop-on ${flag}: there is no warning ${word === '' ? "''" : word}`, { hint });
  });
  return [...new Set(kinds)];
}
